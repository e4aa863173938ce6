import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { stytch, type StytchOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const PROJECT = "project-live-6c20cd16-73d5-44f7-852c-9a7e7b2ccf62";
const CLIENT = "connected-app-live-1c5a1c9e-5b9d-4c8b-8c52-4e8b2c7b5a0c";
const ISSUER = "https://cname-word-1234.customers.stytch.com";
const JWKS = `${ISSUER}/.well-known/jwks.json`;

function project(options: Partial<StytchOptions> = {}): Gate {
  return gate(
    stytch({
      domain: "cname-word-1234.customers.stytch.com",
      projectId: PROJECT,
      ...options,
    }),
    {
      metadata: {
        [`${ISSUER}/.well-known/oauth-authorization-server`]: {
          issuer: ISSUER,
          authorization_endpoint: "https://app.example.com/oauth/authorize",
          token_endpoint: `${ISSUER}/v1/oauth2/token`,
          registration_endpoint: `${ISSUER}/v1/oauth2/register`,
          jwks_uri: JWKS,
          code_challenge_methods_supported: ["S256"],
        },
      },
    },
  );
}

const ACCESS = {
  iss: ISSUER,
  sub: "user-live-fde03dd1-fff7-4b3c-9b31-ead3fbc224de",
  aud: [PROJECT],
  client_id: CLIENT,
  jti: "access-token-live-0b1c",
  nbf: TIMES.iat,
  scope: "openid notes:read",
  ...TIMES,
};
const SESSION = {
  iss: ISSUER,
  sub: "user-live-fde03dd1-fff7-4b3c-9b31-ead3fbc224de",
  aud: [PROJECT],
  nbf: TIMES.iat,
  "https://stytch.com/session": {
    id: "session-live-5b8f",
    authentication_factors: [],
  },
  ...TIMES,
};

const HEADER = { typ: "JWT" };
const CALLER = { clientId: CLIENT, scopes: ["openid", "notes:read"] };

const rows: readonly TokenRow[] = [
  ["an access token of a Connected App", CALLER, ACCESS],
  ["an access token whose aud names its client too", CALLER, {
    ...ACCESS,
    aud: [CLIENT, PROJECT],
  }],
  ["a session of the application itself", "wrong_type", SESSION],
  [
    "a session, though a custom claim of its has the name of scope",
    "wrong_type",
    {
      ...SESSION,
      scope: "notes:read",
    },
  ],
  ["a session that is null", "wrong_type", {
    ...ACCESS,
    "https://stytch.com/session": null,
  }],
  ["a machine's token, which names no client", "wrong_type", {
    iss: ISSUER,
    sub: "m2m-client-live-d731954d-dab3-4a2b-bdee-07f3ad1be885",
    aud: [PROJECT],
    scope: "read:users write:users",
    nbf: TIMES.iat,
    ...TIMES,
  }],
  ["an access token without scopes", "wrong_type", {
    ...ACCESS,
    scope: undefined,
  }],
  ["an ID token", "wrong_type", {
    iss: ISSUER,
    sub: ACCESS.sub,
    aud: [CLIENT],
    nbf: TIMES.iat,
    name: "Jane Doe",
    ...TIMES,
  }],
  ["an ID token, though the project were in its audience", "wrong_type", {
    iss: ISSUER,
    sub: ACCESS.sub,
    aud: [CLIENT, PROJECT],
    nonce: "nonce",
    email: "alice@example.com",
    ...TIMES,
  }],
  ["an access token for its client alone", "wrong_audience", {
    ...ACCESS,
    aud: CLIENT,
  }],
  ["an access token of another project", "wrong_audience", {
    ...ACCESS,
    aud: ["project-live-00000000-0000-0000-0000-000000000000"],
  }],
  ["an access token from Stytch's own domain", "untrusted_issuer", {
    ...ACCESS,
    iss: `stytch.com/${PROJECT}`,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`stytch() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await project().present(claims, HEADER), verdict);
  });
}

test("stytch() distinguishes clients by a custom audience", async () => {
  const { present } = project({ audience: RESOURCE });
  assertEquals(await present({ ...ACCESS, aud: [PROJECT, RESOURCE] }), CALLER);
  assertEquals(await present(ACCESS), "wrong_audience");
});

test("stytch() says what to change", () =>
  assertRefused(project, [
    ["Cannot use domain", { domain: "" }],
    ["begins with project-", { projectId: "secret-live-0b1c" }],
    ["Cannot use projectId", { projectId: undefined }],
    ["Cannot use audience", { audience: [] }],
  ]));
