/**
 * Whose a request's path is. A router behind may read a path in ways that are not ours, so every spelling that
 * could mean the resource is either the resource, and guarded, or refused.
 *
 * @module
 */

/** What a path is to the resource: the resource or below it, another spelling of that, or none of its business. */
export type Place = "resource" | "lookalike" | "elsewhere";

const PERCENT = 0x25;

/** A judge of paths, as `URL.pathname` gives them. */
export function placeOf(resourcePath: string): (path: string) => Place {
  const base = resourcePath.replace(/\/$/, "");
  const twin = twinOf(resourcePath);
  const loose = partsOf(base).map(segmentOf).filter(Boolean);
  if (base === "") {
    return (path) =>
      path.startsWith("/.well-known/") && !climbs(partsOf(path))
        ? "elsewhere"
        : "resource";
  }
  return (path) => {
    if (path === twin) return "lookalike";
    if (path === resourcePath || path.startsWith(`${base}/`)) return "resource";
    const parts = partsOf(path);
    return climbs(parts) || mayBegin(parts, loose) ? "lookalike" : "elsewhere";
  };
}

/**
 * A path with a slash more at its end, or without the one that it has. That is another identifier: to a client that
 * compares it with the metadata's, the two do not match
 * ({@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 | RFC 9728 §3.3}).
 */
export function twinOf(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
}

/** Whether some router may read a path as one that leads up, out of where it begins. */
export function mayLeadUp(path: string): boolean {
  return climbs(partsOf(path));
}

/** What is between the slashes as the most lenient router would read a path: decoded to the end, and without case. */
function partsOf(path: string): string[] {
  return decode(path).toLowerCase().split(/[/\\]+/);
}

/** What a part says without its parameters. Empty where it says nothing. */
function segmentOf(part: string): string {
  const segment = part.replace(/[;?#][^]*$/, "").trim();
  return segment === "." ? "" : segment;
}

/** URL resolved the plain dot segments, so one that is left is disguised, and may lead anywhere. */
function climbs(parts: readonly string[]): boolean {
  return parts.some((part) => segmentOf(part) === "..");
}

/**
 * Whether some reading of the parts begins with the segments. A router that takes parameters away before it decodes
 * reads `/a;%2fx/b` as `/a/b`, so what is behind a parameter may be gone up to any slash.
 */
function mayBegin(
  parts: readonly string[],
  segments: readonly string[],
): boolean {
  // How many segments may have been read before a part, and which of these counts hold before any later one too.
  let counts = new Set([0]);
  const lasting = new Set<number>();
  for (const part of parts) {
    const segment = segmentOf(part);
    const next = new Set(lasting);
    for (const count of counts) {
      if (segment === "") next.add(count);
      else if (segment === segments[count]) next.add(count + 1);
    }
    if (next.has(segments.length)) return true;
    if (/[;?#]/.test(part)) next.forEach((count) => lasting.add(count));
    counts = next;
  }
  return false;
}

/** Decodes to the end in one pass. A pass for each level would take quadratic time over `%25252525…`. */
function decode(path: string): string {
  const bytes: number[] = [];
  for (const byte of new TextEncoder().encode(path)) {
    bytes.push(byte);
    while (bytes.at(-3) === PERCENT) {
      const hex = String.fromCharCode(...bytes.slice(-2));
      if (!/^[0-9a-f]{2}$/i.test(hex)) break;
      bytes.splice(-3, 3, parseInt(hex, 16));
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
