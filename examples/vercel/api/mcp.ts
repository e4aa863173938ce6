/**
 * The notes MCP server as one function of Vercel's Node.js runtime, to which vercel.json sends every path.
 *
 * @module
 */

import type { RouteHandler } from "@gatehouse/mcp-auth/vercel";
import { routes } from "../routes.ts";

export const DELETE: RouteHandler = routes.DELETE;
export const GET: RouteHandler = routes.GET;
export const HEAD: RouteHandler = routes.HEAD;
export const OPTIONS: RouteHandler = routes.OPTIONS;
export const PATCH: RouteHandler = routes.PATCH;
export const POST: RouteHandler = routes.POST;
export const PUT: RouteHandler = routes.PUT;
