/**
 * The pipeline of one request: from the preflight to the handler, and its response back.
 *
 * @module
 */

import { guardOf } from "./guard.ts";
import { checkResponse } from "./http/handler_response.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import { handleOrigin, type Resource } from "./router.ts";
import { aFunction } from "./runtime/option_checks.ts";
import { listFilter } from "./scopes/lists.ts";
import type { Handler, ProtectedHandler } from "./types.ts";

/**
 * Adds OAuth to a handler: discovery, CORS, challenges, token verification and scopes. Only accepted requests reach the
 * handler.
 *
 * @example An MCP server
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 *
 * export default {
 *   fetch: protectResource(
 *     (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *     {
 *       metadata: {
 *         resource: "https://notes.example.com/mcp",
 *         authorization_servers: ["https://auth.example.com"],
 *       },
 *     },
 *   ),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function protectResource(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
): Handler {
  return handleOrigin([resourceOf(handler, options)], options.otherwise);
}

/**
 * A handler with OAuth, as one of an origin's resources. `mounts` are the paths at which it may be mounted. Default: its
 * `path`.
 */
export function resourceOf(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
  mounts?: readonly string[],
): Resource {
  aFunction(handler, "handler");
  return guardOf(options, mounts, (scopes) => {
    const filter = listFilter(options.scopes?.lists ?? [], scopes);
    return async (request, context, requestContext, finish) => {
      const response = checkResponse(
        await handler(request, context, requestContext),
        "the handler",
      );
      return finish(filter ? await filter(response, context) : response);
    };
  });
}
