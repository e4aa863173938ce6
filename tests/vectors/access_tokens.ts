/**
 * The access tokens whose content the RFCs show, at some time, and what becomes of each at a resource.
 *
 * @module
 */

import type { Verdict } from "./verdict.ts";

/** What a token says, when it is used and where. */
export interface AccessTokenExample {
  readonly where: string;
  readonly what: string;
  readonly header: { readonly alg: string; readonly [field: string]: unknown };
  readonly claims: Readonly<Record<string, unknown>>;
  /** The trusted issuer. */
  readonly issuer: string;
  readonly resource: string;
  /** In seconds since 1970. */
  readonly now: number;
  readonly verdict: Verdict;
  /** What the handler is told of the caller, where the token is accepted. */
  readonly caller?: { readonly clientId: string; readonly scopes: string[] };
}

const RFC_9068 = {
  where: "RFC 9068 §3, figure 2",
  header: { typ: "at+JWT", alg: "RS256", kid: "RjEwOwOA" },
  claims: {
    iss: "https://authorization-server.example.com/",
    sub: "5ba552d67",
    aud: "https://rs.example.com/",
    exp: 1639528912,
    iat: 1618354090,
    jti: "dbe39bf3a3ba4238a513f51d6e1691c4",
    client_id: "s6BhdRkqt3",
    scope: "openid profile reademail",
  },
  issuer: "https://authorization-server.example.com/",
  resource: "https://rs.example.com/",
} as const;
const RFC_9470 = {
  where: "RFC 9470 §6.1",
  header: { typ: "at+JWT", alg: "ES256", kid: "LTacESbw" },
  claims: {
    iss: "https://as.example.net",
    sub: "someone@example.net",
    aud: "https://rs.example.com",
    exp: 1646343000,
    iat: 1646340200,
    jti: "e1j3V_bKic8-LAEB_lccD0G",
    client_id: "s6BhdRkqt3",
    scope: "purchase",
    auth_time: 1646340198,
    acr: "myACR",
  },
  issuer: "https://as.example.net",
  resource: "https://rs.example.com",
} as const;
const RFC_9449 = {
  where: "RFC 9449 §6.1",
  header: { alg: "ES256" },
  claims: {
    sub: "someone@example.com",
    iss: "https://server.example.com",
    nbf: 1562262611,
    exp: 1562266216,
    cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
  },
  issuer: "https://server.example.com",
  resource: "https://resource.example.org/protectedresource",
  now: 1562262618,
} as const;
const RFC_8705 = {
  where: "RFC 8705 §3.1",
  header: { alg: "ES256" },
  claims: {
    iss: "https://server.example.com",
    sub: "ty.webb@example.com",
    exp: 1493726400,
    nbf: 1493722800,
    cnf: { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" },
  },
  issuer: "https://server.example.com",
  resource: "https://resource.example.org/protectedresource",
  now: 1493722800,
} as const;

/** What the RFCs show. The time of use is ours, and so is an `aud` where it says so. */
export const ACCESS_TOKEN_EXAMPLES: readonly AccessTokenExample[] = [
  {
    ...RFC_9068,
    what: "while it is valid",
    now: 1618354090,
    verdict: "accepted",
    caller: {
      clientId: "s6BhdRkqt3",
      scopes: ["openid", "profile", "reademail"],
    },
  },
  {
    ...RFC_9068,
    what: "the clocks' tolerance after its end",
    now: 1639528912 + 30,
    verdict: "expired",
  },
  {
    ...RFC_9068,
    what: "more than the clocks' tolerance before it was issued",
    now: 1618354090 - 31,
    verdict: "not_yet_valid",
  },
  {
    ...RFC_9068,
    what: "at another resource",
    resource: "https://rs.example.net/",
    now: 1618354090,
    verdict: "wrong_audience",
  },
  {
    ...RFC_9068,
    what: "from an issuer that is written without its slash",
    issuer: "https://authorization-server.example.com",
    now: 1618354090,
    verdict: "untrusted_issuer",
  },
  {
    ...RFC_9470,
    what: "while it is valid",
    now: 1646340200,
    verdict: "accepted",
    caller: { clientId: "s6BhdRkqt3", scopes: ["purchase"] },
  },
  {
    ...RFC_9449,
    what: "bound to a key, and for nobody",
    verdict: "missing_claim",
  },
  {
    ...RFC_9449,
    what: "bound to a key, with an aud",
    claims: { ...RFC_9449.claims, aud: RFC_9449.resource },
    verdict: "unsupported_confirmation",
  },
  {
    ...RFC_8705,
    what: "bound to a certificate, and for nobody",
    verdict: "missing_claim",
  },
  {
    ...RFC_8705,
    what: "bound to a certificate, with an aud",
    claims: { ...RFC_8705.claims, aud: RFC_8705.resource },
    verdict: "unsupported_confirmation",
  },
  {
    where: "RFC 7519 §3.1",
    what: "from an issuer that is no URL",
    header: { typ: "JWT", alg: "ES256" },
    claims: { iss: "joe", exp: 1300819380, "http://example.com/is_root": true },
    issuer: "https://server.example.com",
    resource: "https://resource.example.org/protectedresource",
    now: 1300819379,
    verdict: "untrusted_issuer",
  },
];
