import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  googleServiceAccounts,
  type GoogleServiceAccountsOptions,
} from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://accounts.google.com";
const JWKS = "https://www.googleapis.com/oauth2/v3/certs";
const NIGHTLY = "nightly@acme.iam.gserviceaccount.com";

function google(options: Partial<GoogleServiceAccountsOptions> = {}): Gate {
  const accounts = { [NIGHTLY]: ["notes:read", "notes:write"] };
  return gate(googleServiceAccounts({ accounts, ...options }), {
    metadata: {
      [`${ISSUER}/.well-known/openid-configuration`]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/o/oauth2/v2/auth`,
        token_endpoint: "https://oauth2.googleapis.com/token",
        jwks_uri: JWKS,
        code_challenge_methods_supported: ["plain", "S256"],
      },
    },
  });
}

const TOKEN = {
  iss: ISSUER,
  aud: RESOURCE,
  azp: "107517467455664443765",
  email: NIGHTLY,
  email_verified: true,
  sub: "107517467455664443765",
  ...TIMES,
};

const rows: readonly TokenRow[] = [
  ["an account that may call, with the scopes that it has", {
    clientId: "107517467455664443765",
    scopes: ["notes:read", "notes:write"],
  }, TOKEN],
  ["scopes that a token brings by itself, and leaves them out", {
    clientId: "107517467455664443765",
    scopes: ["notes:read", "notes:write"],
  }, { ...TOKEN, scope: "notes:admin" }],
  [
    "another account, which anybody can have made for any audience",
    "wrong_type",
    {
      ...TOKEN,
      email: "evil@evil.iam.gserviceaccount.com",
    },
  ],
  ["an address that is not verified", "wrong_type", {
    ...TOKEN,
    email_verified: false,
  }],
  ["an address that is verified by a string", "wrong_type", {
    ...TOKEN,
    email_verified: "true",
  }],
  ["no address", "wrong_type", { ...TOKEN, email: undefined }],
  ["an address that cannot be made a string", "wrong_type", {
    ...TOKEN,
    email: { toString: 1 },
  }],
  ["an address that objects inherit", "wrong_type", {
    ...TOKEN,
    email: "__proto__",
  }],
  ["a person's ID token", "wrong_type", {
    ...TOKEN,
    aud: "1008719970978.apps.googleusercontent.com",
    azp: "1008719970978.apps.googleusercontent.com",
    email: "alice@gmail.com",
    at_hash: "HK6E_P6Dh8Y93mRNtsDB1Q",
  }],
  ["a token for another service", "wrong_audience", {
    ...TOKEN,
    aud: "https://other-abc.a.run.app",
  }],
  ["an issuer without its scheme", "untrusted_issuer", {
    ...TOKEN,
    iss: "accounts.google.com",
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`googleServiceAccounts() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await google().present(claims, { typ: "JWT" }), verdict);
  });
}

test("googleServiceAccounts() takes the audience of a Cloud Run service", async () => {
  const { present } = google({ audience: "https://notes-abc.a.run.app" });
  assertEquals(
    await present({ ...TOKEN, aud: "https://notes-abc.a.run.app" }),
    {
      clientId: "107517467455664443765",
      scopes: ["notes:read", "notes:write"],
    },
  );
});

test("googleServiceAccounts() says what to change", () =>
  assertRefused(google, [
    ["name at least one", { accounts: {} }],
    ["name at least one", { accounts: undefined }],
    ["name a service account", { accounts: { "alice@gmail.com": [] } }],
    ['such as ["notes:read"]', { accounts: { [NIGHTLY]: "notes:read" } }],
    ["without spaces", { accounts: { [NIGHTLY]: ["notes:read notes:admin"] } }],
    ["Cannot use audience", { audience: "" }],
  ]));
