/**
 * What a Worker is told by its variables, and what it answers beside the MCP server.
 *
 * @module
 */

import type { ProtectedResourceOptions } from "@gatehouse/mcp-auth";
import { NOTES_SCOPES } from "../notes_scopes.ts";
import { landingPage } from "../page.ts";
import { proofsOf } from "../proofs.ts";
import { checkVariables } from "../variables.ts";

/** The variables, which wrangler.jsonc sets. */
export interface Variables {
  /** The protected resource: the MCP server's public URL, to the byte. */
  readonly MCP_RESOURCE: string;
  /** The trusted issuers, divided by commas. */
  readonly MCP_AUTHORIZATION_SERVERS: string;
  /** As in `../environment.ts`. */
  readonly MCP_DPOP?: string;
  /** As in `../environment.ts`. */
  readonly MCP_DPOP_NONCE?: string;
  /** `1` where the authorization server is the one for development. */
  readonly DEVELOPMENT?: string;
}

/** How the notes are protected. */
export function notesOptions(env: Variables): ProtectedResourceOptions {
  checkVariables(env);
  return {
    metadata: {
      resource: env.MCP_RESOURCE,
      authorization_servers: issuers(env),
      scopes_supported: ["notes:read", "notes:write"],
      resource_name: "Notes",
    },
    dpop: proofsOf(env),
    scopes: NOTES_SCOPES,
  };
}

/** A sign of life at `/healthcheck`, and a page at `/`, or at `/about` where the MCP server is at `/`. */
export function site(request: Request, env: Variables): Response | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const isRoot = new URL(env.MCP_RESOURCE).pathname === "/";
  switch (new URL(request.url).pathname) {
    case "/healthcheck":
      return new Response("OK");
    case isRoot ? "/about" : "/":
      return landingPage({
        resource: env.MCP_RESOURCE,
        authorizationServers: issuers(env),
        development: env.DEVELOPMENT === "1",
      });
    default:
      return undefined;
  }
}

function issuers(env: Variables): string[] {
  return env.MCP_AUTHORIZATION_SERVERS.split(",").map((item) => item.trim());
}
