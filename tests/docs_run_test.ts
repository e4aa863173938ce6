/**
 * The documents' examples do what the documents say. The blocks of docs/testing.md are tests themselves: see
 * testing/docs_test.ts. docs_providers_test.ts and docs_cookbook_test.ts run those of their folders, and
 * docs_effects_test.ts those that do something else than to protect a resource.
 */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { parseChallenges, protectResource } from "../mod.ts";
import type { ScopePolicy } from "../src/scopes/policy.ts";
import { testIssuer } from "../src/testing/mod.ts";
import { blocks, load } from "./runner/docs.ts";
import { assertProtected } from "./runner/docs_answers.ts";
import { PROTECTED } from "./runner/docs_protected.ts";
import { servers } from "./support/listening.ts";

interface Policies {
  readonly policy: ScopePolicy;
  readonly scopes?: ScopePolicy;
}

const ISSUER = "https://auth.example.com";
const NOTES = "https://notes.example.com/mcp";

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
  ...[
    "docs/dpop.md: On your own routes",
    "docs/dpop.md: Replay",
    "docs/dpop.md: Tests",
    "docs/doctor.md: As a library",
    "docs/migration.md: From handlers copied from a tutorial",
    "docs/monitoring.md: Logs",
    "docs/monitoring.md: OpenTelemetry",
  ].map((place) => [place, "docs_effects_test.ts runs it"] as const),
  ...["Fastify", "Nitro 3 and h3 2", "Nuxt 4 and h3 1"].map((name) =>
    [`docs/runtimes.md: ${name}`, "clients/frameworks_e2e.ts runs it"] as const
  ),
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
  transport: { handleRequest: serve },
});

test("each block of the documents is run, or there is a reason why not", () => {
  const told = [...PROTECTED, ...POLICIES, ...NOT_RUN].map(([place]) => place);
  assertEquals([...all.keys()].sort(), told.sort());
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

function codeOf(place: string): string {
  return all.get(place) ?? "";
}
