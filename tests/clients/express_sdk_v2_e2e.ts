/** The SDK v2's transport for Node, with sessions, behind the Express middleware. */
import { assertEquals } from "@std/assert";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { NOTES_TOOLS } from "../../examples/notes_tools.ts";
import {
  type BodyParser,
  type NodeTransport,
  type OpenSession,
  withExpressNotes,
} from "../e2e/express_notes.ts";
import { logIn as logInV1 } from "../e2e/sdk_v1.ts";
import { logIn as logInV2 } from "../e2e/sdk_v2.ts";
import { INITIALIZE, loginOf, useTools } from "../e2e/session.ts";
import { TIMEOUT_MILLISECONDS as timeout } from "./notes.ts";
import { peer } from "./peers.ts";

type Tool = typeof NOTES_TOOLS[number];

interface Extra {
  readonly http?: { readonly authInfo?: never };
  readonly mcpReq: { readonly signal: AbortSignal };
}

interface McpServer {
  registerTool(
    name: string,
    config: Tool["config"],
    run: (args: never, extra: Extra) => Promise<unknown>,
  ): void;
  connect(transport: unknown): Promise<void>;
}

const { McpServer } = await peer<{
  McpServer: new (info: unknown) => McpServer;
}>("@modelcontextprotocol/server");
const { NodeStreamableHTTPServerTransport } = await peer<{
  NodeStreamableHTTPServerTransport: new (options: unknown) => NodeTransport;
}>("@modelcontextprotocol/node");

const openSession: OpenSession = async ({ opened, closed }) => {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: opened,
    onsessionclosed: closed,
  });
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  for (const { name, config, run } of NOTES_TOOLS) {
    server.registerTool(name, config, async (args, { http, mcpReq }) => {
      const text = await run(args, {
        authInfo: http?.authInfo,
        signal: mcpReq.signal,
        tell: undefined,
      });
      return { content: [{ type: "text", text }] };
    });
  }
  await server.connect(transport);
  return transport;
};

const PARSERS: readonly BodyParser[] = ["before", "after", "none"];

for (const parser of PARSERS) {
  test(
    `NodeStreamableHTTPServerTransport, express.json() ${parser}: clients of both SDKs log in, call tools and end their sessions`,
    { timeout },
    async () => {
      for (
        const logIn of [
          logInV1,
          (example: Parameters<typeof logInV1>[0]) => logInV2(example, {}),
        ]
      ) {
        await withExpressNotes(openSession, parser, async (example) => {
          const session = await logIn(example);
          assertEquals(session.requests.take(), loginOf(INITIALIZE));
          await useTools(session);
          await session.transport.terminateSession();
          assertEquals(session.requests.take(), ["DELETE /mcp 200"]);
          await session.client.close();
        });
      }
    },
  );
}
