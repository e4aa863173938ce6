/**
 * Starts a Worker on this machine, on workerd itself and without an account: `deno run -A examples/workers/dev.ts`,
 * or `… dev.ts workers-agent` for the other example. The variables it reads are in `../environment.ts`. It keeps
 * nothing, not even what Durable Objects store.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
import {
  type Environment,
  exitOnError,
  readEnvironment,
} from "../environment.ts";
import { developmentSecret } from "../development_secret.ts";
import { startupMessage } from "../page.ts";
import { proofVariables } from "../proofs.ts";
import {
  bundle,
  readConfig,
  ROOT,
  startWorkerd,
  workerdConfig,
} from "./workerd.ts";
import { NOTES_ISSUER_SCOPES } from "../notes_scopes.ts";

async function main([name = "workers"]: readonly string[]): Promise<void> {
  const environment = readEnvironment(process.env);
  const { resource, port, host } = environment;
  const addresses = await freeAddresses(host, port);
  const isBridge = name === "bridge-workers";
  const development = isBridge
    ? process.env.BRIDGE_PROVIDER === undefined
    : environment.authorizationServers === undefined;
  const authorizationServers = isBridge
    ? [new URL(resource).origin]
    : environment.authorizationServers ??
      [await startDevelopmentServer(environment)];

  const example = join(ROOT, "examples", name);
  const wrangler = readConfig(join(example, "wrangler.jsonc"));
  const folder = mkdtempSync(join(tmpdir(), "workerd-"));
  mkdirSync(join(folder, "objects"));
  await bundle(join(example, wrangler.main), join(folder, "worker.js"));
  writeFileSync(
    join(folder, "config.capnp"),
    workerdConfig(wrangler, addresses, {
      MCP_RESOURCE: resource,
      ...(isBridge
        ? await bridgeVariables(environment)
        : { MCP_AUTHORIZATION_SERVERS: authorizationServers.join(",") }),
      ...(development && { DEVELOPMENT: "1" }),
      ...proofVariables(process.env),
    }),
  );
  startWorkerd(folder);
  await answer(addresses[0]!);
  // All is read by now, and so nothing is left behind, even where this program is killed.
  if (wrangler.durable_objects === undefined) {
    rmSync(folder, { recursive: true });
  }
  process.stdout.write(
    startupMessage({ resource, authorizationServers, development }),
  );
}

/**
 * The addresses of a host, each with the port.
 *
 * @throws {Error} If one of them cannot be listened on: with `code`, such as `EADDRINUSE`.
 */
async function freeAddresses(host: string, port: number): Promise<string[]> {
  const found = await lookup(host, { all: true });
  // workerd takes the first address of `localhost` alone, and some clients the other.
  if (host === "localhost") found.push({ address: "::1", family: 6 });
  const addresses = new Set<string>();
  for (const { address, family } of found) {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, address, resolve);
      });
      addresses.add(
        family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
      );
    } catch (error) {
      const { code } = error as { code?: string };
      // A machine without IPv6.
      if (addresses.size === 0 || code === "EADDRINUSE") throw error;
    }
    await new Promise((resolve) => server.close(resolve));
  }
  return [...addresses];
}

async function startDevelopmentServer(
  { authPort, resource, autoApprove, dpop }: Environment,
): Promise<string> {
  const { issuer } = await startDevIssuer({
    port: authPort,
    resource,
    ...NOTES_ISSUER_SCOPES,
    autoApprove,
    ...(dpop && { dpop: true }),
  });
  return issuer;
}

/** The bridge's own variables, and those of a development provider where none is configured. */
async function bridgeVariables(
  { authPort, resource, autoApprove }: Environment,
): Promise<Readonly<Record<string, string>>> {
  const { origin } = new URL(resource);
  const given = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith("BRIDGE_") && value !== undefined ? [[name, value]] : []
    ),
  );
  const secrets = {
    BRIDGE_SECRETS: developmentSecret(),
    ...given,
  };
  if (given.BRIDGE_PROVIDER !== undefined) return secrets;
  const application = {
    client_id: "notes-bridge",
    client_secret: crypto.randomUUID(),
    callback: `${given.BRIDGE_ISSUER ?? origin}/callback`,
  };
  const { issuer } = await startDevIssuer({
    port: authPort,
    resource,
    scopes: [],
    autoApprove,
    application,
  });
  return {
    ...secrets,
    BRIDGE_PROVIDER: "oidc",
    BRIDGE_PROVIDER_ISSUER: issuer,
    BRIDGE_CLIENT_ID: application.client_id,
    BRIDGE_CLIENT_SECRET: application.client_secret,
    BRIDGE_SCOPES: "openid",
  };
}

/** Resolves when the Worker answers. */
async function answer(address: string): Promise<void> {
  for (;;) {
    const response = await fetch(`http://${address}/healthcheck`)
      .catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

await main(process.argv.slice(2)).catch(exitOnError);
