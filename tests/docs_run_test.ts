/**
 * The documents' examples do what the documents say. The blocks of docs/testing.md are tests themselves: see
 * testing/docs_test.ts. docs_providers_test.ts and docs_cookbook_test.ts run those of their folders.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { parseChallenges, protectResource } from "../mod.ts";
import type { Decision } from "../src/decisions.ts";
import type { Report } from "../src/doctor/mod.ts";
import type { ProofOfPossession } from "../src/tokens/proof_of_possession.ts";
import type { ScopePolicy } from "../src/scopes/policy.ts";
import { testIssuer } from "../src/testing/mod.ts";
import { blocks, load } from "./runner/docs.ts";
import {
  type Answer,
  assertProtected,
  below,
  byFetch,
  byLambda,
  byLambdas,
  byListener,
  byMethod,
  insertWellKnown,
  originOf,
  type Site,
} from "./runner/docs_answers.ts";
import { createServer, servers } from "./support/listening.ts";

type Observer = (decision: Decision) => void;

interface Policies {
  readonly policy: ScopePolicy;
  readonly scopes?: ScopePolicy;
}

const ISSUER = "https://auth.example.com";
const HELLO = "https://hello.example.com/mcp";
const NOTES = "https://notes.example.com/mcp";

const REPAIR = "docs/deployments.md: Repairing an issuer's metadata";

/** The blocks that protect something: which resources, and how a request comes to them. */
const PROTECTED: readonly (readonly [
  place: string,
  resources: readonly string[],
  answerOf: (exports: never) => Answer | Promise<Answer>,
])[] = [
  ["README.md: Protect a server", [HELLO], byFetch],
  [
    "README.md: Several servers on one origin",
    ["https://example.com/notes", "https://example.com/dates"],
    byFetch,
  ],
  ["README.md: Opaque tokens", [HELLO], byFetch],
  ["README.md: Providers without client registration", [HELLO], byFetch],
  ["docs/aws.md: One function", [NOTES], byLambda],
  [
    "docs/aws.md: The authorizer and the function behind it",
    [NOTES],
    byLambdas,
  ],
  [
    "docs/bridge.md: Use it",
    [NOTES],
    ({ serve }: { serve(env: Record<string, string>): Answer }) =>
      serve({
        BRIDGE_SECRET: "s".repeat(32),
        GITHUB_CLIENT_ID: "Iv1.0123",
        GITHUB_CLIENT_SECRET: "secret",
      }),
  ],
  ["docs/deploy/vm.md: The program", [NOTES], byListener],
  [
    "docs/deployments.md: Supabase Edge Functions",
    ["https://abcdefghijklmnopqrst.supabase.co/functions/v1/notes"],
    (site: Site) => below("/functions/v1", byFetch(site)),
  ],
  [
    "docs/deployments.md: Stages of API Gateway",
    ["https://id.execute-api.us-east-1.amazonaws.com/prod/mcp"],
    (exports: Parameters<typeof byLambda>[0]) =>
      below("/prod", byLambda(exports)),
  ],
  [
    "docs/deployments.md: The issuer is reached by another URL",
    [NOTES],
    byFetch,
  ],
  [
    "docs/deployments.md: Tokens name their issuer by another string",
    [NOTES],
    byFetch,
  ],
  [
    "docs/deployments.md: One server for two origins",
    [NOTES, "https://notes.example.net/mcp"],
    byFetch,
  ],
  ["docs/deployments.md: compression() delays events", [NOTES], byListener],
  [REPAIR, [NOTES], byFetch],
  ["docs/dpop.md: DPoP", [NOTES], byFetch],
  ["docs/gateway.md: As a function", [NOTES], byFetch],
  ["docs/migration.md: After: protectedResource", [NOTES], byListener],
  [
    "docs/migration.md: From requireBearerAuth to a handler",
    [NOTES],
    byListener,
  ],
  ["docs/migration.md: From mcp-handler", [NOTES], byMethod],
  ["docs/providers.md: Providers", [NOTES], byFetch],
  ["docs/providers.md: Azure AD B2C", [NOTES], byFetch],
  ["docs/runtimes.md: Node.js", [NOTES], byListener],
  ["docs/runtimes.md: Express", [NOTES], byListener],
  ["docs/runtimes.md: Hono", [NOTES], byFetch],
  ["docs/runtimes.md: Vercel and Next.js", [NOTES], byMethod],
  ["docs/runtimes.md: Cloudflare Workers", [NOTES], byFetch],
  [
    "docs/runtimes.md: The MCP SDK v2, and MCP 2026-07-28",
    [HELLO],
    byFetch,
  ],
  ["docs/scopes.md: Scopes", [NOTES], ({ mcp }: { mcp: Answer }) => mcp],
];

/** The blocks that are scope policies: a call, what a token is told to get for it, and what it has. */
const POLICIES: readonly (readonly [
  place: string,
  call: Readonly<Record<string, unknown>>,
  told: Readonly<Record<string, string>>,
  claims?: Readonly<Record<string, unknown>>,
])[] = [
  ["README.md: Scopes for each tool", { name: "purge_notes" }, {
    error: "insufficient_scope",
    scope: "notes:admin",
  }],
  ["docs/scopes.md: One of several", { name: "export_notes" }, {
    error: "insufficient_scope",
    scope: "mcp notes:read files:write",
  }, { scope: "mcp" }],
  ["docs/scopes.md: Functions", {
    name: "delete_notes",
    arguments: { forever: true },
  }, { error: "insufficient_scope", scope: "notes:admin" }],
  ["docs/scopes.md: A stronger or newer login", { name: "transfer" }, {
    error: "insufficient_user_authentication",
    acr_values: "phr mfa",
    max_age: "300",
  }, { acr: "phr", auth_time: 1_799_999_000 }],
  ["docs/scopes.md: Misspelt scopes", { name: "add_note" }, {
    error: "insufficient_scope",
    scope: "notes:write",
  }],
];

const LOGS = "docs/monitoring.md: Logs";
const COUNTERS = "docs/monitoring.md: OpenTelemetry";
const TUTORIAL = "docs/migration.md: From handlers copied from a tutorial";
const LIBRARY = "docs/doctor.md: As a library";
const REPLAY = "docs/dpop.md: Replay";
const ROUTE = "docs/dpop.md: On your own routes";
const PROOFS = "docs/dpop.md: Tests";

/** The blocks that do not run here, and why. */
const NOT_RUN: readonly (readonly [place: string, why: string])[] = [
  [
    "docs/runtimes.md: Deno and Deno Deploy",
    "it has Deno's own server, and ends the process",
  ],
  ["docs/runtimes.md: Bun", "it has Bun's own server"],
  [
    "docs/migration.md: Before: requireBearerAuth",
    "docs_migration_test.ts runs it",
  ],
];

const ELSEWHERE = /^docs\/(?:testing\.md|providers\/|cookbook\/)/;

const all = new Map(
  blocks().filter(({ place }) => !ELSEWHERE.test(place))
    .map(({ place, code }) => [place, code]),
);

/** What some blocks only declare. */
const serve = () => Promise.resolve(new Response("Your own"));
Object.assign(globalThis, {
  handler: serve,
  serveMcp: serve,
  transport: { handleRequest: serve },
});

test("each block of the documents is run, or there is a reason why not", () => {
  const told = [...PROTECTED, ...POLICIES, ...NOT_RUN].map(([place]) => place);
  const others = [LOGS, COUNTERS, TUTORIAL, LIBRARY, REPLAY, ROUTE, PROOFS];
  const expected = [...told, ...others].sort();
  assertEquals([...all.keys()].sort(), expected);
});

for (const [place, resources, answerOf] of PROTECTED) {
  test(`${place}: without a token 401, with a challenge that leads to the metadata`, async () => {
    const exports = await load<never>(codeOf(place), {
      "node:http": new URL("support/listening.ts", import.meta.url).href,
    });
    const answer = await answerOf(exports);
    try {
      for (const resource of resources) await assertProtected(answer, resource);
    } finally {
      for (const server of servers.splice(0)) server.close();
    }
  });
}

for (const [place, call, told, claims] of POLICIES) {
  test(`${place}: a rejected token's challenge names what the call needs`, async () => {
    const code = codeOf(place).replace(/^const scopes\b/m, "export $&");
    const { policy, scopes = policy } = await load<Policies>(code);
    const issuer = await testIssuer({
      issuer: ISSUER,
      audience: NOTES,
    });
    const mcp = protectResource(serve, {
      metadata: { resource: NOTES, authorization_servers: [issuer.issuer] },
      scopes,
      platform: issuer.platform,
    });
    const response = await mcp(
      new Request(NOTES, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await issuer.token(claims)}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: call,
        }),
      }),
    );
    const [challenge] = parseChallenges(
      response.headers.get("www-authenticate") ?? "",
    );
    const { error_description, resource_metadata, ...params } =
      challenge?.params ?? {};
    assert(error_description !== undefined && resource_metadata !== undefined);
    assertEquals(params, { ...told });
  });
}

test(`${LOGS}: one line for each verdict, with the reason and never the token`, async () => {
  const { onDecision } = await load<{ onDecision: Observer }>(codeOf(LOGS));
  const lines: string[] = [];
  const { log } = console;
  Object.assign(console, { log: (line: string) => void lines.push(line) });
  try {
    await decide(onDecision);
  } finally {
    Object.assign(console, { log });
  }
  assertEquals(lines.slice(0, 3), [
    "refused status=401 reason=no_credentials",
    `accepted subject=user-1 clientId=client-1 issuer=${ISSUER}`,
    "refused status=401 reason=malformed_token",
  ]);
  const [last] = lines.slice(3);
  assertStringIncludes(
    last!,
    `unavailable status=503 why="Cannot read the metadata of ${ISSUER}`,
  );
});

test(`${COUNTERS}: one count for each verdict, by outcome and reason`, async () => {
  const { counting } = await load<{ counting: (meter: unknown) => Observer }>(
    codeOf(COUNTERS),
  );
  const counts: unknown[] = [];
  const names: string[] = [];
  await decide(counting({
    createCounter(name: string): unknown {
      names.push(name);
      return { add: (...count: unknown[]) => counts.push(count) };
    },
  }));
  assertEquals(names, ["mcp.auth.decisions"]);
  const status = { "http.response.status_code": 401 };
  assertEquals(counts, [
    [1, { outcome: "refused", reason: "no_credentials", ...status }],
    [1, { outcome: "accepted" }],
    [1, { outcome: "refused", reason: "malformed_token", ...status }],
    [1, { outcome: "unavailable" }],
  ]);
});

/** One verdict of each kind but `anonymous`. */
async function decide(onDecision: Observer): Promise<void> {
  const issuer = await testIssuer({
    issuer: ISSUER,
    audience: NOTES,
  });
  const options = {
    metadata: { resource: NOTES, authorization_servers: [issuer.issuer] },
    onDecision,
  };
  const mcp = protectResource(serve, { ...options, platform: issuer.platform });
  const authorization = `Bearer ${await issuer.token()}`;
  await mcp(new Request(NOTES));
  await mcp(new Request(NOTES, { headers: { authorization } }));
  await mcp(new Request(NOTES, { headers: { authorization: "Bearer x" } }));
  const away = protectResource(serve, {
    ...options,
    platform: { now: issuer.platform.now, fetch: () => Promise.reject() },
  });
  await away(new Request(NOTES, { headers: { authorization } }));
}

test(`${REPAIR}: the mirror has what the issuer's own metadata lacks`, async () => {
  createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ issuer, token_endpoint: `${issuer}/token` }));
  }).listen(0);
  const [server] = servers.splice(0);
  const issuer = await originOf(server!);
  try {
    const code = codeOf(REPAIR).replace("https://auth.example.com", issuer);
    const answer = byFetch(await load<Site>(code));
    const { origin } = new URL(NOTES);
    const mirrored = await answer(
      new Request(`${origin}/.well-known/oauth-authorization-server`),
    );
    assertEquals(await mirrored.json(), {
      issuer,
      token_endpoint: `${issuer}/token`,
      code_challenge_methods_supported: ["S256"],
    });
  } finally {
    server!.close();
  }
});

test(`${TUTORIAL}: the document is there, and all else is the server's own`, async () => {
  const answer = byFetch(await load<Site>(codeOf(TUTORIAL)));
  const found = await answer(new Request(insertWellKnown(NOTES)));
  assertEquals((await found.json()).resource, NOTES);
  assertEquals(await (await answer(new Request(NOTES))).text(), "Your own");
});

test(`${LIBRARY}: a server's report, and its page`, async () => {
  createServer((_request, response) => response.writeHead(404).end()).listen(0);
  const [server] = servers.splice(0);
  const origin = await originOf(server!);
  const code = codeOf(LIBRARY).replace("https://notes.example.com", origin);
  const { report, page } = await load<{ report: Report; page: string }>(
    code.replace("console.log", "void ") + "export { page, report };",
  );
  server!.close();
  assertEquals(report.url, `${origin}/mcp`);
  assertStringIncludes(page, "There is no MCP endpoint at this URL");
});

test(`${REPLAY}, ${ROUTE}: the metadata says that tokens may be bound, or must`, async () => {
  const { verification } = await load<{ verification: ProofOfPossession }>(
    codeOf(REPLAY),
  );
  assertEquals(
    verification.metadata.dpop_bound_access_tokens_required,
    true,
  );
  const { GET } = await load<{ GET(request: Request): Response }>(
    codeOf(ROUTE),
  );
  const found = await GET(new Request(insertWellKnown(NOTES))).json();
  assertEquals(
    found.dpop_signing_alg_values_supported,
    verification.metadata.dpop_signing_alg_values_supported,
  );
});

test(`${PROOFS}: a proof is accepted once`, async () => {
  // It asserts that itself: a wrong status makes it throw.
  await load(codeOf(PROOFS));
});

function codeOf(place: string): string {
  return all.get(place) ?? "";
}
