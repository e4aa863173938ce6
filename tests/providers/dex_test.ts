import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { dex, type DexOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://dex.example.com/dex";

function server(options: Partial<DexOptions> = {}): Gate {
  return gate(dex({ issuer: ISSUER, audience: "notes", ...options }), {
    metadata: {
      [`${ISSUER}/.well-known/openid-configuration`]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/auth`,
        token_endpoint: `${ISSUER}/token`,
        jwks_uri: `${ISSUER}/keys`,
        code_challenge_methods_supported: ["S256", "plain"],
      },
    },
  });
}

/** Dex makes an access token as it makes an ID token, over a random value in the access token's place. */
const ACCESS = {
  iss: ISSUER,
  sub: "CgdhbGljZS0xEgVsb2NhbA",
  aud: "notes",
  at_hash: "5GyGDFsrPNQYxKYVd0w8hA",
  email: "alice@example.com",
  email_verified: true,
  name: "alice",
  ...TIMES,
};
const NOTES = { clientId: "notes", scopes: [] };

const rows: readonly TokenRow[] = [
  ["an access token", NOTES, ACCESS],
  ["an access token of a client that asked for the audience", {
    clientId: "inspector",
    scopes: [],
  }, { ...ACCESS, aud: ["notes", "inspector"], azp: "inspector" }],
  [
    "an ID token of a refresh, from which nothing tells an access token",
    NOTES,
    { ...ACCESS, nonce: "n-0S6_WzA2Mj" },
  ],
  ["an ID token of a login", "wrong_type", {
    ...ACCESS,
    c_hash: "LDktKdoQak3Pk0cnXxCltA",
  }],
  ["an access token for another client", "wrong_audience", {
    ...ACCESS,
    aud: "inspector",
  }],
  ["an access token of another Dex", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://other.example.com/dex",
  }],
  ["a logout token", "wrong_type", {
    ...ACCESS,
    events: { "http://schemas.openid.net/event/backchannel-logout": {} },
  }],
];

for (const [why, verdict, claims, header] of rows) {
  test(`dex() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await server().present(claims, header), verdict);
  });
}

test("dex() takes any one of several audiences", async () => {
  const { present } = server({ audience: ["notes", "dates"] });
  assertEquals(await present({ ...ACCESS, aud: "dates" }), {
    clientId: "dates",
    scopes: [],
  });
  assertEquals(await present({ ...ACCESS, aud: "x" }), "wrong_audience");
});

test("dex() finds the keys below its issuer", async () => {
  const { present, requests } = server();
  await present(ACCESS);
  assertEquals(requests.slice(-2), [
    `${ISSUER}/.well-known/openid-configuration`,
    `${ISSUER}/keys`,
  ]);
});

test("dex() says what to change", () =>
  assertRefused(server, [
    ["Cannot use issuer", { issuer: undefined }],
    ["Cannot use issuer", { issuer: "dex.example.com" }],
    ["use https", { issuer: "http://dex.example.com" }],
    [
      "write the issuer that the document at this URL names",
      { issuer: `${ISSUER}/.well-known/openid-configuration` },
    ],
    ["write the ID of a client", { audience: undefined }],
    ["Cannot use audience", { audience: "" }],
    ["Cannot use audience", { audience: [] }],
  ]));
