/**
 * How servers read the URI of a resource. A server dispatches on one string, and its handler may take that string for
 * another one: it may decode escapes, ignore a fragment, or make a file's path of it. A policy that judged only one of
 * these strings could be bypassed by means of another.
 *
 * @module
 */

import { parseUrl } from "../runtime/identifiers.ts";

/** Every reading of one URI. */
export interface ResourceUri {
  /** The strings that a server may dispatch on: the URI as sent and, if it differs, as `URL` serializes it. */
  readonly forms: readonly string[];
  /** The form that both MCP SDKs match: the serialized one, or the URI as sent if `URL` cannot parse it. */
  readonly matched: string;
  /** What a handler may take the forms for: each is {@linkcode resolved}. */
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

/** What separates a dot segment from others, also where a handler makes a path of a query or a fragment. */
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

/** What a handler may take a URI for: with or without its fragment and its query. */
function readingsOf(uri: string): string[] {
  const [withoutFragment = ""] = uri.split("#", 1);
  const [withoutQuery = ""] = withoutFragment.split("?", 1);
  const cuts = new Set([uri, withoutFragment, withoutQuery]);
  return [...cuts].map(resolved);
}

/** A URI as the most lenient handler reads it: without escapes, backslashes, dot segments or repeated slashes. */
export function resolved(uri: string): string {
  if (PLAIN.test(uri)) return uri;
  const text = unescaped(uri).replaceAll("\\", "/");
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

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Decodes all escapes in one pass, including those that were escaped again. */
function unescaped(text: string): string {
  if (!text.includes("%")) return text;
  const once = text.replace(/%(?:25)+(?=[\da-f]{2})/gi, "%");
  const bytes = encoder.encode(once);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const high = byte === 0x25 ? hexValue(bytes[i + 1]) : -1;
    const low = high < 0 ? -1 : hexValue(bytes[i + 2]);
    bytes[length++] = low < 0 ? byte : high * 16 + low;
    if (low >= 0) i += 2;
  }
  return decoder.decode(bytes.subarray(0, length));
}

/** The value of a hexadecimal digit in ASCII, or -1. */
function hexValue(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
