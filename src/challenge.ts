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

/** One of a token, a quoted-string, an equals sign or a comma, with the white space behind it. */
const LEXEME = /([!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\[^])*"|[=,])[ \t]*/y;

/**
 * Reads the value of a `WWW-Authenticate` field.
 *
 * @throws {SyntaxError} If it is not a list of challenges, or a challenge has a parameter twice. The message
 *   says where, and repeats nothing of the value.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: Challenge[] = [];
  let params: Record<string, string> | undefined;
  for (const element of elements(field)) {
    let [first, second, ...rest] = element;
    if (second?.text !== "=") {
      params = Object.create(null) as Record<string, string>;
      challenges.push({ scheme: token(first).toLowerCase(), params });
      if (second === undefined) continue;
      [first, second, ...rest] = element.slice(1);
    }
    const [value, extra] = rest;
    const name = token(first).toLowerCase();
    if (params === undefined || Object.hasOwn(params, name)) {
      throw unexpected(first);
    }
    if (second?.text !== "=" || extra !== undefined) {
      throw unexpected(extra ?? second);
    }
    params[name] = value?.text.startsWith('"')
      ? value.text.slice(1, -1).replace(/\\([^])/g, "$1")
      : token(value);
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

interface Lexeme {
  readonly text: string;
  readonly offset: number;
}

/** The lexemes between the commas. An empty list element is none (RFC 9110 §5.6.1.2). */
function elements(field: string): Lexeme[][] {
  const list: Lexeme[][] = [[]];
  let offset = field.length - field.trimStart().length;
  while (offset < field.length) {
    LEXEME.lastIndex = offset;
    const text = LEXEME.exec(field)?.[1];
    if (text === undefined) throw unexpected({ text: "", offset });
    if (text === ",") list.push([]);
    else list.at(-1)?.push({ text, offset });
    offset = LEXEME.lastIndex;
  }
  return list.filter((element) => element.length > 0);
}

function token(lexeme: Lexeme | undefined): string {
  if (lexeme === undefined || /^["=,]/.test(lexeme.text)) {
    throw unexpected(lexeme);
  }
  return lexeme.text;
}

function unexpected(lexeme: Lexeme | undefined): SyntaxError {
  return new SyntaxError(
    lexeme === undefined
      ? "Cannot read challenges: the field ends too early"
      : `Cannot read challenges: unexpected character at offset ${lexeme.offset}`,
  );
}
