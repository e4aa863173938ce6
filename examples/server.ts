/**
 * The notes MCP server on Bun, protected, with a development authorization server beside it where none is
 * configured: `bun run examples/server.ts`. The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { Hono } from "hono";
import process from "node:process";
import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
import { doctorOf } from "./doctor.ts";
import { exitOnError, readEnvironment } from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { NOTES_ISSUER_SCOPES, NOTES_SCOPES } from "./notes_scopes.ts";
import { landingPage, startupMessage } from "./page.ts";

/** What is used of Bun's own global. */
declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly fetch: (request: Request) => Response | Promise<Response>;
  }): void;
};

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const { resource, port, host, dpop } = environment;
  const development = environment.authorizationServers === undefined;
  const authorizationServers = environment.authorizationServers ?? [
    await startDevelopmentServer(),
  ];

  const mcp = protectResource(handleNotes, {
    metadata: {
      resource,
      authorization_servers: authorizationServers,
      scopes_supported: ["notes:read", "notes:write"],
      resource_name: "Notes",
    },
    dpop,
    scopes: NOTES_SCOPES,
  });

  const doctor = doctorOf(environment);
  const introduction = { resource, authorizationServers, development, doctor };
  const isRoot = new URL(resource).pathname === "/";
  const app = new Hono()
    .get("/healthcheck", (c) => c.text("OK"))
    .get(isRoot ? "/about" : "/", () => landingPage(introduction))
    .get("/doctor", (c, next) => doctor?.(c.req.raw) ?? next())
    .all("*", (c) => mcp(c.req.raw));

  Bun.serve({ port, hostname: host, fetch: app.fetch });
  process.stdout.write(startupMessage(introduction));

  async function startDevelopmentServer(): Promise<string> {
    const { issuer } = await startDevIssuer({
      port: environment.authPort,
      resource,
      ...NOTES_ISSUER_SCOPES,
      autoApprove: environment.autoApprove,
      ...(dpop && { dpop: true }),
    });
    return issuer;
  }
}

await main().catch(exitOnError);
