/**
 * An origin, and whose of its resources a request is for.
 *
 * @module
 */

import {
  type DocumentOptions,
  notFound,
  publicDocuments,
} from "./documents.ts";
import { mayLeadUp, type Place } from "./paths.ts";
import { rememberLast } from "./memory.ts";
import type { Handler, RequestPlatform } from "./types.ts";

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
  const handlerOf = rememberLast((url): Handler => {
    const path = new URL(url).pathname;
    const document = documents.get(path);
    if (document !== undefined) return document.answer;
    const places = longestFirst.map(({ place }) => place(path));
    const isMany = resources.length > 1;
    if (places.includes("lookalike") || isMany && mayLeadUp(path)) {
      return notFound;
    }
    return longestFirst[places.indexOf("resource")]?.answer ?? otherwise;
  });
  return (
    request: Request,
    second?: RequestPlatform,
    third?: RequestPlatform,
  ): Response | Promise<Response> =>
    // As a Worker's own `fetch` it is given the environment second, and the context third.
    handlerOf(request.url)(request, third ?? second);
}
