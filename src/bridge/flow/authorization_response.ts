/**
 * The answer to a client's authorization request: a redirect with its `state` to the byte, and exactly one `iss`
 * ({@link https://www.rfc-editor.org/rfc/rfc9207#section-2 | RFC 9207 §2}).
 *
 * @module
 */

import type { Context } from "hono";
import type { OAuthErrorCode } from "../oauth_error.ts";

/** A code, or an error. */
export type AuthorizationAnswer =
  | { readonly code: string }
  | {
    readonly error: OAuthErrorCode;
    /** A constant. */
    readonly error_description: string;
  };

/** Sends the browser back to the client. */
export function respond(
  c: Context,
  issuer: string,
  redirectUri: string,
  state: string | undefined,
  answer: AuthorizationAnswer,
): Response {
  return redirect(
    c,
    withParameters(redirectUri, { ...answer, state, iss: issuer }),
  );
}

/** Redirects the browser, by GET and without a referrer. */
export function redirect(c: Context, location: string): Response {
  c.header("cache-control", "no-store");
  c.header("referrer-policy", "no-referrer");
  c.header("location", location);
  return c.body(null, 303);
}

/** A redirect URI with the parameters of an authorization response. A space becomes `%20`: not every client reads `+`. */
export function withParameters(
  uri: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const query = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  ).join("&");
  const divider = !uri.includes("?") ? "?" : /[?&]$/.test(uri) ? "" : "&";
  return `${uri}${divider}${query}`;
}
