/**
 * The requests and the answers that RFC 7662 shows, and what becomes of a token by each answer.
 *
 * @module
 */

import type { ClientCredentials } from "../../src/issuers/client_authentication.ts";
import type { AccessTokenErrorReason } from "../../src/errors.ts";

/** A request: who asks about which token, and what is sent. */
export interface IntrospectionRequestExample {
  readonly where: string;
  readonly what: string;
  readonly client: ClientCredentials;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The form's parameters. */
  readonly params: Readonly<Record<string, string>>;
}

/** What both requests have. RFC 7662 accepts `application/json` alone, and leaves the rest to the client. */
const HEADERS = {
  accept: "application/json, */*;q=0.1",
  "content-type": "application/x-www-form-urlencoded",
  "user-agent": "gatehouse-mcp-auth",
};

/** The secret is RFC 7662's, decoded. The first has no hint, which §2.1 leaves to whoever asks. */
export const INTROSPECTION_REQUESTS: readonly IntrospectionRequestExample[] = [
  {
    where: "RFC 7662 §2.1",
    what: "authorized by an access token",
    client: { access_token: "23410913-abewfq.123483" },
    token: "2YotnFZFEjr1zCsicMWpAA",
    headers: { ...HEADERS, authorization: "Bearer 23410913-abewfq.123483" },
    params: { token: "2YotnFZFEjr1zCsicMWpAA" },
  },
  {
    where: "RFC 7662 §2.1",
    what: "authenticated by a client's secret",
    client: { client_id: "s6BhdRkqt3", client_secret: "gX1fBat3bV" },
    token: "mF_9.B5f-4.1JqM",
    headers: {
      ...HEADERS,
      authorization: "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
    },
    params: { token: "mF_9.B5f-4.1JqM", token_type_hint: "access_token" },
  },
];

/** An answer, when and where its token is used, and what becomes of that. */
export interface IntrospectionAnswerExample {
  readonly where: string;
  readonly what: string;
  readonly answer: Readonly<Record<string, unknown>>;
  readonly issuer: string;
  readonly resource: string;
  /** In seconds since 1970. */
  readonly now: number;
  readonly verdict: AccessTokenErrorReason | "accepted";
}

const ACTIVE = {
  where: "RFC 7662 §2.2",
  answer: {
    active: true,
    client_id: "l238j323ds-23ij4",
    username: "jdoe",
    scope: "read write dolphin",
    sub: "Z5O3upPC88QrAjx00dis",
    aud: "https://protected.example.net/resource",
    iss: "https://server.example.com/",
    exp: 1419356238,
    iat: 1419350238,
    extension_field: "twenty-seven",
  },
  issuer: "https://server.example.com/",
  resource: "https://protected.example.net/resource",
  now: 1419350238,
} as const;

/** What RFC 7662 shows. The time of use and the place are ours. */
export const INTROSPECTION_ANSWERS: readonly IntrospectionAnswerExample[] = [
  { ...ACTIVE, what: "while it is valid", verdict: "accepted" },
  {
    ...ACTIVE,
    what: "the clocks' tolerance after its end",
    now: 1419356238 + 30,
    verdict: "expired",
  },
  {
    ...ACTIVE,
    what: "at another resource",
    resource: "https://protected.example.net/other",
    verdict: "wrong_audience",
  },
  {
    ...ACTIVE,
    what: "from an issuer that is written without its slash",
    issuer: "https://server.example.com",
    verdict: "untrusted_issuer",
  },
  {
    ...ACTIVE,
    what: "of a token that is not active",
    answer: { active: false },
    verdict: "inactive_token",
  },
];
