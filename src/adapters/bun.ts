/**
 * An adapter for `Bun.serve`.
 *
 * @module
 */

import { checkResponse } from "../http/handler_response.ts";
import { publicDocuments } from "../discovery/well_known.ts";
import { MAX_URL_LENGTH, parseUrl, pathOf } from "../runtime/identifiers.ts";
import {
  handleOAuthProtectedResourceRequest,
  type ProtectedResourceMetadata,
} from "../discovery/resource_metadata.ts";
import { isEventStream } from "../http/event_streams.ts";
import { aFunction } from "../runtime/option_checks.ts";
import type { Handler } from "../types.ts";

/** The members of Bun's server that are used. */
export interface BunServer {
  /** Sets how long a request's connection may be idle; 0: forever. */
  timeout(request: Request, seconds: number): void;
}

/** Options for `Bun.serve`. */
export interface BunServeOptions {
  /** Off, because Bun's error page shows source code, and is sent unless `NODE_ENV` is `production`. */
  readonly development: false;
  /** Off. When `development` is off, Bun turns this on by default, and two servers could listen on one port. */
  readonly reusePort: false;
  /** The metadata, which Bun serves without calling JavaScript. */
  readonly routes: Readonly<
    Record<string, { readonly GET: Response; readonly OPTIONS: Response }>
  >;
  /** Handles every other request. */
  readonly fetch: (request: Request, server?: BunServer) => Promise<Response>;
}

/**
 * Options for `Bun.serve` that call a handler, and serve the metadata of its resource or resources from memory. An event
 * stream may be idle for longer than Bun's 10 seconds. A request whose `Host` is not part of a valid URL gets a 400.
 *
 * @example An MCP server on Bun
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { serveOptions } from "@gatehouse/mcp-auth/bun";
 *
 * const metadata = {
 *   resource: "https://notes.example.com/mcp",
 *   authorization_servers: ["https://auth.example.com"],
 * };
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   { metadata },
 * );
 *
 * Bun.serve({ port: 8787, ...serveOptions(mcp, metadata) });
 * ```
 *
 * @throws {TypeError} If the metadata breaks a rule of RFC 9728 or MCP.
 */
export function serveOptions(
  handler: Handler,
  metadata: ProtectedResourceMetadata | readonly ProtectedResourceMetadata[],
): BunServeOptions {
  aFunction(handler, "handler");
  return {
    development: false,
    reusePort: false,
    routes: metadataRoutes([metadata].flat()),
    async fetch(request, server): Promise<Response> {
      // Without a Host, or with an invalid one, Bun passes on a bare path or an invalid URL. A long path is fine.
      if (parseUrl(request.url.slice(0, MAX_URL_LENGTH)) === undefined) {
        return new Response(null, { status: 400 });
      }
      const response = checkResponse(
        await handler(request, server),
        "the handler",
      );
      if (isEventStream(response)) server?.timeout(request, 0);
      return response;
    },
  };
}

function metadataRoutes(
  resources: readonly ProtectedResourceMetadata[],
): BunServeOptions["routes"] {
  const documents = publicDocuments(resources.map((metadata) => ({
    metadata,
    mirror: null,
    paths: [pathOf(metadata.resource)],
  })));
  const routes = resources.flatMap((metadata) => {
    const answer = (method: "GET" | "OPTIONS"): Response =>
      handleOAuthProtectedResourceRequest(
        new Request("http://localhost", { method }),
        metadata,
      );
    return [...documents]
      .filter(([, { of }]) => of === metadata.resource)
      .map(([path]) => path)
      .filter((path) => !/[:*]/.test(path)) // Bun's router would read these as patterns
      .map((path) =>
        [path, {
          GET: answer("GET"), // and HEAD
          OPTIONS: answer("OPTIONS"),
        }] as const
      );
  });
  return Object.fromEntries(routes);
}
