import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { scalekit, type ScalekitOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const ENVIRONMENT = "https://acme.scalekit.com";
const ID = "res_133137420655641351";
const ISSUER = `${ENVIRONMENT}/resources/${ID}`;
const JWKS = `${ENVIRONMENT}/keys`;

function server(options: Partial<ScalekitOptions> = {}): Gate {
  return gate(
    scalekit({ environmentUrl: ENVIRONMENT, resourceId: ID, ...options }),
    {
      metadata: {
        [`${ENVIRONMENT}/.well-known/oauth-authorization-server/resources/${ID}`]:
          {
            issuer: ISSUER,
            authorization_endpoint: `${ISSUER}/oauth/authorize`,
            token_endpoint: `${ISSUER}/oauth/token`,
            jwks_uri: JWKS,
            registration_endpoint:
              `${ENVIRONMENT}/api/v1/resources/${ID}/clients:register`,
            code_challenge_methods_supported: ["S256"],
            client_id_metadata_document_supported: true,
          },
      },
    },
  );
}

const ACCESS = {
  iss: ENVIRONMENT,
  sub: "usr_123",
  aud: [ID, RESOURCE],
  client_id: "m2m_456",
  jti: "tkn_789",
  nbf: TIMES.iat,
  scope: "todo:read",
  ...TIMES,
};
const CALLER = { clientId: "m2m_456", scopes: ["todo:read"] };

const rows: readonly TokenRow[] = [
  ["an access token of the environment", CALLER, ACCESS],
  ["an access token of the MCP server", CALLER, { ...ACCESS, iss: ISSUER }],
  ["an access token for the resource ID alone", CALLER, { ...ACCESS, aud: ID }],
  ["an access token for another MCP server", "wrong_audience", {
    ...ACCESS,
    aud: ["res_000000000000000000", "https://other.example.com"],
  }],
  [
    "an access token that names the URL and another resource ID",
    "wrong_audience",
    {
      ...ACCESS,
      aud: ["res_000000000000000000", RESOURCE],
    },
  ],
  ["an ID token of the environment", "wrong_audience", {
    iss: ENVIRONMENT,
    sub: "usr_123",
    aud: ["skc_123"],
    azp: "skc_123",
    sid: "ses_1",
    ...TIMES,
  }],
  ["an access token of another environment", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://other.scalekit.com",
  }],
  ["an access token of another MCP server", "untrusted_issuer", {
    ...ACCESS,
    iss: `${ENVIRONMENT}/resources/res_000000000000000000`,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`scalekit() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await server().present(claims), verdict);
  });
}

test("scalekit() sends clients to the MCP server's issuer", () => {
  const { authorization_servers } = scalekit({
    environmentUrl: `${ENVIRONMENT}/`,
    resourceId: ID,
  });
  assertEquals(authorization_servers, [ISSUER, ENVIRONMENT]);
});

test("scalekit() says what to change", () =>
  assertRefused(server, [
    ["Cannot use environmentUrl", { environmentUrl: undefined }],
    ["remove its path", { environmentUrl: ISSUER }],
    ["begins with res_", { resourceId: RESOURCE }],
    ["begins with res_", { resourceId: "app_res_1" }],
    ["begins with res_", { resourceId: "res_1/2" }],
  ]));
