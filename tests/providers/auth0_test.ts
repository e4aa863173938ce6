import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { auth0, type Auth0Options } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  NOW,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://acme.eu.auth0.com/";
const JWKS = "https://acme.eu.auth0.com/.well-known/jwks.json";
const OPENID = "https://acme.eu.auth0.com/.well-known/openid-configuration";

function tenant(options: Partial<Auth0Options> = {}): Gate {
  return gate(auth0({ domain: "acme.eu.auth0.com", ...options }), {
    metadata: {
      [OPENID]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}authorize`,
        token_endpoint: `${ISSUER}oauth/token`,
        jwks_uri: JWKS,
        registration_endpoint: `${ISSUER}oidc/register`,
        code_challenge_methods_supported: ["S256", "plain"],
      },
    },
  });
}

/** The Auth0 profile, for a user. */
const ACCESS = {
  iss: ISSUER,
  sub: "auth0|123456",
  aud: [RESOURCE, `${ISSUER}userinfo`],
  azp: "my_client_id",
  scope: "openid profile notes:read",
  ...TIMES,
};
/** The RFC 9068 profile, with permissions. */
const ACCESS_RFC_9068 = {
  iss: ISSUER,
  sub: "auth0|123456",
  aud: [RESOURCE, `${ISSUER}userinfo`],
  client_id: "my_client_id",
  jti: "73WakrfVbNJBaAmhQtEeDv",
  scope: "openid profile notes:read",
  permissions: ["notes:read", "notes:admin"],
  ...TIMES,
};
const ID = {
  iss: ISSUER,
  sub: "auth0|123456",
  aud: "my_client_id",
  sid: "session",
  nonce: "nonce",
  nickname: "road.runner",
  ...TIMES,
};

const rows: readonly TokenRow[] = [
  [
    "an access token of the Auth0 profile",
    {
      clientId: "my_client_id",
      scopes: ["openid", "profile", "notes:read"],
    },
    ACCESS,
    { typ: "JWT" },
  ],
  [
    "an access token of the RFC 9068 profile, for what the client was granted",
    {
      clientId: "my_client_id",
      scopes: ["openid", "profile", "notes:read"],
    },
    ACCESS_RFC_9068,
    { typ: "at+jwt" },
  ],
  ["an application's own access token", {
    clientId: "machine",
    scopes: ["notes:read"],
  }, {
    ...ACCESS,
    sub: "machine@clients",
    aud: RESOURCE,
    azp: "machine",
    gty: "client-credentials",
    scope: "notes:read",
  }, { typ: "JWT" }],
  ["an ID token", "wrong_audience", ID, { typ: "JWT" }],
  [
    "an access token for another API",
    "wrong_audience",
    { ...ACCESS, aud: ["https://other.example.com", `${ISSUER}userinfo`] },
    { typ: "JWT" },
  ],
  [
    "an access token for the user's profile alone",
    "wrong_audience",
    { ...ACCESS, aud: `${ISSUER}userinfo` },
    { typ: "JWT" },
  ],
  [
    "an access token of another tenant",
    "untrusted_issuer",
    { ...ACCESS, iss: "https://other.eu.auth0.com/" },
    { typ: "JWT" },
  ],
  [
    "an issuer without its slash",
    "untrusted_issuer",
    { ...ACCESS, iss: "https://acme.eu.auth0.com" },
    { typ: "JWT" },
  ],
  [
    "an access token that has expired",
    "expired",
    { ...ACCESS, exp: NOW - 60 },
    { typ: "JWT" },
  ],
];

for (const [why, verdict, claims, header] of rows) {
  test(`auth0() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await tenant().present(claims, header), verdict);
  });
}

test("auth0() finds the keys in either of the tenant's metadata documents", async () => {
  const { present, requests } = tenant();
  await present(ACCESS);
  assertEquals(requests, [
    "https://acme.eu.auth0.com/.well-known/oauth-authorization-server",
    OPENID,
    JWKS,
  ]);
});

test("auth0() accepts an API whose identifier is not the resource", async () => {
  const { present } = tenant({ audience: "https://api.example.com" });
  assertEquals(
    await present({ ...ACCESS, aud: ["https://api.example.com"] }),
    { clientId: "my_client_id", scopes: ["openid", "profile", "notes:read"] },
  );
  assertEquals(await present(ACCESS), "wrong_audience");
});

test("auth0() uses permissions as scopes with scopeClaim", async () => {
  const { present } = tenant({ scopeClaim: "permissions" });
  assertEquals(await present(ACCESS_RFC_9068), {
    clientId: "my_client_id",
    scopes: ["notes:read", "notes:admin"],
  });
  assertEquals(await present(ACCESS), { clientId: "my_client_id", scopes: [] });
  assertEquals(await present({ ...ACCESS, permissions: "notes:admin" }), {
    clientId: "my_client_id",
    scopes: [],
  });
});

test("auth0() says what to change", () =>
  assertRefused(auth0, [
    ["Cannot use domain", {}],
    ["write the whole host", { domain: "acme" }],
    ["write the whole host", { domain: "acme/https://acme" }],
    ["remove its path", { domain: "https://acme.eu.auth0.com/api/v2/" }],
    ["Cannot use audience", { domain: "acme.auth0.com", audience: "" }],
    ['use "scope" or "permissions"', {
      domain: "acme.auth0.com",
      scopeClaim: "roles",
    }],
  ]));
