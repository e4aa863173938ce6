/**
 * An origin, and whose of its resources a request is for.
 *
 * @module
 */

import { checkResponse } from "./http/handler_response.ts";
import {
  type DocumentOptions,
  NO_DOCUMENT,
  notFound,
  publicDocuments,
} from "./discovery/well_known.ts";
import type { Place } from "./http/paths.ts";
import { memoizeLast } from "./runtime/memoize.ts";
import type { Handler, RequestContext } from "./types.ts";

/** A resource of an origin. */
export interface Resource {
  /** What is public of it. */
  readonly documents: DocumentOptions;
  /** Where it is mounted. */
  readonly path: string;
  /** What a path is to it. */
  readonly place: (path: string) => Place;
  /** Answers a request on one of its paths. */
  readonly answer: Handler;
}

/**
 * The path as it was written. Deno and workerd hand on what a client wrote: `/mcp/../x`, or `h?` for a Host, and routers
 * read these in ways of their own, not always as `URL` does.
 */
const PATH = /^\w+:..[^/\\?#@]+(\/[^?#]*)/;

/**
 * A handler that leaves each request to the resource whose path it has, the longest where there are several, and what is
 * no resource's to `otherwise`. What could be read as another path of one of them is refused: it must not come to one
 * resource with the token of another.
 */
export function handleOrigin(
  resources: readonly Resource[],
  otherwise: Handler = notFound,
): Handler {
  const documents = publicDocuments(
    resources.map((resource) => resource.documents),
  );
  const longestFirst = [...resources]
    .sort((a, b) => b.path.length - a.path.length);
  const rest: Handler = async (request, context) =>
    checkResponse(await otherwise(request, context), "otherwise");
  const handlerOf = memoizeLast((url): Handler => {
    const path = PATH.exec(url)?.[1];
    if (path === undefined) return notFound;
    const document = documents.get(path);
    if (document !== undefined && document !== NO_DOCUMENT) {
      return document.answer;
    }
    const places = longestFirst.map(({ place }) => place(path));
    if (places.includes("lookalike")) return notFound;
    const answer = longestFirst[places.indexOf("resource")]?.answer ?? rest;
    return document === undefined ? answer : (request, context) =>
      // Whether pages may use a path is for whoever answers there.
      (request.method === "OPTIONS" ? answer : notFound)(request, context);
  });
  return (
    request: Request,
    second?: RequestContext,
    third?: RequestContext,
  ): Response | Promise<Response> =>
    // As a Worker's own `fetch` it is given the environment second, and the context third.
    handlerOf(request.url)(request, third ?? second);
}
