/**
 * The access token in the `Authorization` field
 * ({@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750 §2.1}), the only place where MCP lets a
 * client put it. Not implemented, on purpose: §2.2 (form) and §2.3 (query).
 *
 * @module
 */

import { AccessTokenError } from "./errors.ts";

/** Made once: it is what most first requests get, and making an error costs more than the rest of the answer. */
const NO_CREDENTIALS = new AccessTokenError("no_credentials");

/** The longest field that is looked at, in characters. */
const MAX_FIELD_LENGTH = 16_384;

/** Spelled without the flag `i`, which makes the long part five times slower. */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.~+/-]+=*)$/;
/** A second field is joined to the first with a comma, which no token has. */
const SECOND_BEARER = /,\s*bearer(?: |$)/i;

/**
 * The one access token that a request carries.
 *
 * @throws {AccessTokenError} If it carries none, more than one, or one that cannot be a token.
 */
export function readBearerToken(request: Request): string {
  const field = request.headers.get("authorization");
  const inQuery = hasTokenInQuery(request.url);
  if (field === null) {
    throw inQuery ? new AccessTokenError("unsupported_scheme") : NO_CREDENTIALS;
  }
  if (inQuery) throw new AccessTokenError("multiple_credentials");
  const token = field.length > MAX_FIELD_LENGTH
    ? undefined
    : BEARER.exec(field)?.[1];
  if (token !== undefined) return token;
  throw new AccessTokenError(
    SECOND_BEARER.test(field) || /^bearer[^,]*,/i.test(field)
      ? "multiple_credentials"
      : /^bearer(?: |$)/i.test(field)
      ? "malformed_token"
      : "unsupported_scheme",
  );
}

/** Whether a request carries credentials of any kind, good or bad. */
export function hasCredentials(request: Request): boolean {
  return request.headers.has("authorization") || hasTokenInQuery(request.url);
}

function hasTokenInQuery(url: string): boolean {
  return url.includes("?") && new URL(url).searchParams.has("access_token");
}
