/**
 * The server scenarios of the MCP conformance suite, asked of one server as it is, and behind the guard with a token on
 * each request: `deno task conformance` prints how each check ended, and fails where the two differ.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  type Handler,
  type ProtectedHandler,
  protectResource,
} from "../../mod.ts";
import { toNodeListener } from "../../src/adapters/node.ts";
import { forwardTo } from "../../src/gateway/mod.ts";
import { testIssuer } from "../../src/testing/mod.ts";
import { say } from "../runner/commands.ts";
import { NODE_VERSIONS } from "../runner/runtimes.ts";
import { handle } from "./server.ts";

/** Knows 2026-07-28. */
export const SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
/** What it runs on, whatever runs this. */
export const NODE: string = `node-${process.platform}-${process.arch}@${
  NODE_VERSIONS[0]
}`;
const REVISIONS: readonly string[] = ["2025-11-25", "2026-07-28"];
const ISSUER = "https://auth.example.com";
const TIMEOUT_MILLISECONDS = 120_000;

/** How each check ended, such as `2026-07-28 server-ping: ping SUCCESS`, by scenario. */
export type Results = readonly string[];

/** What is served at a port. */
type Serve = (resource: string) => Handler | Promise<Handler>;

/** The server without the guard. */
export const bare: Serve = () => (request) => handle(request);

/** The server behind the guard, and before that what brings the token, as a client would. */
export const guarded: Serve = (resource) => guardedBy(resource, handle);

/** The server behind the gateway, which knows nothing of it but its URL. */
export const forwarded: Serve = async (resource) => {
  const upstream = createServer(toNodeListener((request) => handle(request)));
  upstream.listen(0, "localhost").unref();
  await once(upstream, "listening");
  const { port } = upstream.address() as AddressInfo;
  const secrets = ["a secret of thirty-two characters"];
  const url = `http://localhost:${port}/mcp`;
  return await guardedBy(resource, forwardTo(url, { secrets }));
};

async function guardedBy(
  resource: string,
  handler: ProtectedHandler,
): Promise<Handler> {
  const issuer = await testIssuer({ issuer: ISSUER, audience: resource });
  const mcp = protectResource(handler, {
    metadata: { resource, authorization_servers: [ISSUER] },
    scopes: {
      operations: { "tools/call": ["test"], "resources/read": ["test"] },
      lists: ["tools/list", "resources/list"],
    },
    platform: issuer.platform,
  });
  const authorization = `Bearer ${await issuer.token({ scope: "test" })}`;
  return (request) => {
    const authorized = new Request(request);
    authorized.headers.set("authorization", authorization);
    return mcp(authorized);
  };
}

/** Asks a server for all that the suite requires of it, or would like to see. */
export async function resultsOf(serve: Serve): Promise<Results> {
  let handler: Handler = () => new Response(null, { status: 503 });
  const server = createServer(toNodeListener((request) => handler(request)));
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const resource = `http://localhost:${port}/mcp`;
  handler = await serve(resource);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-conformance-"));
  try {
    const results: string[] = [];
    for (const revision of REVISIONS) {
      const output = join(folder, revision);
      const args = ["--url", resource, "--requirements", revision];
      await runSuite([...args, "--output-dir", output]);
      results.push(...readResults(revision, output));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    server.close();
    server.closeAllConnections();
  }
}

/** Resolves however it ends, since some scenarios ask for more than the server has. */
async function runSuite(args: readonly string[]): Promise<void> {
  const packages = ["-y", "--loglevel=error", "-p", NODE, "-p", SUITE];
  await new Promise<void>((resolve) => {
    execFile(
      "npx",
      [...packages, "conformance", "server", ...args],
      { timeout: TIMEOUT_MILLISECONDS, maxBuffer: Infinity },
      () => resolve(),
    );
  });
}

/** A folder for each scenario, whose name ends with the time, holds its checks. */
function readResults(revision: string, folder: string): Results {
  return readdirSync(folder).sort().flatMap((name) => {
    const scenario = name.replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, "");
    const checks = JSON.parse(
      readFileSync(join(folder, name, "checks.json"), "utf8"),
    ) as readonly { readonly id: string; readonly status: string }[];
    return checks.map(({ id, status }) =>
      `${revision} ${scenario}: ${id} ${status}`
    );
  });
}

/** What ended differently. */
function differences(
  without: Results,
  behind: Results,
  where: string,
): readonly string[] {
  return [
    ...without.filter((line) => !behind.includes(line))
      .map((line) => `without ${where} alone: ${line}`),
    ...behind.filter((line) => !without.includes(line))
      .map((line) => `behind ${where} alone: ${line}`),
  ];
}

async function main(): Promise<void> {
  const without = await resultsOf(bare);
  say(without.join("\n"));
  let isEqual = without.length > 0;
  for (
    const [where, serve] of [
      ["the guard", guarded],
      ["the gateway", forwarded],
    ] as const
  ) {
    const behind = await resultsOf(serve);
    say(differences(without, behind, where).join("\n"));
    isEqual &&= `${without}` === `${behind}`;
  }
  say(isEqual ? `The same ${without.length} checks` : "They differ");
  process.exit(isEqual ? 0 : 1);
}

if (import.meta.main) await main();
