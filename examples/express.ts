/**
 * The notes MCP server as an Express app, with the SDK's transport for Node: `deno task example express`, or
 * `node examples/express.ts` after `bun install`. The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { withCors } from "@gatehouse/mcp-auth";
import { protectedResource } from "@gatehouse/mcp-auth/express";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/streamableHttp"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express from "express";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import process from "node:process";
import { homeOf, notesOptions } from "./app.ts";
import { exitOnError } from "./environment.ts";
import { notesServer } from "./notes.ts";
import { landingPage, startupMessage } from "./page.ts";
import { start } from "./start.ts";

async function main(): Promise<void> {
  const { environment, introduction } = await start();
  const { resource, doctor } = introduction;

  const app = express();
  app.get(
    "/healthcheck",
    (_req: unknown, res: { send(text: string): void }) => res.send("OK"),
  );
  app.get(
    homeOf(introduction),
    toNodeListener(() => landingPage(introduction)),
  );
  if (doctor !== undefined) {
    app.get("/doctor", toNodeListener((request) => doctor(request)!));
  }
  app.use(protectedResource(notesOptions(introduction)));
  app.use(express.json());
  app.all(new URL(resource).pathname, serveNotes);
  app.use(toNodeListener(notFound));

  const server = createServer(app);
  server.listen(environment.port, environment.host);
  await once(server, "listening");
  process.stdout.write(startupMessage(introduction));
}

/** Answers each POST with a server of its own, without sessions. */
async function serveNotes(
  req: IncomingMessage & { readonly body?: unknown },
  res: ServerResponse,
): Promise<void> {
  if (req.method !== "POST") {
    res.writeHead(405, { allow: "POST" }).end();
    return;
  }
  const { method, params } = Object(req.body);
  const isWatch = method === "tools/call" && params?.name === "watch_notes";
  const transport = new StreamableHTTPServerTransport({
    enableJsonResponse: !isWatch,
  });
  const server = notesServer();
  // Closing is what aborts the tool.
  res.on("close", () => void server.close());
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(req, res, req.body);
}

const notFound = withCors(() =>
  Response.json({ error: "not_found" }, { status: 404 })
);

await main().catch(exitOnError);
