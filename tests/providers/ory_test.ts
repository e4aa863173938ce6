import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { ory, type OryOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://acme.projects.oryapis.com";
const METADATA = `${ISSUER}/.well-known/oauth-authorization-server`;

function project(options: Partial<OryOptions> = {}): Gate {
  return gate(ory({ domain: "acme.projects.oryapis.com", ...options }), {
    metadata: {
      [METADATA]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/oauth2/auth`,
        token_endpoint: `${ISSUER}/oauth2/token`,
        registration_endpoint: `${ISSUER}/oauth2/register`,
        jwks_uri: `${ISSUER}/.well-known/jwks.json`,
        code_challenge_methods_supported: ["plain", "S256"],
      },
    },
  });
}

const ACCESS = {
  iss: ISSUER,
  sub: "6b2ff1e2-6a1d-4d54-9c3c-0a1c1f0a3f1b",
  aud: [RESOURCE],
  client_id: "9b0f9d8e",
  ext: {},
  jti: "b0a8e4a0",
  nbf: TIMES.iat,
  scp: ["openid", "notes:read"],
  ...TIMES,
};
const CALLER = { clientId: "9b0f9d8e", scopes: ["openid", "notes:read"] };

const rows: readonly TokenRow[] = [
  ["an access token, by the list in scp", CALLER, ACCESS],
  ["an access token whose scope is a string", CALLER, {
    ...ACCESS,
    scp: undefined,
    scope: "openid notes:read",
  }],
  ["an access token whose consent granted no audience", "wrong_audience", {
    ...ACCESS,
    aud: [],
  }],
  ["an ID token", "wrong_type", {
    iss: ISSUER,
    sub: ACCESS.sub,
    aud: ["9b0f9d8e"],
    amr: ["password"],
    auth_time: TIMES.iat,
    at_hash: "p5Yk",
    rat: TIMES.iat,
    sid: "1",
    ...TIMES,
  }],
  [
    "an ID token, though a client were named like the resource",
    "wrong_type",
    {
      iss: ISSUER,
      sub: ACCESS.sub,
      aud: [RESOURCE],
      ...TIMES,
    },
  ],
  ["an access token for another resource", "wrong_audience", {
    ...ACCESS,
    aud: "https://other.example.com",
  }],
  ["an access token of another issuer", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://other.example.com",
  }],
  ["an issuer with a slash at its end", "untrusted_issuer", {
    ...ACCESS,
    iss: `${ISSUER}/`,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`ory() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await project().present(claims), verdict);
  });
}

/** An issuer of Hydra, where its metadata is, and one that differs in a slash. */
const issuers: readonly (readonly [
  why: string,
  issuer: string,
  openid: string,
  other: string,
])[] = [
  [
    "with a slash at its end",
    "https://auth.example.com/",
    "https://auth.example.com/.well-known/openid-configuration",
    "https://auth.example.com",
  ],
  [
    "without one",
    "https://auth.example.com",
    "https://auth.example.com/.well-known/openid-configuration",
    "https://auth.example.com/",
  ],
  [
    "with a path",
    "https://example.com/hydra",
    "https://example.com/hydra/.well-known/openid-configuration",
    "https://example.com/hydra/",
  ],
  [
    "with a path and a slash at its end",
    "https://example.com/hydra/",
    "https://example.com/hydra/.well-known/openid-configuration",
    "https://example.com/hydra",
  ],
];

for (const [why, issuer, openid, other] of issuers) {
  test(`ory() takes Hydra's issuer ${why} as it is`, async () => {
    const provider = ory({ issuer });
    assertEquals(provider.authorization_servers, [issuer]);
    const { present } = gate(provider, {
      metadata: {
        [openid]: { issuer, jwks_uri: "https://keys.example.com/jwks.json" },
      },
    });
    assertEquals(await present({ ...ACCESS, iss: issuer }), CALLER);
    assertEquals(
      await present({ ...ACCESS, iss: other }),
      "untrusted_issuer",
    );
  });
}

test("ory() finds the keys where Ory has them", async () => {
  const { present, requests } = project();
  await present(ACCESS);
  assertEquals(requests, [METADATA, `${ISSUER}/.well-known/jwks.json`]);
});

test("ory() takes another audience in place of the resource", async () => {
  const { present } = project({ audience: ["api://notes", "notes"] });
  assertEquals(await present({ ...ACCESS, aud: ["notes"] }), CALLER);
  assertEquals(await present(ACCESS), "wrong_audience");
});

test("ory() says what to change", () => {
  assertRefused(ory, [
    ["write one of them", {}],
    ["write one of them", { domain: "auth.example.com", issuer: ISSUER }],
    ["Cannot use domain", { domain: "" }],
    ["write the whole host", { domain: "acme" }],
    ["remove its path", { domain: "https://acme.example.com/oidc" }],
    ["use https", { domain: "http://acme.example.com" }],
    ["use https", { issuer: "http://acme.example.com" }],
    ["Cannot use", { issuer: "acme.example.com" }],
    ["Cannot use audience", { issuer: ISSUER, audience: "" }],
  ]);
});
