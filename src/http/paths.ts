/**
 * Whether a request's path belongs to the resource. A router behind the guard may read a path differently than the
 * guard does: only the canonical spelling reaches the resource, and any other spelling that a router could read as the
 * resource's is answered with 404.
 *
 * @module
 */

import { decodeEscapes } from "./escapes.ts";

/**
 * `resource`: at or below the resource's path. `lookalike`: some router could read it so, but it is not the canonical
 * spelling. `elsewhere`: neither.
 */
export type Place = "resource" | "lookalike" | "elsewhere";

/**
 * Escapes of characters that need none (RFC 3986 §2.3), and of slashes: whether these divide segments is for each
 * router to decide.
 */
const NEEDLESS_ESCAPE = /%(?:2[def]|3\d|[46][1-9a-f]|5[\dacf]|7[\dae])/i;
/** Empty segments except the last one, and dot segments, with or without parameters (`..;x`). */
const ODD_SEGMENT = /\/(?:\/|\.\.?(?:[;/]|$))/;

/**
 * Returns a function that tells a path's place relative to a resource. Both are as the request's URL spells them. A path
 * at or below the resource's belongs to it only in its canonical spelling.
 */
export function placeOf(resourcePath: string): (path: string) => Place {
  const base = resourcePath.replace(/\/$/, "");
  const twin = twinOf(resourcePath);
  const segments = partsOf(base).map(segmentOf).filter(Boolean);
  return (path) => {
    if (base !== "" && path === twin) return "lookalike";
    if (path === resourcePath || path.startsWith(`${base}/`)) {
      // The configured path may be spelled in any way.
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
 * The path with its final slash removed, or with one added. It is another identifier: to a client that compares it with
 * the metadata's, the two do not match
 * ({@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 | RFC 9728 §3.3}).
 */
export function twinOf(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
}

/** The parts between the slashes as the most lenient router reads them: decoded repeatedly, and in lower case. */
function partsOf(path: string): string[] {
  return decodeEscapes(path).toLowerCase().split(/[/\\]+/);
}

/** A part without its parameters; empty for an empty part and for a dot. */
function segmentOf(part: string): string {
  const segment = part.replace(/[;?#][^]*$/, "").trim();
  return segment === "." ? "" : segment;
}

/**
 * Whether some router may read the parts as a path at or below the one with these segments. A router that resolves dot
 * segments drops others with them, and one that removes parameters before it decodes reads `/a;%2fx/b` as `/a/b`. So if
 * there are dots, or behind a parameter, any part may be missing.
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
