/**
 * The `WWW-Authenticate` field: what a client is asked for
 * ({@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 | RFC 9110 §11.6.1}).
 * Not implemented: the `token68` form, which no OAuth scheme uses.
 *
 * @module
 */

/** A scheme and its parameters. */
export interface Challenge {
  /** The authentication scheme, such as `Bearer`. {@linkcode parseChallenges} gives it in lower case. */
  readonly scheme: string;
  /** The parameters by name. One that is `undefined` is not written; names are read in lower case. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** A scope-token (RFC 6749 §3.3): what a list within a challenge may hold, and clients read without mistake. */
export const SCOPE_TOKEN: RegExp = /^[!#-[\]-~]+$/;

// What a list of challenges is made of, each with the white space behind it.
const TOKEN = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*/y;
const EQUALS = /(=)[ \t]*/y;
const QUOTED_STRING = /"((?:[^"\\]|\\[^])*)"[ \t]*/y;
/** Between two elements of the list, of which empty ones are none (RFC 9110 §5.6.1.2), or behind the last. */
const SEPARATOR = /((?:,[ \t]*)+|$)/y;

/**
 * Reads the value of a `WWW-Authenticate` field.
 *
 * @throws {SyntaxError} If it is not a list of challenges, or a challenge has a parameter twice. The message
 *   says where, and repeats nothing of the value.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: Challenge[] = [];
  let params: Record<string, string> | undefined;
  let offset = field.length - field.trimStart().length;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = offset;
    const text = pattern.exec(field)?.[1];
    if (text !== undefined) offset = pattern.lastIndex;
    return text;
  }

  function need(pattern: RegExp): string {
    const text = take(pattern);
    if (text === undefined) throw unexpected(field, offset);
    return text;
  }

  take(SEPARATOR);
  while (offset < field.length) {
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
    if (params === undefined || name in params) throw unexpected(field, start);
    params[name] = take(QUOTED_STRING)?.replace(/\\([^])/g, "$1") ??
      need(TOKEN);
    need(SEPARATOR);
  }
  return challenges;
}

/**
 * Writes one challenge. Every value is a quoted-string.
 *
 * @example What a refused token is answered with
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
 * @throws {TypeError} If a value has a character outside printable ASCII, which could end the field.
 */
export function formatChallenge({ scheme, params }: Challenge): string {
  const written: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    if (/[^ -~]/.test(value)) {
      throw new TypeError(
        `Cannot write ${name} in a challenge: use printable ASCII alone`,
      );
    }
    written.push(`${name}="${value.replace(/["\\]/g, "\\$&")}"`);
  }
  return written.length === 0 ? scheme : `${scheme} ${written.join(", ")}`;
}

function unexpected(field: string, offset: number): SyntaxError {
  return new SyntaxError(
    offset === field.length
      ? "Cannot read challenges: the field ends too early"
      : `Cannot read challenges: unexpected character at offset ${offset}`,
  );
}
