/**
 * The notes MCP server on the SDK's second version, which speaks MCP 2026-07-28, and the versions before it to clients
 * that do not; here on Deno: `deno task example modern`. The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { serve } from "@gatehouse/mcp-auth/deno";
import {
  createMcpHandler,
  isLegacyRequest,
  McpServer,
  WebStandardStreamableHTTPServerTransport as StreamableHttp,
} from "@modelcontextprotocol/server";
import { lookup } from "node:dns/promises";
import process from "node:process";
import { notesOptions, withPages } from "./app.ts";
import { exitOnError } from "./environment.ts";
import { NOTES_TOOLS } from "./notes_tools.ts";
import { startupMessage } from "./page.ts";
import { start } from "./start.ts";
import { answerOnce, type NotesContext } from "./stateless.ts";

/** Each request of 2026-07-28 stands alone, and says itself what its client can do. */
const modern = createMcpHandler(notesServer, { legacy: "reject" });

/** The versions before have the same tools, on a transport of their own. */
async function handleNotes(
  request: Request,
  context: NotesContext,
): Promise<Response> {
  return await isLegacyRequest(request, context.parsedBody)
    ? await answerOnce(request, context, StreamableHttp, notesServer)
    : await modern.fetch(request, context);
}

/** The tools; each learns from the SDK's `authInfo` who calls it. */
function notesServer(): McpServer {
  const server = new McpServer({ name: "notes", version: "0.1.0" });
  for (const { name, config, run } of NOTES_TOOLS) {
    server.registerTool(name, config, async (args, { http, mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      const text = await run(args, {
        authInfo: http?.authInfo,
        signal: mcpReq.signal,
        tell: progressToken === undefined
          ? undefined
          : (progress, message) =>
            mcpReq.notify({
              method: "notifications/progress",
              params: { progressToken, progress, message },
            }),
      });
      return { content: [{ type: "text", text }] };
    });
  }
  return server;
}

async function main(): Promise<void> {
  const { environment, introduction, stop } = await start();
  const { port, host } = environment;
  const mcp = protectResource(handleNotes, notesOptions(introduction));

  // Deno's own error for a name that nobody knows has no code.
  await lookup(host);
  await serve(withPages(mcp, introduction), {
    port,
    hostname: host,
    onListen: () => process.stdout.write(startupMessage(introduction)),
  });
  await stop();
  process.exit();
}

await main().catch(exitOnError);
