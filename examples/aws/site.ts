/**
 * The notes MCP server behind the authorizer, with its pages: it verifies no token, and fetches no keys.
 *
 * @module
 */

import { type Handler, protectResource } from "@gatehouse/mcp-auth";
import { authorizerVerifier } from "@gatehouse/mcp-auth/aws-lambda";
import { handleNotes } from "../notes.ts";
import { NOTES_SCOPES } from "../notes_scopes.ts";
import { landingPage } from "../page.ts";
import { HAS_SCOPES, readMetadata, readProofs } from "./configuration.ts";

const metadata = readMetadata();
const { resource, authorization_servers } = metadata;
const page = new URL(resource).pathname === "/" ? "/about" : "/";

const mcp = protectResource(handleNotes, {
  metadata,
  scopes: HAS_SCOPES ? NOTES_SCOPES : {},
  verifyAccessToken: authorizerVerifier(),
  dpop: readProofs(),
});

/** Answers every request that the gateway passes on. */
export const site: Handler = (request, platform) => {
  const { pathname } = new URL(request.url);
  if (request.method === "GET" && pathname === "/healthcheck") {
    return new Response("OK");
  }
  if (request.method === "GET" && pathname === page) {
    return landingPage({
      resource,
      authorizationServers: authorization_servers,
      development: false,
    });
  }
  return mcp(request, platform);
};
