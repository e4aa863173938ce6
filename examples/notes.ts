/**
 * The notes MCP server that the examples protect: its tools on the SDK's web-standard transport, stateless.
 *
 * @module
 */

// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport as StreamableHttp } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { NOTES_TOOLS } from "./notes_tools.ts";
import { answerOnce, type NotesContext } from "./stateless.ts";

/** Answers one MCP request, whose caller was verified. */
export function handleNotes(
  request: Request,
  context: NotesContext,
): Promise<Response> {
  return answerOnce(request, context, StreamableHttp, notesServer);
}

/** The tools; each learns from the SDK's `authInfo` who calls it. */
export function notesServer(): McpServer {
  const server = new McpServer({ name: "notes", version: "0.1.0" });
  for (const { name, config, run } of NOTES_TOOLS) {
    server.registerTool(name, config, async (args, extra) => {
      const { authInfo, signal, sendNotification, _meta } = extra;
      const progressToken = _meta?.progressToken;
      const text = await run(args, {
        authInfo,
        signal,
        tell: progressToken === undefined
          ? undefined
          : (progress, message) =>
            sendNotification({
              method: "notifications/progress",
              params: { progressToken, progress, message },
            }),
      });
      return { content: [{ type: "text", text }] };
    });
  }
  return server;
}
