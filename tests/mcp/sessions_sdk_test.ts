import { assertEquals } from "@std/assert";
import { McpServer as Server2 } from "@modelcontextprotocol/server";
import { WebStandardStreamableHTTPServerTransport as Transport2 } from "@modelcontextprotocol/server";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer as Server1 } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport as Transport1 } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { test } from "node:test";
import type { ProtectedHandler } from "../../src/types.ts";
import { protect, type Protected, RESOURCE } from "../support/protected.ts";

const INFO = { name: "notes", version: "1" };

/** A server of each SDK, with one session. */
const sdks: readonly (readonly [
  version: string,
  connect: () => Promise<ProtectedHandler>,
])[] = [
  ["v1", async () => {
    const transport = new Transport1({
      sessionIdGenerator: () => crypto.randomUUID(),
    });
    await new Server1(INFO).connect(transport);
    return (request, { authInfo }) =>
      transport.handleRequest(request, { authInfo });
  }],
  ["v2", async () => {
    const transport = new Transport2({
      sessionIdGenerator: () => crypto.randomUUID(),
    });
    await new Server2(INFO).connect(transport);
    return (request, { authInfo }) =>
      transport.handleRequest(request, { authInfo });
  }],
];

async function send(
  { handle, issuer }: Protected,
  method: string,
  sub: string,
  session: string | undefined,
  body: unknown,
): Promise<Response> {
  return await handle(
    new Request(RESOURCE, {
      method,
      headers: {
        "accept": "application/json, text/event-stream",
        "authorization": `Bearer ${await issuer.token({ sub })}`,
        ...(session !== undefined && { "mcp-session-id": session }),
        ...(method === "POST" && { "content-type": "application/json" }),
      },
      ...(method === "POST" && { body: JSON.stringify(body) }),
    }),
  );
}

for (const [version, connect] of sdks) {
  test(`protectResource() answers for another caller's session as SDK ${version} does for an unknown one`, async () => {
    const self = protect({}, await connect());
    const opened = await send(self, "POST", "owner", undefined, {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: INFO,
      },
    });
    await opened.body?.cancel();
    const session = opened.headers.get("mcp-session-id")!;
    const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
    for (const method of ["POST", "GET", "DELETE"]) {
      const called = self.calls.length;
      const foreign = await send(self, method, "other", session, ping);
      assertEquals(self.calls.length, called);
      const unknown = await send(self, method, "other", "unknown", ping);
      assertEquals(self.calls.length, called + 1);
      assertEquals([foreign.status, unknown.status], [404, 404]);
      assertEquals(await foreign.text(), await unknown.text());
      assertEquals([...foreign.headers], [...unknown.headers]);
    }
  });
}
