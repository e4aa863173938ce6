import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { zitadel, type ZitadelOptions } from "../../src/providers/mod.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { answerJson, testNetwork } from "../../src/testing/mod.ts";
import { firstOf } from "../../src/tokens/first_of.ts";
import { introspectionVerifier } from "../../src/tokens/introspection_verifier.ts";
import type { AccessTokenVerifier, IssuerRules } from "../../src/types.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
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
  ["a role that the client requested, and leaves it out", WRITER, {
    ...ACCESS,
    scope: "urn:zitadel:iam:org:project:role:admin",
    [ROLES_CLAIM]: ROLES,
  }],
  ["a role that was requested of a user without any, and leaves it out", {
    clientId: CLIENT,
    scopes: ["openid"],
  }, {
    ...ACCESS,
    scope: "openid  urn:zitadel:iam:org:project:role:writer",
  }],
  ["other requests of the client's, and leaves them out", {
    ...WRITER,
    scopes: ["openid", "profile", ...WRITER.scopes],
  }, {
    ...ACCESS,
    scope:
      `openid urn:zitadel:iam:org:projects:roles urn:zitadel:iam:org:project:id:${PROJECT}:aud profile`,
    [ROLES_CLAIM]: ROLES,
  }],
  ["a role in a list of scopes, and leaves it out", {
    clientId: CLIENT,
    scopes: [],
  }, {
    ...ACCESS,
    scope: ["urn:zitadel:iam:org:project:role:writer"],
    scp: ["urn:zitadel:iam:org:project:role:writer"],
  }],
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
  ["an ID token that tells its session alone", "wrong_type", {
    ...ACCESS,
    sid: ID.sid,
  }],
  ["an ID token that tells the methods of the login alone", "wrong_type", {
    ...ACCESS,
    amr: ID.amr,
  }],
  ["an ID token that tells the time of the login alone", "wrong_type", {
    ...ACCESS,
    auth_time: ID.auth_time,
  }],
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

/** As Zitadel answers: with what the client requested as `scope`, and with the login. */
const INTROSPECTED = {
  ...ACCESS,
  active: true,
  client_id: CLIENT,
  token_type: "Bearer",
  amr: ID.amr,
  auth_time: ID.auth_time,
  scope: "openid urn:zitadel:iam:org:project:role:admin",
};

const answers: readonly (readonly [
  why: string,
  scopes: readonly string[],
  answer: Readonly<Record<string, unknown>>,
])[] = [
  ["a requested role out", ["openid"], INTROSPECTED],
  ["a user's role in", ["openid", ...WRITER.scopes], {
    ...INTROSPECTED,
    [ROLES_CLAIM]: ROLES,
  }],
];

type Verify = (claims?: IssuerRules["claims"]) => AccessTokenVerifier;

const places: readonly (readonly [
  by: string,
  verifierOf: (verify: Verify, rules: IssuerRules) => AccessTokenVerifier,
])[] = [
  ["the resource's rules", (verify) => verify()],
  ["the verifier's claims", (verify, { claims }) => verify(claims)],
  ["firstOf()", (verify) => firstOf(verify())],
  ["a verifier that adds a claim", (verify) => {
    const introspect = verify();
    return async (token) => ({ ...await introspect(token), tenant: "acme" });
  }],
];

for (const [by, verifierOf] of places) {
  for (const [why, scopes, answer] of answers) {
    test(`zitadel() leaves ${why} where an introspection response is read by ${by}`, async () => {
      const { authorization_servers, issuers } = zitadel({
        domain: "acme.zitadel.cloud",
        projectId: PROJECT,
      });
      const network = testNetwork();
      network.serve(`${ISSUER}/oauth/v2/introspect`, answerJson(answer));
      const verify: Verify = (claims) =>
        introspectionVerifier({
          issuer: ISSUER,
          client: { client_id: "api", client_secret: "secret" },
          introspection_endpoint: `${ISSUER}/oauth/v2/introspect`,
          platform: network,
          claims,
        });
      let given: readonly string[] | undefined;
      const handle = protectResource((_request, { authInfo }) => {
        given = authInfo.scopes;
        return new Response();
      }, {
        metadata: { resource: RESOURCE, authorization_servers },
        issuers,
        platform: network,
        verifyAccessToken: verifierOf(verify, issuers[ISSUER]!),
      });
      const authorization = "Bearer opaque";
      await handle(new Request(RESOURCE, { headers: { authorization } }));
      assertEquals(given, scopes);
    });
  }
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
    ["a number", { projectId: "p1" }],
    ["a number", { projectId: "1p" }],
    ["Cannot use projectId", { projectId: "" }],
  ]));
