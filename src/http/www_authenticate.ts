/**
 * The `WWW-Authenticate` header ({@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 | RFC 9110 §11.6.1}).
 * Not implemented: the `token68` form, which no OAuth scheme uses.
 *
 * @module
 */

/** A challenge: a scheme and its parameters. */
export interface Challenge {
  /** The authentication scheme, such as `Bearer`. {@linkcode parseChallenges} returns it in lower case. */
  readonly scheme: string;
  /** The parameters by name. `undefined` values are not written; names are returned in lower case. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** A scope-token (RFC 6749 §3.3): the values of a list in a challenge that every client parses correctly. */
export const SCOPE_TOKEN: RegExp = /^[!#-[\]-~]+$/;

// The parts of a list of challenges, each with the white space behind it.
const TOKEN = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*/y;
const EQUALS = /(=)[ \t]*/y;
const QUOTED_STRING = /"((?:[^"\\]|\\[^])*)"[ \t]*/y;
/** Between two elements of the list, or behind the last one. Empty elements are ignored (RFC 9110 §5.6.1.2). */
const SEPARATOR = /((?:,[ \t]*)+|$)/y;

/**
 * Parses a `WWW-Authenticate` header.
 *
 * @throws {SyntaxError} If it is not a list of challenges, or a challenge has a parameter twice. The message contains
 *   the offset, and nothing of the header.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let params: Record<string, string> | undefined;
  let offset = header.length - header.trimStart().length;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = offset;
    const text = pattern.exec(header)?.[1];
    if (text !== undefined) offset = pattern.lastIndex;
    return text;
  }

  function need(pattern: RegExp): string {
    const text = take(pattern);
    if (text === undefined) throw unexpected(header, offset);
    return text;
  }

  take(SEPARATOR);
  while (offset < header.length) {
    let start = offset;
    let name = need(TOKEN).toLowerCase();
    if (take(EQUALS) === undefined) {
      params = Object.create(null) as Record<string, string>;
      challenges.push({ scheme: name, params });
      if (take(SEPARATOR) !== undefined) continue;
      start = offset;
      name = need(TOKEN).toLowerCase();
      need(EQUALS);
    }
    if (params === undefined || name in params) throw unexpected(header, start);
    params[name] = take(QUOTED_STRING)?.replace(/\\([^])/g, "$1") ??
      need(TOKEN);
    need(SEPARATOR);
  }
  return challenges;
}

/**
 * Formats one challenge. Every value is written as a quoted-string.
 *
 * @example The challenge for an invalid token
 * ```ts
 * import { formatChallenge } from "@gatehouse/mcp-auth";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   formatChallenge({ scheme: "Bearer", params: { error: "invalid_token" } }),
 *   'Bearer error="invalid_token"',
 * );
 * ```
 *
 * @throws {TypeError} If a value has a character outside printable ASCII, which could end the header.
 */
export function formatChallenge({ scheme, params }: Challenge): string {
  const written: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    if (/[^ -~]/.test(value)) {
      throw new TypeError(
        `Cannot write ${name} in a challenge: use only printable ASCII`,
      );
    }
    written.push(`${name}="${value.replace(/["\\]/g, "\\$&")}"`);
  }
  return written.length === 0 ? scheme : `${scheme} ${written.join(", ")}`;
}

function unexpected(header: string, offset: number): SyntaxError {
  return new SyntaxError(
    offset === header.length
      ? "Cannot read challenges: the header ends too early"
      : `Cannot read challenges: unexpected character at offset ${offset}`,
  );
}
