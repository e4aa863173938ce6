/**
 * Which URL of the upstream a request is for.
 *
 * @module
 */

import { parseUrl, pathOf } from "../runtime/identifiers.ts";

/** What a URL has behind its authority. A runtime may hand on a path as the client wrote it. */
const TARGET = /^\w+:\/\/[^/?#]*([^?#]*)(\?[^#]*)?/;

/**
 * Checks the URL of an upstream, and parses it.
 *
 * @throws {TypeError} If it is not an http or https URL, or has credentials, a query or a fragment.
 */
export function checkUpstream(upstream: string, name = "upstream"): URL {
  const url = parseUrl(upstream);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `Cannot use ${name} ${
        JSON.stringify(upstream)
      }: write an absolute URL, such as http://localhost:3000/mcp`,
    );
  }
  if (url.username + url.password !== "" || /[?#]/.test(upstream)) {
    // Not repeated: it may hold a secret.
    throw new TypeError(
      `Cannot use ${name}: remove the credentials, the query or the fragment of the URL`,
    );
  }
  return url;
}

/**
 * Maps the URL of a request for the resource, mounted at `path`, to the upstream's: what follows the path follows the
 * upstream's own. `undefined` for a request that would lead out of it, which the guard refuses before.
 */
export function upstreamUrls(
  upstream: URL,
): (requestUrl: string, path: string) => string | undefined {
  const base = upstream.pathname.replace(/\/$/, "");
  return (requestUrl, path) => {
    const [, target = "/", query = ""] = TARGET.exec(requestUrl) ?? [];
    const mount = path.replace(/\/$/, "");
    if (target === mount || mount === "" && target === "/") {
      return `${upstream.href}${query}`;
    }
    if (!target.startsWith(`${mount}/`)) return undefined;
    const below = target.slice(mount.length);
    const url = parseUrl(`${upstream.origin}${base}${below}`);
    return url?.pathname.startsWith(`${base}/`)
      ? `${url.href}${query}`
      : undefined;
  };
}

/** Where the resource is mounted unless the options say otherwise. */
export function mountOf(resource: URL | undefined): string {
  return pathOf(`${resource ?? "http://localhost/"}`);
}
