/**
 * Which paths a middleware guards: this depends on where it is mounted.
 *
 * @module
 */

import { notFound } from "../../discovery/well_known.ts";
import { placeOf, remaindersOf, twinOf } from "../../http/paths.ts";
import type { ProtectedResourceOptions } from "../../options.ts";
import { pathInUrl, type Resource, routesOf } from "../../router.ts";
import { pathOf } from "../../runtime/identifiers.ts";
import type { Handler } from "../../types.ts";
import type { ExpressRequest } from "./http.ts";

/** The request target, and the paths in it and in what the client sent. */
export interface Target {
  /** The request target that later handlers are chosen by. */
  readonly target: string;
  /** Its path; `undefined` if parsers could disagree about it. */
  readonly path: string | undefined;
  /** The path that the client sent, if the target was rewritten before. */
  readonly sentPath?: string | undefined;
}

/** Chooses what answers a request: `undefined` if its target cannot be read. */
export type MountedRoutes = (
  req: ExpressRequest,
  target: Target,
  middleware: unknown,
) => Handler | undefined;

/** The paths at which a resource may be: the configured one or, since a proxy may strip a prefix, what follows each. */
export function mountPaths(
  { metadata, path }: Pick<ProtectedResourceOptions, "metadata" | "path">,
): readonly string[] {
  return path === undefined ? remaindersOf(pathOf(metadata.resource)) : [path];
}

/**
 * The routes of a middleware, by the place where it is mounted. On a whole app, or above the resource's paths, it guards
 * these. Elsewhere it guards all that reaches it. `path` is the configured path, and `rest` stands for the handlers behind
 * the middleware.
 */
export function mountedRoutes(
  resource: Resource,
  mounts: readonly string[],
  path: string | undefined,
  rest: Handler,
): MountedRoutes {
  const paths = mounts.filter((each) => each.replace(/\/$/, "") !== "");
  const places = paths.map(placeOf);
  const anywhere = placeOf("");
  const twins = new Set(paths.map(twinOf));
  const documents = path === undefined
    ? { ...resource.documents, paths: mounts }
    : resource.documents;
  const routes = (place: Resource["place"]): (path: string) => Handler =>
    routesOf([{ ...resource, documents, place }], rest);

  const onApp = routes((path) => {
    const found = places.map((place) => place(path));
    return found.includes("lookalike")
      ? "lookalike"
      : found.includes("resource")
      ? "resource"
      : "elsewhere";
  });
  const onMount = routes((path) =>
    twins.has(path) ? "lookalike" : anywhere(path)
  );

  return (req, { target, path: given, sentPath }, middleware) => {
    const { baseUrl = "", route } = req;
    const isOnRoute = isHandlerOf(route, middleware);
    const isMounted = isOnRoute ||
      // A route that matched before, or one whose handler calls the middleware.
      path === undefined && route !== undefined ||
      !paths.some((each) => each.startsWith(`${baseUrl}/`)) ||
      sentPath !== undefined && onApp(sentPath) !== rest;
    if (given === undefined) {
      return target === "*" && !isMounted ? rest : undefined;
    }
    const handler = (isMounted ? onMount : onApp)(given);
    return handler === rest && isOnRoute ? notFound : handler;
  };
}

/** Whether a function is one of the handlers of an Express route. */
function isHandlerOf(route: unknown, handler: unknown): boolean {
  const { stack } = Object(route);
  return Array.isArray(stack) &&
    stack.some((layer) => layer.handle === handler);
}

/**
 * The target of a request. Inside a mount, Express has moved a part of it from `url` to `baseUrl`, and if nothing was left,
 * added a slash.
 */
export function targetOf(req: ExpressRequest): Target {
  const { url = "/", baseUrl = "", originalUrl = url } = req;
  const candidates = url.startsWith("/")
    ? [baseUrl + url.replace(/^\/(?=[?#]|$)/, ""), baseUrl + url]
    : [baseUrl === "" ? url : originalUrl];
  if (candidates.includes(originalUrl)) {
    return { target: originalUrl, path: pathIn(originalUrl) };
  }
  const target = candidates[0] || "/";
  return { target, path: pathIn(target), sentPath: pathIn(originalUrl) ?? "" };
}

/** The path as it is written. A `Request` would resolve its dot segments, and Express does not. */
function pathIn(target: string): string | undefined {
  return target.startsWith("/")
    ? target.replace(/[?#][^]*$/, "")
    : pathInUrl(target);
}
