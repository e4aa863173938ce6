/**
 * The function of `vercel` on Vercel's edge-runtime, put together as `vercel dev` does: a script with `process.env`,
 * and a listener that calls the function.
 *
 * @module
 */

import { build, stop as stopEsbuild } from "esbuild";
import { join } from "node:path";
import { npm } from "./npm.ts";

/** Where the function listens, and what it is told. */
export interface EdgeServer {
  readonly host: string;
  readonly port: number;
  /** Its `process.env`. */
  readonly env: Readonly<Record<string, string>>;
}

const LISTENER = `
import * as route from "./vercel/edge/mcp.ts";

addEventListener("fetch", (event) => {
  const { request } = event;
  const method = route[request.method];
  event.respondWith(
    method === undefined
      ? new Response(null, { status: 405 })
      : method(request, event),
  );
});
`;

/** Bundles the function of a tree into a folder, and says what runs it. */
export async function edgeCommand(
  tree: string,
  folder: string,
  { host, port, env }: EdgeServer,
): Promise<readonly string[]> {
  const outfile = join(folder, "function.js");
  await build({
    stdin: { contents: LISTENER, resolveDir: join(tree, "examples") },
    banner: { js: `globalThis.process = { env: ${JSON.stringify(env)} };` },
    bundle: true,
    format: "iife",
    logLevel: "warning",
    outfile,
    platform: "browser",
    target: "esnext",
  });
  await stopEsbuild();
  const cli = npm("edge-runtime@4.0.1", "edge-runtime");
  const listen = ["--listen", "--port", `${port}`, "--host", host];
  return ["node", cli, ...listen, outfile];
}
