/**
 * The access token in the `Authorization` header, the only place that MCP allows, and the scheme it is sent with: Bearer
 * ({@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750 §2.1}) or DPoP
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 | RFC 9449 §7.1}).
 * Deliberately not implemented: RFC 6750 §2.2 (form parameter) and §2.3 (query parameter).
 *
 * @module
 */

import { AccessTokenError, type AccessTokenErrorReason } from "../errors.ts";

/** The longest header that is read, in characters. */
const MAX_HEADER_LENGTH = 16_384;

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

/** What a request sends to say who it is. It is read once, so that no two checks can read it differently. */
export interface Credentials {
  /** The scheme. `both`: there are two credentials. `undefined`: none that the server supports. */
  readonly scheme: "Bearer" | "DPoP" | "both" | undefined;
  /** The token, without {@linkcode checkToken}. Empty if there is a `reason`. */
  readonly token: string;
  /** Why there is no token. */
  readonly reason?: AccessTokenErrorReason;
}

/**
 * Creates a function that reads the credentials of a request. It leaves the token's characters to {@linkcode checkToken}:
 * checking them takes longer than finding a verified token in the cache.
 *
 * @param schemes The supported schemes in lower case, separated by `|`.
 */
export function credentialsReader(
  schemes: "bearer" | "bearer|dpop" = "bearer",
): (request: Request) => Credentials {
  /** Sticky: `lastIndex` is where the token begins, and a match creates no array. */
  const begin = new RegExp(`(?:${schemes})(?: +|$)`, "iy");
  /** Two headers are joined by a comma, and no token contains one. */
  const two = new RegExp(
    `^(?:${schemes})[^,]*,|,\\s*(?:${schemes})( |$)`,
    "i",
  );
  return ({ headers, url }) => {
    const header = headers.get("authorization");
    const inQuery = hasTokenInQuery(url);
    if (header === null) {
      return failed(inQuery ? "unsupported_scheme" : "no_credentials");
    }
    if (inQuery || header.includes(",") && two.test(header)) {
      return failed("multiple_credentials", "both");
    }
    begin.lastIndex = 0;
    if (!begin.test(header)) return failed("unsupported_scheme");
    const scheme = /^d/i.test(header) ? "DPoP" : "Bearer";
    const token = header.slice(begin.lastIndex);
    return token === "" || header.length > MAX_HEADER_LENGTH
      ? failed("malformed_token", scheme)
      : { scheme, token };
  };
}

function failed(
  reason: AccessTokenErrorReason,
  scheme?: Credentials["scheme"],
): Credentials {
  return { scheme, token: "", reason };
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

function escapedOrNot(character: string): string {
  const [first, second = ""] = character.charCodeAt(0).toString(16);
  return `(?:${character}|%${first}[${second}${second.toUpperCase()}])`;
}

function hasTokenInQuery(url: string): boolean {
  return url.includes("?") && TOKEN_IN_QUERY.test(url);
}
