/**
 * The methods of the notes MCP server, for a function of either runtime.
 *
 * @module
 */

import { protectResource } from "@gatehouse/mcp-auth";
import {
  type RouteHandler,
  type RouteMethod,
  toRouteHandlers,
} from "@gatehouse/mcp-auth/vercel";
import { notesOptions, withPages } from "../app.ts";
import { handleNotes } from "../notes.ts";
import { proofsOf } from "../proofs.ts";

/** On Edge, Vercel puts variables in by their names in the source, so each is written out. */
declare const process: {
  readonly env: {
    readonly MCP_RESOURCE?: string;
    readonly MCP_AUTHORIZATION_SERVERS?: string;
    readonly MCP_DPOP?: string;
    readonly MCP_DPOP_NONCE?: string;
  };
};

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

/** Every method that a function can export. */
export const routes: Readonly<Record<RouteMethod, RouteHandler>> =
  toRouteHandlers(withPages(mcp, introduction));
