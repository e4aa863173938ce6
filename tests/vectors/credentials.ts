/**
 * The requests with credentials that the RFCs show, and what the reader of the `Authorization` field makes of them.
 *
 * @module
 */

import type { AccessTokenErrorReason } from "../../src/errors.ts";

/** A request's `Authorization` fields, and the token in them or the reason why there is none. */
export interface CredentialsExample {
  readonly where: string;
  readonly what: string;
  readonly fields?: readonly string[];
  readonly url?: string;
  readonly body?: string;
  readonly token?: string;
  readonly reason?: AccessTokenErrorReason;
}

const BOUND_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

/** What the RFCs show. */
export const CREDENTIALS_EXAMPLES: readonly CredentialsExample[] = [
  {
    where: "RFC 6750 §2.1",
    what: "the Authorization field",
    fields: ["Bearer mF_9.B5f-4.1JqM"],
    token: "mF_9.B5f-4.1JqM",
  },
  {
    where: "RFC 6750 §2.2",
    what: "the form-encoded body, which is not implemented",
    body: "access_token=mF_9.B5f-4.1JqM",
    reason: "no_credentials",
  },
  {
    where: "RFC 6750 §2.3",
    what: "the query, which is not implemented",
    url: "https://server.example.com/resource?access_token=mF_9.B5f-4.1JqM",
    reason: "unsupported_scheme",
  },
  {
    where: "RFC 6750 §2.3",
    what: "the query, before another parameter",
    url: "https://server.example.com/resource?access_token=mF_9.B5f-4.1JqM&p=q",
    reason: "unsupported_scheme",
  },
  {
    where: "RFC 6749 §7.1",
    what: "a MAC token",
    fields: [
      'MAC id="h480djs93hd8",nonce="274312:dj83hs9s",mac="kDZvddkndxvhGRXZhvuDjEWhGeE="',
    ],
    reason: "unsupported_scheme",
  },
  {
    where: "RFC 7617 §2",
    what: "a user and a password",
    fields: ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
    reason: "unsupported_scheme",
  },
  {
    where: "RFC 9449 §7.1",
    what: "a token that is bound to a key",
    fields: [`DPoP ${BOUND_TOKEN}`],
    reason: "unsupported_scheme",
  },
  {
    where: "RFC 9449 §7.2, figure 18",
    what: "a token that is none of the issuer's, and is read all the same",
    fields: ["Bearer INVALID_TOKEN"],
    token: "INVALID_TOKEN",
  },
  {
    where: "RFC 9449 §7.2, figure 19",
    what: "two schemes at once",
    fields: [`Bearer ${BOUND_TOKEN}`, `DPoP ${BOUND_TOKEN}`],
    reason: "multiple_credentials",
  },
  {
    where: "RFC 9449 §7.2, figure 19",
    what: "two schemes at once, the other way round",
    fields: [`DPoP ${BOUND_TOKEN}`, `Bearer ${BOUND_TOKEN}`],
    reason: "multiple_credentials",
  },
];
