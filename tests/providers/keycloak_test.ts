import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { keycloak, type KeycloakOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://sso.example.com/realms/acme";
const JWKS = `${ISSUER}/protocol/openid-connect/certs`;

function realm(options: Partial<KeycloakOptions> = {}): Gate {
  return gate(
    keycloak({ url: "https://sso.example.com", realm: "acme", ...options }),
    {
      metadata: {
        [`${ISSUER}/.well-known/openid-configuration`]: {
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/protocol/openid-connect/auth`,
          token_endpoint: `${ISSUER}/protocol/openid-connect/token`,
          jwks_uri: JWKS,
          registration_endpoint:
            `${ISSUER}/clients-registrations/openid-connect`,
          code_challenge_methods_supported: ["plain", "S256"],
        },
      },
    },
  );
}

const ACCESS = {
  jti: "onrtac:5d2c1b8e",
  iss: ISSUER,
  aud: [RESOURCE, "account"],
  sub: "f3b7a9b2-0d3c-4a3e-8f1e-2c1f7b8a9d10",
  typ: "Bearer",
  azp: "mcp-client",
  sid: "8a1f7c2e",
  acr: "1",
  "allowed-origins": ["http://localhost:6274"],
  realm_access: { roles: ["offline_access", "uma_authorization"] },
  resource_access: { account: { roles: ["view-profile"] } },
  scope: "openid email mcp:tools",
  preferred_username: "alice",
  ...TIMES,
};
const CALLER = {
  clientId: "mcp-client",
  scopes: ["openid", "email", "mcp:tools"],
};

const rows: readonly TokenRow[] = [
  ["an access token", CALLER, ACCESS, { typ: "JWT" }],
  ["an access token with the media type of RFC 9068", CALLER, ACCESS, {
    typ: "at+jwt",
  }],
  ["a service account's access token", {
    clientId: "nightly",
    scopes: ["mcp:tools"],
  }, {
    ...ACCESS,
    azp: "nightly",
    client_id: "nightly",
    preferred_username: "service-account-nightly",
    scope: "mcp:tools",
  }, { typ: "JWT" }],
  ["an access token without an audience mapper", "wrong_audience", {
    ...ACCESS,
    aud: "account",
  }, { typ: "JWT" }],
  ["an access token without any audience", "missing_claim", {
    ...ACCESS,
    aud: undefined,
  }, { typ: "JWT" }],
  ["an ID token, though it is for the resource", "wrong_type", {
    ...ACCESS,
    aud: RESOURCE,
    typ: "ID",
  }, { typ: "JWT" }],
  ["a refresh token", "wrong_type", { ...ACCESS, typ: "Refresh" }, {
    typ: "JWT",
  }],
  ["an offline token", "wrong_type", { ...ACCESS, typ: "Offline" }, {
    typ: "JWT",
  }],
  ["a registration token", "wrong_type", {
    ...ACCESS,
    typ: "RegistrationAccessToken",
  }, { typ: "JWT" }],
  ["a token without a kind", "wrong_type", { ...ACCESS, typ: undefined }, {
    typ: "JWT",
  }],
  ["an access token that is bound to a key", "unsupported_confirmation", {
    ...ACCESS,
    typ: "DPoP",
    cnf: { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
  }, { typ: "JWT" }],
  ["an access token of another realm", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://sso.example.com/realms/master",
  }, { typ: "JWT" }],
];

for (const [why, verdict, claims, header] of rows) {
  test(`keycloak() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await realm().present(claims, header), verdict);
  });
}

test("keycloak() finds the realm's keys below its issuer", async () => {
  const { present, requests } = realm();
  await present(ACCESS);
  assertEquals(requests, [
    "https://sso.example.com/.well-known/oauth-authorization-server/realms/acme",
    "https://sso.example.com/.well-known/openid-configuration/realms/acme",
    `${ISSUER}/.well-known/openid-configuration`,
    JWKS,
  ]);
});

test("keycloak() accepts an audience that is a client's name", async () => {
  const { present } = realm({ audience: "mcp-server" });
  assertEquals(await present({ ...ACCESS, aud: "mcp-server" }), CALLER);
  assertEquals(await present(ACCESS), "wrong_audience");
});

test("keycloak() spells the realm's issuer", () => {
  const issuers: readonly (readonly [url: string, issuer: string])[] = [
    ["https://sso.example.com", ISSUER],
    ["https://sso.example.com/", ISSUER],
    ["sso.example.com", ISSUER],
    [
      "https://sso.example.com/auth",
      "https://sso.example.com/auth/realms/acme",
    ],
    [
      "https://sso.example.com/auth/",
      "https://sso.example.com/auth/realms/acme",
    ],
    ["http://localhost:8080", "http://localhost:8080/realms/acme"],
  ];
  for (const [url, issuer] of issuers) {
    const { authorization_servers } = keycloak({ url, realm: "acme" });
    assertEquals(authorization_servers, [issuer]);
  }
});

test("keycloak() says what to change", () =>
  assertRefused(realm, [
    ["Cannot use url", { url: undefined }],
    ["remove /realms", { url: ISSUER }],
    ["use https", { url: "http://sso.example.com" }],
    ["write its name", { realm: "acme/" }],
    ["write its name", { realm: "my realm" }],
    ["Cannot use realm", { realm: "" }],
  ]));
