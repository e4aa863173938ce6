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
  const loose = loosen(base);
  return (path) => {
    if (base === "") {
      return path.startsWith("/.well-known/") ? "elsewhere" : "resource";
    }
    if (path === base || path.startsWith(`${base}/`)) return "resource";
    const read = loosen(path);
    return read === loose || read.startsWith(`${loose}/`)
      ? "lookalike"
      : "elsewhere";
  };
}

/** How the most lenient router would read a path: decoded to the end, without case and without empty segments. */
function loosen(path: string): string {
  let decoded = path;
  for (let before = ""; before !== decoded;) {
    before = decoded;
    decoded = decoded.replace(
      /%([0-9a-f]{2})/gi,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    );
  }
  const segments: string[] = [];
  for (const part of decoded.toLowerCase().split(/[/\\]+/)) {
    const segment = part.replace(/;.*$/, "").trim();
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}
