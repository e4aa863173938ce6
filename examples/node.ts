/**
 * The notes MCP server on Node's own `http`: `deno task example node`, or `node examples/node.ts` after `bun install`.
 * The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { notesOptions, withPages } from "./app.ts";
import { exitOnError } from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { startupMessage } from "./page.ts";
import { start } from "./start.ts";

async function main(): Promise<void> {
  const { environment, introduction } = await start();

  const mcp = protectResource(handleNotes, notesOptions(introduction));

  const listener = toNodeListener(withPages(mcp, introduction), {
    onError: (error) => process.stderr.write(`${error}\n`),
  });
  const server = createServer(listener);
  server.listen(environment.port, environment.host);
  await once(server, "listening");
  process.stdout.write(startupMessage(introduction));
}

await main().catch(exitOnError);
