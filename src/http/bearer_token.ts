/**
 * The access token in the `Authorization` field
 * ({@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750 §2.1}), the only place where MCP lets a
 * client put it. Not implemented, on purpose: §2.2 (form) and §2.3 (query).
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";

/** The longest field that is looked at, in characters. */
const MAX_FIELD_LENGTH = 16_384;

/** Sticky: it tells where the scheme ends, and makes nothing. */
const SCHEME = /bearer +/iy;
const TOKEN = /^[\w.~+/-]+=*$/;
/**
 * A query with the parameter `access_token`, any character of which may be escaped. A pattern, since `URL` takes
 * quadratic time for some hosts, and `URLSearchParams` on Node for long queries.
 */
const TOKEN_IN_QUERY = new RegExp(
  `^[^?#]*\\?(?:[^#]*&)?${
    [..."access_token"].map(escapedOrNot).join("")
  }(?:[=&#]|$)`,
);
/** A second field is joined to the first with a comma, which no token has. */
const TWO_FIELDS = /^bearer[^,]*,|,\s*bearer( |$)/i;

/**
 * The one access token that a request carries.
 *
 * @throws {AccessTokenError} If it carries none, more than one, or one that cannot be a token.
 */
export function readBearerToken(request: Request): string {
  return checkToken(readCredentials(request));
}

/**
 * What a request carries in a token's place, once. Whether its characters are a token's is not looked at: that takes
 * longer than to find a token that is known.
 *
 * @throws {AccessTokenError} If it carries nothing, or more than one.
 */
export function readCredentials(request: Request): string {
  const field = request.headers.get("authorization");
  const inQuery = hasTokenInQuery(request.url);
  if (field === null) {
    throw new AccessTokenError(
      inQuery ? "unsupported_scheme" : "no_credentials",
    );
  }
  if (inQuery) throw new AccessTokenError("multiple_credentials");
  SCHEME.lastIndex = 0;
  const token = SCHEME.test(field) ? field.slice(SCHEME.lastIndex) : "";
  if (
    token !== "" && field.length <= MAX_FIELD_LENGTH && !token.includes(",")
  ) return token;
  throw new AccessTokenError(
    TWO_FIELDS.test(field)
      ? "multiple_credentials"
      : /^bearer( |$)/i.test(field)
      ? "malformed_token"
      : "unsupported_scheme",
  );
}

/**
 * The token, if it is one by its characters.
 *
 * @throws {AccessTokenError} If it is not.
 */
export function checkToken(token: string): string {
  if (TOKEN.test(token)) return token;
  throw new AccessTokenError("malformed_token");
}

/** Whether a request carries credentials of any kind, good or bad. */
export function hasCredentials(request: Request): boolean {
  return request.headers.has("authorization") || hasTokenInQuery(request.url);
}

function escapedOrNot(character: string): string {
  const [first, second = ""] = character.charCodeAt(0).toString(16);
  return `(?:${character}|%${first}[${second}${second.toUpperCase()}])`;
}

function hasTokenInQuery(url: string): boolean {
  return TOKEN_IN_QUERY.test(url);
}
