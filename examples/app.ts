/**
 * What the examples share on every runtime: the notes server's options, and the pages beside it.
 *
 * @module
 */

import type { Handler, ProtectedResourceOptions } from "@gatehouse/mcp-auth";
import { NOTES_SCOPES } from "./notes_scopes.ts";
import { type Introduction, landingPage } from "./page.ts";

/** What the notes server is, whose tokens it takes, and which scopes its tools need. */
export function notesOptions(
  { resource, authorizationServers, dpop }: Introduction,
): ProtectedResourceOptions {
  return {
    metadata: {
      resource,
      authorization_servers: authorizationServers,
      scopes_supported: ["notes:read", "notes:write"],
      resource_name: "Notes",
    },
    dpop,
    scopes: NOTES_SCOPES,
  };
}

/** Where the landing page is: beside the resource, wherever that is. */
export function homeOf({ resource }: Introduction): "/" | "/about" {
  return new URL(resource).pathname === "/" ? "/about" : "/";
}

/** Answers `/healthcheck`, the landing page and the doctor's where there is one, and leaves the rest to the handler. */
export function withPages(
  handler: Handler,
  introduction: Introduction,
): Handler {
  const home = homeOf(introduction);
  return (request, platform) => {
    const { pathname } = new URL(request.url);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && pathname === "/healthcheck") return new Response("OK");
    if (isRead && pathname === home) return landingPage(introduction);
    return introduction.doctor?.(request) ?? handler(request, platform);
  };
}
