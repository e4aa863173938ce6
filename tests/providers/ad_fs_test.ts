import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { adFs, type AdFsOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://adfs.example.com/adfs";
const TRUST = "http://adfs.example.com/adfs/services/trust";
const METADATA = `${ISSUER}/.well-known/openid-configuration`;

function farm(options: Partial<AdFsOptions> = {}): Gate {
  return gate(adFs({ domain: "adfs.example.com", ...options }), {
    metadata: {
      [METADATA]: {
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/oauth2/authorize/`,
        token_endpoint: `${ISSUER}/oauth2/token/`,
        jwks_uri: `${ISSUER}/discovery/keys`,
        access_token_issuer: TRUST,
        microsoft_multi_refresh_token: true,
      },
    },
  });
}

const APP = "60b3d106-d155-4f9f-ba75-84b8078829fa";
const ACCESS = {
  aud: RESOURCE,
  iss: TRUST,
  apptype: "Confidential",
  appid: APP,
  authmethod: "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
  auth_time: "2027-01-15T07:00:00.918Z",
  ver: "1.0",
  scp: "notes.read openid",
  sub: "xBZpMT9zNKNyMjFsj4CF80crrwS/ATrfkgm4n4iYDFw=",
  ...TIMES,
};
const CALLER = { clientId: APP, scopes: ["notes.read", "openid"] };

/** AD FS names its keys by `x5t`, and not always by `kid`. */
const X5T = { typ: "JWT", x5t: "l_OZUmitFFug_qgT4aBrvnyxm94", kid: undefined };

const rows: readonly TokenRow[] = [
  ["an access token", CALLER, ACCESS, { typ: "JWT" }],
  ["an access token without kid", CALLER, ACCESS, X5T],
  ["an access token that names no client", {
    clientId: "",
    scopes: ["notes.read", "openid"],
  }, { ...ACCESS, appid: undefined }],
  ["an ID token", "untrusted_issuer", {
    aud: RESOURCE,
    iss: ISSUER,
    auth_time: TIMES.iat,
    sub: ACCESS.sub,
    upn: "alice@example.com",
    ...TIMES,
  }, { typ: "JWT" }],
  ["an access token for the user's information", "wrong_audience", {
    ...ACCESS,
    aud: "urn:microsoft:userinfo",
  }],
  ["an access token of another farm", "untrusted_issuer", {
    ...ACCESS,
    iss: "http://other.example.com/adfs/services/trust",
  }],
  ["an issuer with https, which is another string", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://adfs.example.com/adfs/services/trust",
  }],
];

for (const [why, verdict, claims, header] of rows) {
  test(`adFs() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await farm().present(claims, header), verdict);
  });
}

test("adFs() finds the keys by its issuer's metadata, and fetches nothing from what tokens name", async () => {
  const { present, requests } = farm();
  await present(ACCESS);
  assertEquals(requests, [
    "https://adfs.example.com/.well-known/oauth-authorization-server/adfs",
    "https://adfs.example.com/.well-known/openid-configuration/adfs",
    METADATA,
    `${ISSUER}/discovery/keys`,
  ]);
});

test("adFs() reads the time of the login, which AD FS writes as a date", () => {
  const { issuers } = adFs({ domain: "adfs.example.com" });
  const claims = issuers[ISSUER]!.claims!;
  for (
    const [written, read] of [
      ["2027-01-15T07:00:00.918Z", 1_799_996_400],
      [TIMES.iat, TIMES.iat],
      ["yesterday", "yesterday"],
      [undefined, undefined],
    ]
  ) {
    assertEquals(claims({ auth_time: written }).auth_time, read);
  }
});

test("adFs() accepts another audience and another federation service identifier", async () => {
  const audience = "microsoft:identityserver:notes";
  const tokenIssuer = "urn:federation:acme";
  const { present } = farm({ audience, tokenIssuer });
  const claims = { ...ACCESS, aud: audience, iss: tokenIssuer };
  assertEquals(await present(claims), CALLER);
  assertEquals(await present({ ...claims, iss: TRUST }), "untrusted_issuer");
  assertEquals(await present({ ...claims, aud: RESOURCE }), "wrong_audience");
});

test("adFs() spells the issuer, and what tokens name", () => {
  for (
    const domain of [
      "adfs.example.com",
      "https://adfs.example.com",
      "https://adfs.example.com/",
      "https://adfs.example.com/adfs",
      "https://adfs.example.com/adfs/",
      "https://adfs.example.com/ADFS",
    ]
  ) {
    const { authorization_servers, issuers } = adFs({ domain });
    assertEquals(authorization_servers, [ISSUER]);
    assertEquals(issuers[ISSUER]?.token_issuer, TRUST);
  }
});

test("adFs() says what to change", () =>
  assertRefused(farm, [
    ["Cannot use domain", { domain: undefined }],
    ["write the whole host", { domain: "adfs" }],
    ["use https", { domain: "http://adfs.example.com" }],
    ["remove its path", { domain: "https://adfs.example.com/x" }],
    ["Cannot use tokenIssuer", { tokenIssuer: "" }],
    ["Cannot use audience", { audience: "" }],
  ]));
