/**
 * Whether a request's path belongs to the resource. A router behind the guard may normalize a path differently than the
 * guard does. So only canonical paths reach the resource. Any other path that some router could normalize to a path of
 * the resource gets a 404.
 *
 * @module
 */

import { decodeEscapes } from "./escapes.ts";

/**
 * `resource`: canonical, and at or below the resource's path. `lookalike`: any other path that some router could
 * normalize to such a path. `elsewhere`: the rest.
 */
export type Place = "resource" | "lookalike" | "elsewhere";

/**
 * Escapes of characters that need none (RFC 3986 §2.3), and of slashes, because routers disagree on whether an escaped
 * slash separates segments.
 */
const NEEDLESS_ESCAPE = /%(?:2[def]|3\d|[46][1-9a-f]|5[\dacf]|7[\dae])/i;
/** Empty segments, except at the end, and dot segments, with or without parameters (`..;x`). */
const ODD_SEGMENT = /\/(?:\/|\.\.?(?:[;/]|$))/;

/**
 * Returns a function that classifies a request's path by the path of a resource. Pass both paths as the request's URL
 * contains them, not decoded.
 */
export function placeOf(resourcePath: string): (path: string) => Place {
  const base = resourcePath.replace(/\/$/, "");
  const twin = twinOf(resourcePath);
  const segments = partsOf(base).map(segmentOf).filter(Boolean);
  return (path) => {
    if (base !== "" && path === twin) return "lookalike";
    if (path === resourcePath || path.startsWith(`${base}/`)) {
      // Only the rest: the operator may configure a path that is not canonical.
      if (!isCanonical(path.slice(base.length))) return "lookalike";
      return base === "" && path.startsWith("/.well-known/")
        ? "elsewhere"
        : "resource";
    }
    return mayBegin(partsOf(path), segments) ? "lookalike" : "elsewhere";
  };
}

function isCanonical(path: string): boolean {
  return !path.includes("\\") && !ODD_SEGMENT.test(path) &&
    !NEEDLESS_ESCAPE.test(path);
}

/**
 * The path with its final slash removed, or with one added. This is the path of another identifier: clients compare the
 * identifier in the metadata with the one they used, slash included
 * ({@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 | RFC 9728 §3.3}).
 */
export function twinOf(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
}

/** The paths that a proxy may pass on: the whole path, and what follows each prefix of it. The last is empty. */
export function remaindersOf(path: string): string[] {
  const slashes = [...path.matchAll(/\/(?=.)/g)];
  return [...slashes.map(({ index }) => path.slice(index)), ""];
}

/** Splits a path as the most lenient router does: decoded repeatedly, in lower case, backslashes as slashes. */
function partsOf(path: string): string[] {
  return decodeEscapes(path).toLowerCase().split(/[/\\]+/);
}

/** A part without its parameters. Empty for a part that routers may skip: an empty one or a dot. */
function segmentOf(part: string): string {
  const segment = part.replace(/[;?#][^]*$/, "").trim();
  return segment === "." ? "" : segment;
}

/**
 * Whether some router may read the parts as a path that begins with these segments. A router that resolves `..` drops
 * the part before it, so in a path with `..` any part may be dropped. A router that removes parameters before it
 * decodes reads `/a;%2fx/b` as `/a/b`, so any part after a parameter may be dropped.
 */
function mayBegin(
  parts: readonly string[],
  segments: readonly string[],
): boolean {
  let mayDrop = parts.some((part) => segmentOf(part) === "..");
  let found = 0;
  for (const part of parts) {
    const segment = segmentOf(part);
    if (segment === segments[found]) found++;
    else if (segment !== "" && !mayDrop) return false;
    if (found === segments.length) return true;
    mayDrop ||= /[;?#]/.test(part);
  }
  return false;
}
