import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { type Issuer, startIssuer } from "../contract/issuer.ts";
import { message, MESSAGE_FIELDS, toolCall } from "../contract/messages.ts";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";
import type { HeadlessProvider } from "./oauth_provider.ts";
import * as v1 from "./sdk_v1.ts";
import * as v2 from "./sdk_v2.ts";

/** The examples that `deno task example` starts; the README's own is looked at more closely elsewhere. */
const EXAMPLES = [
  "bun",
  "deno",
  "node",
  "express",
  "hono",
  "vercel",
  "workers",
  "workers-agent",
];

function command(example: string): readonly string[] {
  return ["deno", "run", "-A", "examples/run.ts", example];
}

for (const name of EXAMPLES) {
  test(`${name}: the SDK clients log in, and a tool sees who calls`, {
    timeout,
  }, () =>
    withExample(
      async (example) => {
        const one = await v1.logIn(example);
        await assertKnown(one.provider, (tool) => v1.call(one.client, tool));
        await one.client.close();
        const two = await v2.logIn(example, {});
        await assertKnown(two.provider, (tool) => v2.call(two.client, tool));
        await two.client.close();
      },
      {},
      command(name),
    ));
}

async function assertKnown(
  provider: HeadlessProvider,
  call: (tool: string) => Promise<string>,
): Promise<void> {
  const { sub, client, scopes } = JSON.parse(await call("whoami"));
  const information = await provider.clientInformation();
  assertEquals([sub, client], ["developer", information?.client_id]);
  assert(scopes.includes("notes:read"), scopes);
  assertEquals(await call("list_notes"), "[]");
}

/** Who brings a session that user-1 opened with client-1 and a token of the first issuer, and what becomes of it. */
const CALLERS: readonly (readonly [
  why: string,
  issuer: "first" | "other",
  claims: Readonly<Record<string, unknown>>,
  status: number,
])[] = [
  ["the same caller with a new token", "first", { jti: "new" }, 200],
  ["another user", "first", { sub: "user-2" }, 404],
  [
    "the same user with another client",
    "first",
    { client_id: "client-2" },
    404,
  ],
  ["whom another issuer calls the same", "other", {}, 404],
];

test("workers-agent: a session that one caller opened is a 404 to another", {
  timeout,
}, async () => {
  const issuers = { first: await startOne(), other: await startOne() };
  const identifiers = [issuers.first.identifier, issuers.other.identifier];
  try {
    await withExample(
      async ({ resource }) => {
        const opened = await send(resource, issuers.first, {}, INITIALIZE);
        assertEquals(opened.status, 200);
        const session = opened.headers.get("mcp-session-id") ?? "";
        await opened.text();
        for (const [why, issuer, claims, status] of CALLERS) {
          const answer = await send(
            resource,
            issuers[issuer],
            claims,
            toolCall("whoami"),
            session,
          );
          assertEquals(answer.status, status, why);
          await answer.text();
        }
      },
      { MCP_AUTHORIZATION_SERVERS: identifiers.join() },
      command("workers-agent"),
    );
  } finally {
    await issuers.first.turnOff();
    await issuers.other.turnOff();
  }
});

function startOne(): Promise<Issuer> {
  return startIssuer({
    document: "oauth-authorization-server",
    algorithms: ["ES256"],
  });
}

const INITIALIZE = message("initialize", {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "Gatehouse's tests", version: "1.0.0" },
});

async function send(
  resource: string,
  issuer: Issuer,
  claims: Readonly<Record<string, unknown>>,
  body: unknown,
  session?: string,
): Promise<Response> {
  const token = await issuer.token(resource, {
    claims: {
      sub: "user-1",
      client_id: "client-1",
      scope: "notes:read",
      ...claims,
    },
  });
  return await fetch(resource, {
    method: "POST",
    headers: {
      ...MESSAGE_FIELDS,
      authorization: `Bearer ${token}`,
      ...(session !== undefined && { "mcp-session-id": session }),
    },
    body: JSON.stringify(body),
  });
}
