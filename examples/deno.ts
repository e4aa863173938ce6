/**
 * The notes MCP server on Deno: `deno task example deno`, or `deno run -A examples/deno.ts`. The variables it reads are
 * in `environment.ts`. It runs on Deno Deploy as it is, where `MCP_RESOURCE` and `MCP_AUTHORIZATION_SERVERS` must be set.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { platform, serve } from "@gatehouse/mcp-auth/deno";
import { lookup } from "node:dns/promises";
import process from "node:process";
import { notesOptions, withPages } from "./app.ts";
import { EnvironmentError, exitOnError } from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { startupMessage } from "./page.ts";
import { start } from "./start.ts";

const isDeploy = process.env.DENO_DEPLOYMENT_ID !== undefined;

async function main(): Promise<void> {
  if (isDeploy) requireConfiguration();
  const { environment, introduction, stop } = await start();
  const { port, host } = environment;

  const mcp = protectResource(handleNotes, {
    ...notesOptions(introduction),
    platform,
  });

  // Deno's own error for a name that nobody knows has no code.
  if (!isDeploy) await lookup(host);
  await serve(withPages(mcp, introduction), {
    ...(!isDeploy && { port, hostname: host }),
    onListen: () => process.stdout.write(startupMessage(introduction)),
  });
  await stop();
  process.exit();
}

/** Nobody could reach an authorization server beside this one, and this one has another name than localhost. */
function requireConfiguration(): void {
  for (const name of ["MCP_RESOURCE", "MCP_AUTHORIZATION_SERVERS"]) {
    if (process.env[name] === undefined) {
      throw new EnvironmentError(`Cannot run on Deno Deploy: set ${name}`);
    }
  }
}

await main().catch(exitOnError);
