/** A client with sessions finds no difference between the server before the migration and the one after it. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
// @ts-types="@modelcontextprotocol/sdk/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  createMcpHandler,
  McpServer,
  requireScopes,
  verifyBearerToken,
} from "@modelcontextprotocol/server";
import { test } from "node:test";
import { type AuthInfo, parseChallenges } from "../mod.ts";
import type { Transport } from "./e2e/sdk_v1.ts";
import { call, INFO } from "./e2e/session.ts";
import { auth } from "./runner/cookbook/issuers.ts";
import { blocks, load } from "./runner/docs.ts";
import { originOf } from "./runner/docs_answers.ts";
import { runOn } from "./runner/docs_callers.ts";
import { servers } from "./support/listening.ts";
import {
  callOf,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";
import { timeout } from "./support/timeout.ts";

/** The program, and the status for another caller who names a session. */
const programs: readonly (readonly [place: string, foreign: number])[] = [
  ["docs/migration.md: Before: requireBearerAuth", 200],
  ["docs/migration.md: After: protectedResource", 404],
];

for (const [place, foreign] of programs) {
  test(
    `${place}: a client opens a session, calls a tool, listens, and ends the session`,
    { timeout },
    async () => {
      const code = blocks().find((block) => block.place === place)!.code;
      const { fetch } = globalThis;
      const network = (url: string, init: RequestInit): Promise<Response> =>
        url.startsWith(auth.issuer)
          ? auth.platform.fetch(url, init)
          : fetch(url, init);
      await runOn(network, async () => {
        await load(code, {
          "node:http": new URL("support/listening.ts", import.meta.url).href,
        });
        const [server] = servers.splice(0);
        const url = `${await originOf(server!)}/mcp`;
        try {
          await useSession(url, foreign);
        } finally {
          server!.closeAllConnections();
          server!.close();
        }
      });
    },
  );
}

async function useSession(url: string, foreign: number): Promise<void> {
  const token = await auth.token({ scope: "notes:read" });
  const refused = await connect(url, await auth.token({ scope: "" }))
    .catch((error) => error.code);
  assertEquals(refused, 403);

  const { client, transport, streamed } = await connect(url, token);
  assertEquals(await call(client, "whoami"), "You are user-1");
  assertEquals(await streamed, "text/event-stream");

  const other = await auth.token({ sub: "user-2", scope: "notes:read" });
  const listed = await request(url, "POST", other, transport.sessionId, {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/list",
  });
  await listed.text();
  assertEquals(listed.status, foreign);

  const { sessionId } = transport;
  await transport.terminateSession();
  await client.close();
  const ended = await request(url, "GET", token, sessionId);
  await ended.text();
  assertEquals(ended.status, 404);
  await assertRejects(() => connect(url, "bad"));
}

/** Connects. `streamed` is the type of the stream on which the client listens. */
async function connect(url: string, token: string): Promise<{
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  readonly streamed: Promise<string | null>;
}> {
  const client = new Client(INFO);
  const { promise: streamed, resolve } = Promise.withResolvers<string | null>();
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    async fetch(input, init): Promise<Response> {
      const response = await fetch(input, init);
      if (init?.method === "GET") resolve(response.headers.get("content-type"));
      return response;
    },
  });
  await client.connect(transport as Transport);
  return { client, transport, streamed };
}

async function request(
  url: string,
  method: string,
  token: string,
  session = "",
  body?: unknown,
): Promise<Response> {
  return await fetch(url, {
    method,
    headers: {
      accept: method === "GET"
        ? "text/event-stream"
        : "application/json, text/event-stream",
      authorization: `Bearer ${token}`,
      "mcp-session-id": session,
      "mcp-protocol-version": "2025-11-25",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

test("docs/migration.md: what the SDK v2's requireScopes and expectedResource do behind the guard", async () => {
  const callers: AuthInfo[] = [];
  const sdk = createMcpHandler(() => {
    const server = new McpServer({ name: "notes", version: "1.0.0" });
    server.registerTool("add_note", {
      scopeChallenge: requireScopes("notes:write"),
    }, ({ http }) => {
      callers.push(http!.authInfo!);
      return { content: [{ type: "text", text: "Added" }] };
    });
    return server;
  });
  const { handle, issuer } = protect({
    scopes: { implies: { "notes:admin": ["notes:write"] } },
  }, (request, context) => sdk.fetch(request, context));
  const add = async (scope: string): Promise<Response> =>
    await handle(post({
      token: await issuer.token({ scope }),
      body: callOf("add_note"),
      headers: { accept: "application/json, text/event-stream" },
    }));

  const good = await add("notes:write");
  assertEquals(good.status, 200);
  assertStringIncludes(await good.text(), "Added");
  // A literal comparison: the SDK does not know what a scope implies.
  for (const scope of ["", "notes:admin"]) {
    const refused = await add(scope);
    assertEquals(refused.status, 403);
    const [challenge] = parseChallenges(
      refused.headers.get("www-authenticate") ?? "",
    );
    assertEquals(challenge?.params.scope, "notes:write");
    assertEquals(challenge?.params.resource_metadata, METADATA_URL);
    assertStringIncludes(
      refused.headers.get("access-control-expose-headers") ?? "",
      "WWW-Authenticate",
    );
  }

  const [caller] = callers;
  const check = (expectedResource: URL): Promise<unknown> =>
    verifyBearerToken("Bearer a", {
      // The test issuer's clock is not the real one.
      verifier: {
        verifyAccessToken: () =>
          Promise.resolve({ ...caller!, expiresAt: Date.now() / 1000 + 60 }),
      },
      expectedResource,
    });
  await check(new URL(RESOURCE));
  await assertRejects(() => check(new URL(`${RESOURCE}2`)));
});

test("docs/migration.md: the SDK v2's challenges name the metadataUrl that is configured", async () => {
  const sdk = createMcpHandler(() => {
    const server = new McpServer({ name: "notes", version: "1.0.0" });
    server.registerTool("add_note", {
      scopeChallenge: requireScopes("notes:write"),
    }, () => ({ content: [] }));
    return server;
  });
  const metadataUrl = `${RESOURCE}/metadata`;
  const { handle, issuer } = protect(
    { metadataUrl },
    (request, context) => sdk.fetch(request, context),
  );
  const refused = await handle(post({
    token: await issuer.token(),
    body: callOf("add_note"),
    headers: { accept: "application/json, text/event-stream" },
  }));
  const [challenge] = parseChallenges(
    refused.headers.get("www-authenticate") ?? "",
  );
  assertEquals(challenge?.params.error, "insufficient_scope");
  assertEquals(challenge?.params.resource_metadata, metadataUrl);
});
