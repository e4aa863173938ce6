/**
 * Whose a request's path is. A router behind may read a path in ways that are not ours, so every spelling that
 * could mean the resource is either the resource, and guarded, or refused.
 *
 * @module
 */

/** What a path is to the resource: the resource or below it, another spelling of that, or none of its business. */
export type Place = "resource" | "lookalike" | "elsewhere";

/** A judge of paths, as `URL.pathname` gives them. */
export function placeOf(resourcePath: string): (path: string) => Place {
  const base = resourcePath.replace(/\/$/, "");
  const loose = segmentsOf(base);
  if (base === "") {
    return (path) =>
      path.startsWith("/.well-known/") && !segmentsOf(path).includes("..")
        ? "elsewhere"
        : "resource";
  }
  return (path) => {
    if (path === base || path.startsWith(`${base}/`)) return "resource";
    const segments = segmentsOf(path);
    // URL resolved the plain dot segments, so one that is left is disguised, and may lead anywhere.
    return segments.includes("..") ||
        loose.every((segment, i) => segment === segments[i])
      ? "lookalike"
      : "elsewhere";
  };
}

/** How the most lenient router would read a path: decoded to the end, without case, parameters and empty segments. */
function segmentsOf(path: string): string[] {
  return decode(path).toLowerCase().split(/[/\\]+/)
    .map((part) => part.replace(/[;?#][^]*$/, "").trim())
    .filter((segment) => segment !== "" && segment !== ".");
}

/** Decodes to the end in one pass. A pass for each level would take quadratic time over `%25252525…`. */
function decode(path: string): string {
  const chars: string[] = [];
  for (const char of path) {
    chars.push(char);
    while (chars.at(-3) === "%") {
      const hex = chars.slice(-2).join("");
      if (!/^[0-9a-f]{2}$/i.test(hex)) break;
      chars.splice(-3, 3, String.fromCharCode(parseInt(hex, 16)));
    }
  }
  return chars.join("");
}
