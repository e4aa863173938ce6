/**
 * How servers read the URI of a resource. The string that a server dispatches on is not always the one that its handler
 * uses: the handler may decode escapes, ignore a fragment, or turn the URI into a file path. A policy that checked only
 * one of these strings could be bypassed with another.
 *
 * @module
 */

import { decodeEscapes } from "../http/escapes.ts";
import { parseUrl } from "../runtime/identifiers.ts";

/** All strings that a server may read one URI as. */
export interface ResourceUri {
  /** The strings that a server may dispatch on: the URI as sent and, if it differs, as `URL` serializes it. */
  readonly forms: readonly string[];
  /** The form that both MCP SDKs match: the serialized one, or the URI as sent if `URL` cannot parse it. */
  readonly matched: string;
  /** What a handler may make of the forms: each with and without query and fragment, then {@linkcode resolved}. */
  readonly readings: readonly string[];
  /** Whether handlers may disagree on what a form means; see {@linkcode isAmbiguous}. */
  readonly isAmbiguous: boolean;
}

/** Computes how servers may read a URI. */
export function resourceUri(uri: string): ResourceUri {
  const matched = serialized(uri);
  const forms = matched === uri ? [uri] : [uri, matched];
  return {
    forms,
    matched,
    readings: forms.length === 1 && PLAIN.test(uri)
      ? forms
      : [...new Set(forms.flatMap(readingsOf))],
    isAmbiguous: forms.some(isAmbiguous),
  };
}

/** A URI as `URL` serializes it, or unchanged if `URL` cannot parse it. */
export function serialized(uri: string): string {
  return parseUrl(uri)?.href ?? uri;
}

/** Matches common hierarchical URIs that {@linkcode resolved} would return unchanged, to save that work. */
const PLAIN = /^[a-z][\w+.-]*:\/\/[^/?#%\\]*(?:\/[^./?#%\\][^/?#%\\]*)*\/?$/i;

/** A pattern for characters and their escapes. An escape may itself be escaped, any number of times (`%25252f`). */
function spelled(characters: string, escapes: string): string {
  return `[${characters}]|%(?:25)*(?:${escapes})`;
}

/**
 * The characters that can delimit a dot segment. Those of queries and fragments count too, because a handler may use
 * these parts as a path.
 */
const DELIMITER = spelled("/\\\\?#&=;:", "2f|5c|3f|23|26|3d|3b|3a");
const AMBIGUOUS = new RegExp(
  [
    `(?:^|${DELIMITER})\\.{1,2}(?:${DELIMITER}|$)`,
    // Backslashes, and control characters of ASCII and of Latin-1.
    spelled("\\\\\\0-\\x1f\\x7f-\\x9f", "5c|[01][\\da-f]|7f"),
    "%(?:25)*c2%(?:25)*[89][\\da-f]",
    // Unreserved characters, which never need an escape (RFC 3986 §2.3).
    "%(?:25)*(?:2[de]|3\\d|4[1-9a-f]|5[\\daf]|6[1-9a-f]|7[\\dae])",
  ].join("|"),
  "i",
);

/** Whether a URI has dot segments, backslashes, control characters or escaped unreserved characters, in any part. */
export function isAmbiguous(uri: string): boolean {
  return AMBIGUOUS.test(uri);
}

/** How a handler may read a URI: with or without its fragment and its query. */
function readingsOf(uri: string): string[] {
  const [withoutFragment = ""] = uri.split("#", 1);
  const [withoutQuery = ""] = withoutFragment.split("?", 1);
  const cuts = new Set([uri, withoutFragment, withoutQuery]);
  return [...cuts].map(resolved);
}

/** A URI as the most lenient handler reads it: decoded, and without backslashes, dot segments or repeated slashes. */
export function resolved(uri: string): string {
  if (PLAIN.test(uri)) return uri;
  const text = decodeEscapes(uri).replaceAll("\\", "/");
  const [root = ""] = /^[^/?#]*:(?:\/\/[^/?#]*)?/.exec(text) ?? [];
  const segments: string[] = [];
  const parts = text.slice(root.length).split("/");
  const last = parts.at(-1);
  for (const part of parts) {
    if (part === "..") segments.pop();
    else if (part !== "." && part !== "") segments.push(part);
  }
  if (last === "" || last === "." || last === "..") segments.push("");
  const isRooted = text.startsWith("/", root.length);
  return `${root}${isRooted ? "/" : ""}${segments.join("/")}`;
}
