/**
 * The URLs at which clients look for metadata.
 *
 * @module
 */

import type {
  ResourceMetadataPlace,
  ServerMetadataPlace,
} from "../clients/client.ts";

/** The URL at which a client looks for the metadata of a resource. */
export function resourceMetadataUrl(
  place: Exclude<ResourceMetadataPlace, "header">,
  resource: string,
): string {
  const { origin, path } = partsOf(resource);
  const name = "/.well-known/oauth-protected-resource";
  switch (place) {
    case "path":
      return `${origin}${name}${path}`;
    case "root":
      return `${origin}${name}`;
    case "appended":
      return `${origin}${path}${name}`;
  }
}

/** The URL at which a client looks for the metadata of an authorization server. */
export function serverMetadataUrl(
  place: ServerMetadataPlace,
  server: string,
  endpoint: string,
): string {
  const { origin, path } = partsOf(server);
  const oauth = "/.well-known/oauth-authorization-server";
  const openid = "/.well-known/openid-configuration";
  switch (place) {
    case "oauth inserted":
      return `${origin}${oauth}${path}`;
    case "oauth at the root":
      return `${origin}${oauth}`;
    case "oauth with the endpoint's path":
      return `${origin}${oauth}${partsOf(endpoint).path}`;
    case "oauth at the endpoint's root":
      return `${partsOf(endpoint).origin}${oauth}`;
    case "openid inserted":
      return `${origin}${openid}${path}`;
    case "openid appended":
      return `${origin}${path}${openid}`;
  }
}

/** Whether `url` has the origin of `other`, and a path at or below the path of `other`. */
export function isWithin(url: URL, other: URL): boolean {
  const path = (pathname: string): string => pathname.replace(/\/?$/, "/");
  return url.origin === other.origin &&
    path(url.pathname).startsWith(path(other.pathname)) &&
    url.pathname.length >= other.pathname.length;
}

function partsOf(
  url: string,
): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/$/, "") };
}
