/**
 * An adapter for Vercel: Next.js, and functions of the Node.js and Edge runtimes.
 *
 * @module
 */

import { checkResponse } from "../http/handler_response.ts";
import {
  aFunction,
  checkOptions,
  type OptionShape,
  orNull,
} from "../runtime/option_checks.ts";
import type { Handler, RequestContext } from "../types.ts";

/** A method that a route can export. */
export type RouteMethod =
  | "DELETE"
  | "GET"
  | "HEAD"
  | "OPTIONS"
  | "PATCH"
  | "POST"
  | "PUT";

/** Handles a method of a route. The context has `waitUntil` on Vercel Edge, but not in Next.js, and is absent on Node.js. */
export type RouteHandler = (
  request: Request,
  context?: RequestContext,
) => Promise<Response>;

/** Options of {@linkcode toRouteHandlers}. */
export interface RouteHandlersOptions {
  /**
   * Keeps a function alive after its response: `after` of `next/server`, or `waitUntil` of `@vercel/functions`. Default:
   * the `waitUntil` of the context that a function of Vercel Edge receives, or else what `waitUntil` of
   * `@vercel/functions` calls on Vercel, or else none.
   */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /**
   * Receives what the handler throws, before it is thrown again. `null`: nobody does. Default: it is printed by
   * `console.error` in a function of Vercel's Node.js runtime, which answers 500 and prints nothing; Next.js and Vercel
   * Edge print it themselves.
   */
  readonly onError?: ((error: unknown) => void) | null | undefined;
}

const SHAPE: OptionShape<RouteHandlersOptions> = {
  members: { waitUntil: aFunction, onError: orNull(aFunction) },
};

/**
 * Creates the methods that a route exports. In Next.js, write the same lines into two files: `app/mcp/route.ts` for the
 * resource, and `app/.well-known/[...path]/route.ts` for the metadata.
 *
 * @example A route of Next.js
 * ```ts ignore
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { toRouteHandlers } from "@gatehouse/mcp-auth/vercel";
 * import { after } from "next/server";
 *
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *   },
 * );
 *
 * export const { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } =
 *   toRouteHandlers(mcp, { waitUntil: after });
 * ```
 */
export function toRouteHandlers(
  handler: Handler,
  options: RouteHandlersOptions = {},
): Readonly<Record<RouteMethod, RouteHandler>> {
  aFunction(handler, "handler");
  checkOptions(options, "", SHAPE);
  const { waitUntil, onError } = options;
  const route: RouteHandler = async (request, context) => {
    const platform = waitUntil === undefined
      ? contextOf(context)
      : { waitUntil };
    try {
      return checkResponse(
        await handler(plain(request), platform),
        "the handler",
      );
    } catch (error) {
      if (onError !== undefined) onError?.(error);
      else if (context === undefined) printError(error);
      throw error;
    }
  };
  return {
    DELETE: route,
    GET: route,
    HEAD: route,
    OPTIONS: route,
    PATCH: route,
    POST: route,
    PUT: route,
  };
}

/** Only Vercel's Node.js runtime passes no context. */
function printError(error: unknown): void {
  // deno-lint-ignore no-console
  console.error(error);
}

/** Where Vercel keeps the context of the running request; `@vercel/functions` reads it from there. */
const REQUEST_CONTEXT = Symbol.for("@vercel/request-context");

interface VercelGlobal {
  readonly [REQUEST_CONTEXT]?: { get?(): RequestContext | undefined };
}

/** The function's own context, or Vercel's where that has no `waitUntil`. */
function contextOf(
  context: RequestContext | undefined,
): RequestContext | undefined {
  if (typeof context?.waitUntil === "function") return context;
  const vercel = (globalThis as VercelGlobal)[REQUEST_CONTEXT]?.get?.();
  return typeof vercel?.waitUntil === "function" ? vercel : context;
}

/** Next.js passes a Proxy of its Request, which the constructor of Request does not accept. */
function plain({ url, method, headers, body, signal }: Request): Request {
  const init = { method, headers, body, signal, duplex: "half" };
  return new Request(url, init);
}
