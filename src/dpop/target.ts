/**
 * The public URL of a request, which `htu` has to be. It is composed of the configured resource and the request's path:
 * a client chooses `Host` and `X-Forwarded-*`, and behind a proxy the request's own URL is another one.
 *
 * @module
 */

import { pathInUrl } from "../router.ts";
import { parseUrl, pathOf } from "../runtime/identifiers.ts";

/** The characters that need no escape (RFC 3986 §2.3). */
const UNRESERVED = /[\w.~-]/;

/**
 * A URL without query and fragment, in one spelling: scheme and host in lower case, no default port, no needless escapes
 * ({@link https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2 | RFC 3986 §6.2.2 and §6.2.3}). `undefined` for what is not
 * a URL of http or https, or has credentials.
 */
export function normalizeUrl(value: unknown): string | undefined {
  // `URL` would also read white space, backslashes and characters outside ASCII.
  if (typeof value !== "string" || !/^https?:[!-[\]-~]+$/i.test(value)) {
    return undefined;
  }
  const url = parseUrl(value);
  if (url === undefined || url.username + url.password !== "") return undefined;
  const { protocol, host, pathname } = url;
  return `${protocol}//${host}${pathname}`.replace(
    /%[\da-f]{2}/gi,
    (escape) => {
      const character = String.fromCharCode(parseInt(escape.slice(1), 16));
      return UNRESERVED.test(character) ? character : escape.toUpperCase();
    },
  );
}

/**
 * Returns a function from a request's URL to its public URL, as {@linkcode normalizeUrl} writes it. `mounts` are the paths
 * at which the resource may be mounted: a request's path is read as that of the longest mount that it is at or below.
 */
export function publicUrls(
  resource: string,
  mounts: readonly string[],
): (url: string) => string | undefined {
  const base = new URL(resource).origin + bare(pathOf(resource));
  const longestFirst = mounts.map(bare).sort((a, b) => b.length - a.length);
  return (url) => {
    const path = pathInUrl(url) ?? "";
    const mount = longestFirst.find((mount) =>
      path === mount || path.startsWith(`${mount}/`)
    );
    return mount === undefined
      ? undefined
      : normalizeUrl(base + path.slice(mount.length));
  };
}

function bare(path: string): string {
  return path.replace(/\/$/, "");
}
