/**
 * The notes MCP server on Bun, with its metadata in static routes: `deno task example bun`, or
 * `bun run examples/bun.ts`. The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { type BunServeOptions, serveOptions } from "@gatehouse/mcp-auth/bun";
import process from "node:process";
import { notesOptions, withPages } from "./app.ts";
import { exitOnError } from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { startupMessage } from "./page.ts";
import { start } from "./start.ts";

/** What is used of Bun's own global. */
declare const Bun: {
  serve(
    options: BunServeOptions & {
      readonly port: number;
      readonly hostname: string;
    },
  ): void;
};

async function main(): Promise<void> {
  const { environment, introduction } = await start();
  const options = notesOptions(introduction);

  const mcp = protectResource(handleNotes, options);

  Bun.serve({
    port: environment.port,
    hostname: environment.host,
    ...serveOptions(withPages(mcp, introduction), options.metadata),
  });
  process.stdout.write(startupMessage(introduction));
}

await main().catch(exitOnError);
