/**
 * Routes each request of an origin to a public document, a resource or `otherwise`, by its path.
 *
 * @module
 */

import { checkResponse } from "./http/handler_response.ts";
import {
  type DocumentOptions,
  NO_DOCUMENT,
  notFound,
  notFoundBeside,
  publicDocuments,
} from "./discovery/well_known.ts";
import type { Place } from "./http/paths.ts";
import { memoizeLast } from "./runtime/memoize.ts";
import type { Handler, RequestContext } from "./types.ts";

/** A resource of an origin. */
export interface Resource {
  /** Its public documents. */
  readonly documents: DocumentOptions;
  /** The path at which it is mounted. */
  readonly path: string;
  /** Whether a path belongs to it. */
  readonly place: (path: string) => Place;
  /** Answers a request to one of its paths. */
  readonly answer: Handler;
}

/**
 * The path as the client wrote it. Deno and workerd pass on `/mcp/../x`, or `h?` for a Host, unchanged, and not every
 * router reads these as `URL` does.
 */
const PATH = /^\w+:..[^/\\?#@]+(\/[^?#]*)/;

/** The path in an absolute URL, as it is written there; `undefined` if there is none, or some parser could read another. */
export function pathInUrl(url: string): string | undefined {
  return PATH.exec(url)?.[1];
}

/**
 * A handler that routes a request to the resource with the longest path that the request's path is at or below, and to
 * `otherwise` if there is none.
 */
export function handleOrigin(
  resources: readonly Resource[],
  otherwise: Handler = notFoundBeside(resources),
): Handler {
  const routes = routesOf(
    resources,
    async (request, context) =>
      checkResponse(await otherwise(request, context), "otherwise"),
  );
  const handlerOf = memoizeLast((url): Handler => {
    const path = pathInUrl(url);
    return path === undefined ? withoutPath : routes(path);
  });
  return (
    request: Request,
    second?: RequestContext,
    third?: RequestContext,
  ): Response | Promise<Response> =>
    // As the `fetch` of a Worker, it receives the environment second and the context third.
    handlerOf(request?.url)(request, third ?? second);
}

/** Whoever passes Node's own request, or a router's context, would wait for ever: nothing there reads a Response. */
function withoutPath(request: Request): Response {
  if (!Object(request).headers?.get) {
    throw new TypeError(
      "Cannot answer what is not a Request: use an adapter, such as toNodeListener() of /node",
    );
  }
  return notFound(request);
}

/**
 * The handlers of an origin by path, as {@linkcode handleOrigin} chooses them. A path that a router could read as another
 * path of a resource is 404, so that it does not reach one resource with the token of another.
 */
export function routesOf(
  resources: readonly Resource[],
  rest: Handler,
): (path: string) => Handler {
  const documents = publicDocuments(
    resources.map((resource) => resource.documents),
  );
  const missing = notFoundBeside(resources);
  const longestFirst = [...resources]
    .sort((a, b) => b.path.length - a.path.length);
  return (path) => {
    const document = documents.get(path);
    if (document && document !== NO_DOCUMENT) return document.answer;
    const places = longestFirst.map(({ place }) => place(path));
    if (places.includes("lookalike")) return missing;
    const answer = longestFirst[places.indexOf("resource")]?.answer ?? rest;
    return !document ? answer : (request, context) =>
      // Whether pages may use a path is up to the handler behind it.
      (request.method === "OPTIONS" ? answer : notFound)(request, context);
  };
}
