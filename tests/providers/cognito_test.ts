import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { cognito, type CognitoOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  type Published,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const POOL = "eu-central-1_AbCdEf123";
const ISSUER = `https://cognito-idp.eu-central-1.amazonaws.com/${POOL}`;
const UPDATED = `https://issuer-cognito-idp.eu-central-1.amazonaws.com/${POOL}`;
const CLIENT = "1example23456789";

const PUBLISHED: Published = {
  metadata: {
    [`${ISSUER}/.well-known/openid-configuration`]: {
      issuer: ISSUER,
      authorization_endpoint:
        "https://acme.auth.eu-central-1.amazoncognito.com/oauth2/authorize",
      token_endpoint:
        "https://acme.auth.eu-central-1.amazoncognito.com/oauth2/token",
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ["RS256"],
    },
    [`${UPDATED}/.well-known/openid-configuration`]: {
      issuer: UPDATED,
      jwks_uri: `${UPDATED}/.well-known/jwks.json`,
    },
  },
};

function pool(options: Partial<CognitoOptions> = {}): Gate {
  return gate(
    cognito({
      userPoolId: POOL,
      resource: RESOURCE,
      clientIds: [CLIENT, "2example23456789"],
      ...options,
    }),
    PUBLISHED,
  );
}

const ACCESS = {
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  "cognito:groups": ["testgroup"],
  iss: ISSUER,
  version: 2,
  client_id: CLIENT,
  origin_jti: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  token_use: "access",
  scope: `openid ${RESOURCE}/notes.read`,
  auth_time: TIMES.iat,
  jti: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  username: "my-test-user",
  ...TIMES,
};
const BOUND = { ...ACCESS, aud: RESOURCE };
const ID = {
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  "cognito:groups": ["testgroup"],
  iss: ISSUER,
  "cognito:username": "my-test-user",
  aud: CLIENT,
  event_id: "64f513be-32db-42b0-b78e-b02127b4f463",
  token_use: "id",
  auth_time: TIMES.iat,
  ...TIMES,
};
const CALLER = {
  clientId: CLIENT,
  scopes: ["openid", `${RESOURCE}/notes.read`],
};

const rows: readonly TokenRow[] = [
  [
    "an access token that was bound to nothing, of a client that may call",
    CALLER,
    ACCESS,
  ],
  ["an access token that was bound to the resource", CALLER, BOUND],
  ["an access token of a pool whose issuer was updated", CALLER, {
    ...BOUND,
    iss: UPDATED,
  }],
  ["an ID token of a pool whose issuer was updated", "wrong_type", {
    ...ID,
    iss: UPDATED,
  }],
  [
    "an access token of another pool whose issuer was updated",
    "untrusted_issuer",
    {
      ...BOUND,
      iss:
        "https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other1234",
    },
  ],
  ["a machine's access token", {
    clientId: "2example23456789",
    scopes: ["notes/notes.read"],
  }, {
    sub: "2example23456789",
    token_use: "access",
    scope: "notes/notes.read",
    auth_time: TIMES.iat,
    iss: ISSUER,
    version: 2,
    jti: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    client_id: "2example23456789",
    ...TIMES,
  }],
  ["an ID token of a client that may call", "wrong_type", ID],
  ["an access token of another client", "wrong_audience", {
    ...ACCESS,
    client_id: "3example23456789",
  }],
  [
    "another client's access token that was bound to the resource",
    "wrong_audience",
    {
      ...BOUND,
      client_id: "3example23456789",
    },
  ],
  ["an access token that was bound to another resource", "wrong_audience", {
    ...ACCESS,
    aud: "https://other.example.com",
  }],
  ["an access token of no client", "wrong_audience", {
    ...ACCESS,
    client_id: undefined,
  }],
  ["a list for a client", "wrong_audience", { ...ACCESS, client_id: [CLIENT] }],
  ["a token that does not say what it is for", "wrong_type", {
    ...BOUND,
    token_use: undefined,
  }],
  ["an access token of another pool", "untrusted_issuer", {
    ...ACCESS,
    iss:
      "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other1234",
  }],
  ["an access token of another region", "untrusted_issuer", {
    ...ACCESS,
    iss: `https://cognito-idp.us-east-1.amazonaws.com/${POOL}`,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`cognito() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await pool().present(claims), verdict);
  });
}

/** As before, where no clients are named. */
const openRows: readonly TokenRow[] = [
  ["an access token that was bound to the resource, of any client", {
    ...CALLER,
    clientId: "3example23456789",
  }, { ...BOUND, client_id: "3example23456789" }],
  [
    "an access token that was bound to the resource, of the updated issuer",
    CALLER,
    { ...BOUND, iss: UPDATED },
  ],
  ["an access token that was bound to nothing", "missing_claim", ACCESS],
  ["an ID token", "wrong_type", ID],
];

for (const [why, verdict, claims] of openRows) {
  test(`cognito() without clientIds ${verb(verdict)} ${why}`, async () => {
    const provider = cognito({ userPoolId: POOL, resource: RESOURCE });
    const { present } = gate(provider, PUBLISHED);
    assertEquals(await present(claims), verdict);
  });
}

test("cognito() finds the pool's keys below its issuer", async () => {
  const { present, requests } = pool();
  await present(ACCESS);
  assertEquals(requests, [
    `https://cognito-idp.eu-central-1.amazonaws.com/.well-known/oauth-authorization-server/${POOL}`,
    `https://cognito-idp.eu-central-1.amazonaws.com/.well-known/openid-configuration/${POOL}`,
    `${ISSUER}/.well-known/openid-configuration`,
    `${ISSUER}/.well-known/jwks.json`,
  ]);
});

test("cognito() finds the keys of the updated issuer below it", async () => {
  const { present, requests } = pool();
  await present({ ...ACCESS, iss: UPDATED });
  assertEquals(requests.slice(-2), [
    `${UPDATED}/.well-known/openid-configuration`,
    `${UPDATED}/.well-known/jwks.json`,
  ]);
});

test("cognito() sends clients to the original issuer, or to the updated one if it is the pool's", () => {
  const options = { userPoolId: POOL, resource: RESOURCE };
  assertEquals(cognito(options).authorization_servers, [ISSUER, UPDATED]);
  const updated = cognito({ ...options, issuerType: "UPDATED" });
  assertEquals(updated.authorization_servers, [UPDATED, ISSUER]);
});

test("cognito() knows a pool's region by its ID", () => {
  const issuers = [
    ["us-gov-west-1_AbCdEf123", "us-gov-west-1.amazonaws.com"],
    ["ap-southeast-2_AbCdEf123", "ap-southeast-2.amazonaws.com"],
    ["cn-north-1_AbCdEf123", "cn-north-1.amazonaws.com.cn"],
  ] as const;
  for (const [userPoolId, domain] of issuers) {
    const { authorization_servers } = cognito({
      userPoolId,
      resource: RESOURCE,
    });
    assertEquals(authorization_servers, [
      `https://cognito-idp.${domain}/${userPoolId}`,
      `https://issuer-cognito-idp.${domain}/${userPoolId}`,
    ]);
  }
});

test("cognito() says what to change", () =>
  assertRefused(pool, [
    ["Cannot use userPoolId", { userPoolId: undefined }],
    ["write it whole", { userPoolId: "AbCdEf123" }],
    ["write it whole", { userPoolId: `${POOL}/` }],
    ["Cannot use resource", { resource: undefined }],
    ["Cannot use resource", { resource: "notes" }],
    ["list at least one app client", { clientIds: [] }],
    ["list at least one app client", { clientIds: CLIENT }],
    ["Cannot use clientIds", { clientIds: [CLIENT, undefined] }],
    ["Cannot use issuerType", { issuerType: "updated" }],
  ]));
