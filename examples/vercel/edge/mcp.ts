/**
 * The same function on Vercel Edge: put it in the place of `api/mcp.ts`.
 *
 * @module
 */

import type { RouteHandler } from "@gatehouse/mcp-auth/vercel";
import { routes } from "../routes.ts";

/** What Vercel is told about the function. */
export const config: { readonly runtime: "edge" } = { runtime: "edge" };

export const DELETE: RouteHandler = routes.DELETE;
export const GET: RouteHandler = routes.GET;
export const HEAD: RouteHandler = routes.HEAD;
export const OPTIONS: RouteHandler = routes.OPTIONS;
export const PATCH: RouteHandler = routes.PATCH;
export const POST: RouteHandler = routes.POST;
export const PUT: RouteHandler = routes.PUT;
