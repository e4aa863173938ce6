import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { zitadel, type ZitadelOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://acme.zitadel.cloud";
const PROJECT = "69234237810729019";
const CLIENT = "69234237810729234";
const OPENID = `${ISSUER}/.well-known/openid-configuration`;

function instance(options: Partial<ZitadelOptions> = {}): Gate {
  return gate(
    zitadel({ domain: "acme.zitadel.cloud", projectId: PROJECT, ...options }),
    {
      metadata: {
        [OPENID]: {
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/oauth/v2/authorize`,
          token_endpoint: `${ISSUER}/oauth/v2/token`,
          jwks_uri: `${ISSUER}/oauth/v2/keys`,
          code_challenge_methods_supported: ["S256"],
        },
      },
    },
  );
}

const ROLES_CLAIM = `urn:zitadel:iam:org:project:${PROJECT}:roles`;
const ROLES = { writer: { "178204173316174381": "acme.zitadel.cloud" } };
const ACCESS = {
  iss: ISSUER,
  sub: "77776025198584418",
  aud: [CLIENT, PROJECT],
  azp: CLIENT,
  nbf: TIMES.iat,
  jti: "69234237813329048",
  ...TIMES,
};
const ID = {
  iss: ISSUER,
  sub: "77776025198584418",
  aud: [CLIENT, PROJECT],
  azp: CLIENT,
  amr: ["pwd", "mfa"],
  auth_time: TIMES.iat,
  sid: "291693710356251044",
  [ROLES_CLAIM]: ROLES,
  ...TIMES,
};
const WRITER = {
  clientId: CLIENT,
  scopes: ["urn:zitadel:iam:org:project:role:writer"],
};

const rows: readonly TokenRow[] = [
  [
    "an access token, which has no scope",
    { clientId: CLIENT, scopes: [] },
    ACCESS,
  ],
  ["an access token, whose roles stand for scopes", WRITER, {
    ...ACCESS,
    [ROLES_CLAIM]: ROLES,
    "urn:zitadel:iam:org:project:roles": ROLES,
  }],
  ["the roles on another project, and leaves them out", WRITER, {
    ...ACCESS,
    [ROLES_CLAIM]: ROLES,
    "urn:zitadel:iam:org:project:11111111111111111:roles": {
      admin: { "178204173316174381": "acme.zitadel.cloud" },
    },
  }],
  ["the roles on a client's own project, and leaves them out", WRITER, {
    ...ACCESS,
    [ROLES_CLAIM]: ROLES,
    "urn:zitadel:iam:org:project:roles": {
      admin: { "266666666666666666": "evil.zitadel.cloud" },
    },
  }],
  ["roles in a list", WRITER, { ...ACCESS, [ROLES_CLAIM]: [ROLES] }],
  ["a scope beside the roles", {
    ...WRITER,
    scopes: ["openid", "urn:zitadel:iam:org:project:role:writer"],
  }, { ...ACCESS, scope: "openid", [ROLES_CLAIM]: ROLES }],
  ["roles of another form, and leaves them out", {
    clientId: CLIENT,
    scopes: [],
  }, {
    ...ACCESS,
    scope: [7, null, {}],
    [ROLES_CLAIM]: ["writer", null, 1, { "writer admin": {} }],
  }],
  ["an ID token, which has the project in aud", "wrong_type", ID],
  ["an ID token that has jti", "wrong_type", { ...ID, jti: "1" }],
  ["a token of no ID", "wrong_type", { ...ACCESS, jti: undefined }],
  ["an access token for another project", "wrong_audience", {
    ...ACCESS,
    aud: [CLIENT, "11111111111111111"],
  }],
  ["an access token of another instance", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://other.zitadel.cloud",
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`zitadel() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await instance().present(claims), verdict);
  });
}

test("zitadel() finds the instance's keys by OpenID Connect Discovery", async () => {
  const { present, requests } = instance();
  await present(ACCESS);
  assertEquals(requests, [
    `${ISSUER}/.well-known/oauth-authorization-server`,
    OPENID,
    `${ISSUER}/oauth/v2/keys`,
  ]);
});

test("zitadel() says what to change", () =>
  assertRefused(instance, [
    ["Cannot use domain", { domain: undefined }],
    ["write the project's ID, a number", { projectId: "notes" }],
    ["Cannot use projectId", { projectId: "" }],
  ]));
