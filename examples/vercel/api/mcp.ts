/**
 * The notes MCP server as one function on Vercel Edge, to which vercel.json sends every path.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import { type RouteHandler, toRouteHandlers } from "@gatehouse/mcp-auth/vercel";
import { notesOptions, withPages } from "../../app.ts";
import { handleNotes } from "../../notes.ts";
import { proofsOf } from "../../proofs.ts";

/** Vercel puts variables in by their names in the source, so each is written out. */
declare const process: {
  readonly env: {
    readonly MCP_RESOURCE?: string;
    readonly MCP_AUTHORIZATION_SERVERS?: string;
    readonly MCP_DPOP?: string;
    readonly MCP_DPOP_NONCE?: string;
  };
};

/** What Vercel is told about the function. */
export const config: { readonly runtime: "edge" } = { runtime: "edge" };

const introduction = {
  resource: process.env.MCP_RESOURCE ?? "",
  authorizationServers: (process.env.MCP_AUTHORIZATION_SERVERS ?? "")
    .split(",").map((issuer) => issuer.trim()),
  dpop: proofsOf({
    MCP_DPOP: process.env.MCP_DPOP,
    MCP_DPOP_NONCE: process.env.MCP_DPOP_NONCE,
  }),
  development: false,
};

const mcp = protectResource(handleNotes, notesOptions(introduction));
const routes = toRouteHandlers(withPages(mcp, introduction));

export const DELETE: RouteHandler = routes.DELETE;
export const GET: RouteHandler = routes.GET;
export const HEAD: RouteHandler = routes.HEAD;
export const OPTIONS: RouteHandler = routes.OPTIONS;
export const PATCH: RouteHandler = routes.PATCH;
export const POST: RouteHandler = routes.POST;
export const PUT: RouteHandler = routes.PUT;
