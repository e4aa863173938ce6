/**
 * The access token in the `Authorization` header
 * ({@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750 §2.1}), the only place that MCP allows.
 * Deliberately not implemented: §2.2 (form parameter) and §2.3 (query parameter).
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";

/** The longest header that is read, in characters. */
const MAX_HEADER_LENGTH = 16_384;

/** Sticky: `lastIndex` is where the token begins, and a match creates no array. */
const SCHEME = /bearer +/iy;
const TOKEN = /^[\w.~+/-]+=*$/;
/**
 * A URL whose query has the parameter `access_token`, with any of its characters escaped. A pattern, because `URL` takes
 * quadratic time for some hosts, and `URLSearchParams` for long queries on Node.
 */
const TOKEN_IN_QUERY = new RegExp(
  `^[^?#]*\\?(?:[^#]*&)?${
    [..."access_token"].map(escapedOrNot).join("")
  }(?:[=&#]|$)`,
);
/** Two headers are joined by a comma, and no token contains one. */
const TWO_CREDENTIALS = /^bearer[^,]*,|,\s*bearer( |$)/i;

/**
 * Reads the access token of a request.
 *
 * @throws {AccessTokenError} If there is no token, more than one, or one with a character that tokens cannot contain.
 */
export function readBearerToken(request: Request): string {
  return checkToken(readCredentials(request));
}

/**
 * Reads what a request sends as its access token, without {@linkcode checkToken}: checking the characters takes longer
 * than finding a verified token in the cache.
 *
 * @throws {AccessTokenError} If there are no credentials, more than one, or credentials of another scheme.
 */
export function readCredentials(request: Request): string {
  const header = request.headers.get("authorization");
  const inQuery = hasTokenInQuery(request.url);
  if (header === null) {
    throw new AccessTokenError(
      inQuery ? "unsupported_scheme" : "no_credentials",
    );
  }
  if (inQuery) throw new AccessTokenError("multiple_credentials");
  SCHEME.lastIndex = 0;
  const token = SCHEME.test(header) ? header.slice(SCHEME.lastIndex) : "";
  if (
    token !== "" && header.length <= MAX_HEADER_LENGTH && !token.includes(",")
  ) return token;
  throw new AccessTokenError(
    TWO_CREDENTIALS.test(header)
      ? "multiple_credentials"
      : /^bearer( |$)/i.test(header)
      ? "malformed_token"
      : "unsupported_scheme",
  );
}

/**
 * Returns a token that has only characters of RFC 6750's `b64token`.
 *
 * @throws {AccessTokenError} If it has others.
 */
export function checkToken(token: string): string {
  if (TOKEN.test(token)) return token;
  throw new AccessTokenError("malformed_token");
}

/** Whether a request has credentials of any kind, valid or not. */
export function hasCredentials(request: Request): boolean {
  return request.headers.has("authorization") || hasTokenInQuery(request.url);
}

function escapedOrNot(character: string): string {
  const [first, second = ""] = character.charCodeAt(0).toString(16);
  return `(?:${character}|%${first}[${second}${second.toUpperCase()}])`;
}

function hasTokenInQuery(url: string): boolean {
  return url.includes("?") && TOKEN_IN_QUERY.test(url);
}
