/** What the documents' examples log, count, serve and report is what the documents say. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { protectResource } from "../mod.ts";
import type { Decision } from "../src/decisions.ts";
import type { Report } from "../src/doctor/mod.ts";
import type { ProofOfPossession } from "../src/tokens/proof_of_possession.ts";
import { testIssuer } from "../src/testing/mod.ts";
import { blocks, load } from "./runner/docs.ts";
import {
  byFetch,
  insertWellKnown,
  originOf,
  type Site,
} from "./runner/docs_answers.ts";
import { createServer, servers } from "./support/listening.ts";

type Observer = (decision: Decision) => void;

const ISSUER = "https://auth.example.com";
const NOTES = "https://notes.example.com/mcp";

const LOGS = "docs/monitoring.md: Logs";
const COUNTERS = "docs/monitoring.md: OpenTelemetry";
const REPAIR = "docs/deployments.md: Repairing an issuer's metadata";
const TUTORIAL = "docs/migration.md: From handlers copied from a tutorial";
const LIBRARY = "docs/doctor.md: As a library";
const REPLAY = "docs/dpop.md: Replay";
const ROUTE = "docs/dpop.md: On your own routes";
const PROOFS = "docs/dpop.md: Tests";

const codes = new Map(blocks().map(({ place, code }) => [place, code]));

/** What some blocks only declare. */
const serve = () => Promise.resolve(new Response("Your own"));
Object.assign(globalThis, { serveMcp: serve });

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
  return codes.get(place) ?? "";
}
