import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { entraId, type EntraIdOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  KEY,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const TENANT = "08541b6e-646d-43de-a0eb-834e6713d6d5";
const API = "835f09b6-0f0f-40cc-85cb-f32c5829a149";
const CLIENT = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
const OTHER = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
const ISSUER_V1 = `https://sts.windows.net/${TENANT}/`;
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const JWKS = `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`;
const JWKS_V1 = `https://login.microsoftonline.com/${TENANT}/discovery/keys`;

/** As Entra publishes it: without `code_challenge_methods_supported`. */
const METADATA = {
  [OPENID]: {
    issuer: ISSUER,
    authorization_endpoint:
      `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/authorize`,
    token_endpoint:
      `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
    jwks_uri: JWKS,
    response_types_supported: ["code", "id_token", "code id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
  },
};

function tenant(
  options: Partial<EntraIdOptions> = {},
  jwks_uri: string = JWKS,
): Gate {
  return gate(entraId({ tenantId: TENANT, clientId: API, ...options }), {
    metadata: METADATA,
    jwks_uri,
  });
}

const USER = {
  aud: API,
  iss: ISSUER,
  nbf: TIMES.iat,
  aio: "ASQA2/8PAAAA",
  azp: CLIENT,
  azpacr: "0",
  name: "Abe Lincoln",
  oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
  preferred_username: "abeli@microsoft.com",
  rh: "I",
  scp: "notes.read notes.write",
  sub: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
  tid: TENANT,
  uti: "fqiBqXLPj0eQa82S-IYFAA",
  ver: "2.0",
  ...TIMES,
};
const APPLICATION = {
  aud: API,
  iss: ISSUER,
  nbf: TIMES.iat,
  azp: CLIENT,
  azpacr: "1",
  oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
  roles: ["Notes.Read.All"],
  sub: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
  tid: TENANT,
  ver: "2.0",
  ...TIMES,
};
const USER_V1 = {
  aud: `api://${API}`,
  iss: ISSUER_V1,
  nbf: TIMES.iat,
  acr: "1",
  amr: ["pwd"],
  appid: CLIENT,
  appidacr: "0",
  oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
  scp: "notes.read",
  sub: "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA",
  tid: TENANT,
  unique_name: "abeli@microsoft.com",
  ver: "1.0",
  ...TIMES,
};
const ID = {
  aud: API,
  iss: ISSUER,
  nbf: TIMES.iat,
  name: "Abe Lincoln",
  nonce: "123523",
  oid: "690222be-ff1a-4d56-abd1-7e4f7d38e474",
  preferred_username: "abeli@microsoft.com",
  roles: ["Notes.Admin"],
  sub: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
  tid: TENANT,
  ver: "2.0",
  ...TIMES,
};

const HEADER = { typ: "JWT", x5t: KEY.kid };

const rows: readonly TokenRow[] = [
  ["a user's access token, by both names of each scope", {
    clientId: CLIENT,
    scopes: [
      "notes.read",
      "notes.write",
      `api://${API}/notes.read`,
      `api://${API}/notes.write`,
    ],
  }, USER],
  ["a user's access token, whose roles are not what the client was granted", {
    clientId: CLIENT,
    scopes: ["notes.read", `api://${API}/notes.read`],
  }, { ...USER, scp: "notes.read", roles: ["Notes.Admin"] }],
  ["an application's access token, by its roles", {
    clientId: CLIENT,
    scopes: ["Notes.Read.All"],
  }, APPLICATION],
  [
    "an access token without scp and roles, as any application gets it",
    "missing_claim",
    {
      ...APPLICATION,
      roles: undefined,
    },
  ],
  ["an application's access token whose scp is empty", {
    clientId: CLIENT,
    scopes: ["Notes.Read.All"],
  }, { ...APPLICATION, scp: "" }],
  ["an empty scp", "missing_claim", { ...USER, scp: " " }],
  ["an empty list of roles", "missing_claim", { ...APPLICATION, roles: [] }],
  ["a scp that is a list", "missing_claim", { ...USER, scp: ["notes.read"] }],
  ["an ID token for the same registration", "wrong_type", ID],
  ["an ID token without roles", "wrong_type", { ...ID, roles: undefined }],
  ["an access token for another API", "wrong_audience", {
    ...USER,
    aud: "00000003-0000-0000-c000-000000000000",
  }],
  ["an access token for the client itself", "wrong_audience", {
    ...USER,
    aud: CLIENT,
  }],
  ["an access token of another tenant", "untrusted_issuer", {
    ...USER,
    iss: `https://login.microsoftonline.com/${OTHER}/v2.0`,
    tid: OTHER,
  }],
  ["an access token of version 1 of another tenant", "untrusted_issuer", {
    ...USER_V1,
    iss: `https://sts.windows.net/${OTHER}/`,
    tid: OTHER,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`entraId() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await tenant().present(claims, HEADER), verdict);
  });
}

const firstRows: readonly TokenRow[] = [
  ["a user's access token for the Application ID URI", {
    clientId: CLIENT,
    scopes: ["notes.read", `api://${API}/notes.read`],
  }, USER_V1],
  ["a user's access token for the client ID", {
    clientId: CLIENT,
    scopes: ["notes.read", `api://${API}/notes.read`],
  }, { ...USER_V1, aud: API }],
  ["an application's access token", {
    clientId: CLIENT,
    scopes: ["Notes.Read.All"],
  }, { ...USER_V1, scp: undefined, roles: ["Notes.Read.All"] }],
  ["an ID token", "wrong_type", {
    ...ID,
    iss: ISSUER_V1,
    ver: "1.0",
  }],
  ["an access token for another API", "wrong_audience", {
    ...USER_V1,
    aud: "https://graph.microsoft.com",
  }],
];

for (const [why, verdict, claims] of firstRows) {
  test(`entraId() ${verb(verdict)} ${why} of version 1`, async () => {
    const { present, requests } = tenant({}, JWKS_V1);
    assertEquals(await present(claims, HEADER), verdict);
    assertEquals(requests, typeof verdict === "string" ? [] : [JWKS_V1]);
  });
}

test("entraId() finds the tenant's keys below its issuer", async () => {
  const { present, requests } = tenant();
  await present(USER, HEADER);
  assertEquals(requests, [
    `https://login.microsoftonline.com/.well-known/oauth-authorization-server/${TENANT}/v2.0`,
    `https://login.microsoftonline.com/.well-known/openid-configuration/${TENANT}/v2.0`,
    OPENID,
    JWKS,
  ]);
});

test("entraId() names scopes by the Application ID URI, which may be the resource", async () => {
  const { present } = tenant({ applicationIdUri: RESOURCE });
  const caller = {
    clientId: CLIENT,
    scopes: ["notes.read", `${RESOURCE}/notes.read`],
  };
  assertEquals(await present({ ...USER, scp: "notes.read" }, HEADER), caller);
  const first = tenant({ applicationIdUri: RESOURCE }, JWKS_V1);
  assertEquals(await first.present({ ...USER_V1, aud: RESOURCE }), caller);
  assertEquals(await first.present(USER_V1), "wrong_audience");
});

/** An `aud` that version 1 writes for an application with two URIs, and whether it is accepted. */
const uriRows: readonly (readonly [why: string, aud: string, is: boolean])[] = [
  ["the first URI", RESOURCE, true],
  ["the first URI, with a slash at its end", `${RESOURCE}/`, true],
  [
    "the second URI, which ends with a slash",
    "https://notes.example.com/",
    true,
  ],
  ["the second URI, without its slash", "https://notes.example.com", true],
  ["the client ID", API, true],
  ["the client ID, with a slash at its end", `${API}/`, false],
  ["a URI of another application", "https://other.example.com", false],
  ["a URI with two slashes at its end", `${RESOURCE}//`, false],
  ["a URI below one of the application's", `${RESOURCE}/admin`, false],
];

for (const [why, aud, is] of uriRows) {
  test(`entraId() ${is ? "accepts" : "refuses"} a token of version 1 for ${why}`, async () => {
    const uris = [RESOURCE, "https://notes.example.com/"];
    const { present } = tenant({ applicationIdUri: uris }, JWKS_V1);
    const caller = {
      clientId: CLIENT,
      scopes: ["notes.read", ...uris.map((uri) => `${uri}/notes.read`)],
    };
    assertEquals(
      await present({ ...USER_V1, aud }),
      is ? caller : "wrong_audience",
    );
  });
}

test("entraId() trusts only version 2 with version1: false", async () => {
  const { authorization_servers, issuers } = entraId({
    tenantId: TENANT,
    clientId: API,
    version1: false,
  });
  assertEquals(authorization_servers, [ISSUER]);
  assertEquals(Object.keys(issuers), [ISSUER]);
  const { present } = tenant({ version1: false });
  assertEquals(await present(USER_V1), "untrusted_issuer");
  assertEquals(typeof await present(USER, HEADER), "object");
});

test("entraId() sends clients to version 2", () => {
  const { authorization_servers } = entraId({
    tenantId: TENANT.toUpperCase(),
    clientId: API.toUpperCase(),
  });
  assertEquals(authorization_servers, [ISSUER, ISSUER_V1]);
});

test("entraId() takes a tenant elsewhere by its authority, without version 1", () => {
  const external = entraId({
    tenantId: TENANT,
    clientId: API,
    authority: `https://${TENANT}.ciamlogin.com`,
  });
  assertEquals(external.authorization_servers, [
    `https://${TENANT}.ciamlogin.com/${TENANT}/v2.0`,
  ]);
  const government = entraId({
    tenantId: TENANT,
    clientId: API,
    authority: "login.microsoftonline.us",
  });
  assertEquals(government.authorization_servers, [
    `https://login.microsoftonline.us/${TENANT}/v2.0`,
  ]);
});

test("entraId() says what to change", () =>
  assertRefused(tenant, [
    ["stands for many issuers", { tenantId: "common" }],
    ["stands for many issuers", { tenantId: "organizations" }],
    ["stands for many issuers", { tenantId: "consumers" }],
    ["do not name the tenant by its domain", {
      tenantId: "contoso.onmicrosoft.com",
    }],
    ["tenantId", { tenantId: `${TENANT}0` }],
    ["tenantId", { tenantId: `0${TENANT}` }],
    ["Cannot use tenantId", { tenantId: undefined }],
    ["write the Application (client) ID", { clientId: `api://${API}` }],
    ["Cannot use clientId", { clientId: "" }],
    ["Cannot use applicationIdUri", { applicationIdUri: "" }],
    ["Cannot use applicationIdUri", { applicationIdUri: [] }],
    ["Cannot use applicationIdUri", { applicationIdUri: [RESOURCE, ""] }],
    ["Cannot use version1", { version1: 2 }],
    ["remove its path", { authority: ISSUER }],
  ]));
