/**
 * How servers read the URI of a resource. A server dispatches on one string, but its handler may read that string as
 * another one: it may decode escapes, ignore a fragment, or turn it into a file path. A policy that checked only one of
 * these strings could be bypassed with another.
 *
 * @module
 */

import { decodeEscapes } from "../http/escapes.ts";
import { parseUrl } from "../runtime/identifiers.ts";

/** Every reading of one URI. */
export interface ResourceUri {
  /** The strings that a server may dispatch on: the URI as sent and, if it differs, as `URL` serializes it. */
  readonly forms: readonly string[];
  /** The form that both MCP SDKs match: the serialized one, or the URI as sent if `URL` cannot parse it. */
  readonly matched: string;
  /** The strings that a handler may read the forms as. Each is {@linkcode resolved}. */
  readonly readings: readonly string[];
  /** Whether handlers disagree on what a form means. */
  readonly isAmbiguous: boolean;
}

/** Reads a URI in every way in which a server may read it. */
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

/** A hierarchical URI without anything that {@linkcode resolved} changes. */
const PLAIN = /^[a-z][\w+.-]*:\/\/[^/?#%\\]*(?:\/[^./?#%\\][^/?#%\\]*)*\/?$/i;

/** A character of a URI, or its escape, which may have been escaped again. */
function spelled(characters: string, escapes: string): string {
  return `[${characters}]|%(?:25)*(?:${escapes})`;
}

/**
 * The characters that separate a dot segment from others, even if a handler turns a query or a fragment into a path.
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

/** A URI as the most lenient handler reads it: without escapes, backslashes, dot segments or repeated slashes. */
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
