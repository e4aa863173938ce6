import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { AccessTokenError } from "../../src/errors.ts";
import { okta, type OktaOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ISSUER = "https://acme.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9";
const METADATA =
  "https://acme.okta.com/.well-known/oauth-authorization-server/oauth2/aus1a2b3c4d5e6f7g8h9";

function organization(options: Partial<OktaOptions> = {}): Gate {
  return gate(
    okta({
      domain: "acme.okta.com",
      audience: RESOURCE,
      authorizationServerId: "aus1a2b3c4d5e6f7g8h9",
      ...options,
    }),
    {
      metadata: {
        [METADATA]: {
          issuer: ISSUER,
          authorization_endpoint: `${ISSUER}/v1/authorize`,
          token_endpoint: `${ISSUER}/v1/token`,
          registration_endpoint: "https://acme.okta.com/oauth2/v1/clients",
          jwks_uri: `${ISSUER}/v1/keys`,
          code_challenge_methods_supported: ["S256"],
        },
      },
    },
  );
}

const ACCESS = {
  ver: 1,
  jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
  iss: ISSUER,
  aud: RESOURCE,
  sub: "alice@example.com",
  cid: "nmdP1fcyvdVO11AL7ECm",
  uid: "00ujmkLgagxeRrAg20g3",
  scp: ["openid", "notes:read"],
  auth_time: TIMES.iat,
  ...TIMES,
};
const ID = {
  ver: 1,
  sub: "00uid4BxXw6I6TV4m0g3",
  name: "John Doe",
  iss: ISSUER,
  aud: "nmdP1fcyvdVO11AL7ECm",
  jti: "ID.4eAWJOCMB3SX8XewDfVR",
  amr: ["pwd"],
  idp: "00ok1u7AsAkrwdZL3z0g3",
  auth_time: TIMES.iat,
  ...TIMES,
};

const rows: readonly TokenRow[] = [
  ["an access token, by cid and the list in scp", {
    clientId: "nmdP1fcyvdVO11AL7ECm",
    scopes: ["openid", "notes:read"],
  }, ACCESS],
  ["a service's access token", {
    clientId: "0oaMachine",
    scopes: ["notes:read"],
  }, {
    ...ACCESS,
    sub: "0oaMachine",
    cid: "0oaMachine",
    uid: undefined,
    scp: ["notes:read"],
  }],
  ["an ID token", "wrong_type", ID],
  ["an ID token that has at_hash", "wrong_type", {
    ...ID,
    at_hash: "cpqKfdQA5eH891Ff5oJr_Q",
  }],
  ["an ID token, though a client were named like the audience", "wrong_type", {
    ...ID,
    aud: RESOURCE,
  }],
  ["an access token for another audience", "wrong_audience", {
    ...ACCESS,
    aud: "api://default",
  }],
  ["an access token of another authorization server", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://acme.okta.com/oauth2/default",
  }],
  ["an access token of the organization's own server", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://acme.okta.com",
    aud: "https://acme.okta.com",
  }],
  ["an access token of another organization", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://other.okta.com/oauth2/aus1a2b3c4d5e6f7g8h9",
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`okta() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await organization().present(claims), verdict);
  });
}

test("okta() refuses the type that the organization's own server writes", async () => {
  const header = { typ: "application/okta-internal-at+jwt" };
  assertEquals(await organization().present(ACCESS, header), "wrong_type");
});

test("okta() finds the keys by RFC 8414 at the first place", async () => {
  const { present, requests } = organization();
  await present(ACCESS);
  assertEquals(requests, [METADATA, `${ISSUER}/v1/keys`]);
});

test("okta() takes the authorization server that every organization has", () => {
  const { authorization_servers } = okta({
    domain: "https://acme.okta.com/",
    audience: "api://default",
  });
  assertEquals(authorization_servers, ["https://acme.okta.com/oauth2/default"]);
});

for (const domain of ["sso-admin.example.com", "sso-admin.okta.com.example"]) {
  test(`okta() accepts ${domain}, which is not a console of Okta's`, () => {
    const { authorization_servers } = okta({
      domain,
      audience: "api://default",
    });
    assertEquals(authorization_servers, [`https://${domain}/oauth2/default`]);
  });
}

test("okta() takes the server's audience and the resource", async () => {
  const { present } = organization({ audience: ["api://default", RESOURCE] });
  const caller = {
    clientId: "nmdP1fcyvdVO11AL7ECm",
    scopes: ["openid", "notes:read"],
  };
  assertEquals(await present(ACCESS), caller);
  assertEquals(await present({ ...ACCESS, aud: "api://default" }), caller);
});

test("okta() says what to change", () =>
  assertRefused(organization, [
    ["remove -admin", { domain: "acme-admin.okta.com" }],
    ["remove -admin", { domain: "https://acme-admin.oktapreview.com" }],
    ["remove -admin", { domain: "https://acme-admin.okta.com:443/" }],
    ["remove -admin", { domain: "acme-admin.okta-emea.com" }],
    ["remove -admin", { domain: "acme-admin.okta-gov.com" }],
    ["remove -admin", { domain: "ACME-ADMIN.OKTA-GOV.COM" }],
    ["remove -admin", { domain: "acme-admin.okta.mil" }],
    ["remove -admin", { domain: "acme-admin.okta-miltest.com" }],
    ["remove -admin", { domain: "acme-admin.trex-govcloud.com" }],
    ["remove its path", { domain: ISSUER }],
    ["copy it from the authorization server's page", { audience: undefined }],
    ["Cannot use audience", { audience: "" }],
    ["Cannot use authorizationServerId", { authorizationServerId: "" }],
    ["write a custom authorization server's ID", {
      authorizationServerId: ISSUER,
    }],
  ]));

const responses: readonly (readonly [
  why: string,
  isRead: boolean,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["client_id", true, { active: true, client_id: "client-1" }],
  ["no client", false, { active: true, cid: "client-1" }],
  ["client_id, if it is none", false, { client_id: "client-1" }],
];

for (const [why, isRead, claims] of responses) {
  test(`okta() ${isRead ? "reads" : "refuses"} an introspection response with ${why}`, () => {
    const { authorization_servers, issuers } = okta({
      domain: "acme.okta.com",
      audience: RESOURCE,
    });
    const { claims: read } = issuers[authorization_servers[0]!]!;
    if (isRead) assertEquals(read!(claims), claims);
    else assertThrows(() => read!(claims), AccessTokenError);
  });
}
