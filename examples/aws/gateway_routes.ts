/**
 * What both kinds of API make of a request before anything else: which route it takes, and whether its headers are too
 * many.
 *
 * @module
 */

import type { Route } from "./api.ts";

/** Total size of request line and header values, of HTTP APIs and REST APIs
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html | quotas}). */
export const MAX_HEADER_BYTES = 10_240;

/** The most specific route: a path and its method, a path, a greedy path from the longest on, `$default`. */
export function findRoute(
  routes: readonly Route[],
  { method, url }: Request,
): Route | undefined {
  const { pathname } = new URL(url);
  const found = routes.flatMap((route) => {
    const [verb = "", path] = route.key.split(" ");
    if (path === undefined) return [{ route, rank: -1 }];
    if (verb !== "ANY" && verb !== method) return [];
    const greedy = /^(.*\/)\{\w+\+\}$/.exec(path)?.[1];
    // Users report that a greedy variable may be empty, and AWS takes no route with a slash at its end.
    const matches = greedy === undefined
      ? pathname === path
      : pathname.startsWith(greedy);
    const exact = greedy === undefined ? 10_000 : 0;
    const rank = exact + path.length + (verb === "ANY" ? 0 : 0.5);
    return matches ? [{ route, rank }] : [];
  });
  return found.sort((a, b) => b.rank - a.rank)[0]?.route;
}

/** The size of request line and header values. */
export function headerBytes(request: Request): number {
  const { pathname, search } = new URL(request.url);
  const line = `${request.method} ${pathname}${search} HTTP/1.1`;
  return [...request.headers].reduce(
    (sum, [, value]) => sum + value.length,
    line.length,
  );
}
