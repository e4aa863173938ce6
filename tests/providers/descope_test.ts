import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { descope, type DescopeOptions } from "../../src/providers/mod.ts";
import {
  assertRefused,
  type Gate,
  gate,
  RESOURCE,
  TIMES,
  type TokenRow,
  verb,
} from "./gate.ts";

const PROJECT = "P32juVkF2iM8wAGoM8PiLkGi6POV";
const SERVER = "MS35d1Xw1Yo6zozsW7n8BU6xLmnAs";
const ISSUER = `https://api.descope.com/v1/apps/agentic/${PROJECT}/${SERVER}`;
const PROJECT_ISSUER = `https://api.descope.com/v1/apps/${PROJECT}`;
const TENANT = "T2UTZZZZkV9XJzGeGqAdc7Mpt3u4";
const JWKS = `https://api.descope.com/${PROJECT}/.well-known/jwks.json`;

function server(options: Partial<DescopeOptions> = {}): Gate {
  return gate(
    descope({ projectId: PROJECT, mcpServerId: SERVER, ...options }),
    {
      metadata: {
        [`${ISSUER}/.well-known/openid-configuration`]: {
          issuer: ISSUER,
          jwks_uri: JWKS,
          authorization_endpoint:
            `https://api.descope.com/oauth2/v1/apps/agentic/${PROJECT}/${SERVER}/authorize`,
          token_endpoint:
            `https://api.descope.com/oauth2/v1/apps/agentic/${PROJECT}/${SERVER}/token`,
          registration_endpoint:
            `https://api.descope.com/v1/mgmt/mcp/client/${PROJECT}/${SERVER}/register`,
          code_challenge_methods_supported: ["S256"],
        },
      },
    },
  );
}

const ACCESS = {
  iss: PROJECT_ISSUER,
  sub: "U2rPqA9LcXwFzEw3Y1vTtB4kDnHs",
  aud: [PROJECT, RESOURCE],
  azp: "TPA3AbCd",
  scope: "openid mcp:read",
  ...TIMES,
};
const CALLER = { clientId: "TPA3AbCd", scopes: ["openid", "mcp:read"] };

const rows: readonly TokenRow[] = [
  ["an access token of the project", CALLER, ACCESS],
  ["an access token of the MCP server", CALLER, { ...ACCESS, iss: ISSUER }],
  ["an access token for the MCP server's URL alone", CALLER, {
    ...ACCESS,
    aud: RESOURCE,
  }],
  ["an access token for the project alone", "wrong_audience", {
    ...ACCESS,
    aud: PROJECT,
  }],
  ["an access token for another MCP server", "wrong_audience", {
    ...ACCESS,
    aud: [PROJECT, "https://other.example.com/mcp"],
  }],
  ["an access token of another MCP server", "untrusted_issuer", {
    ...ACCESS,
    iss: `https://api.descope.com/v1/apps/agentic/${PROJECT}/MSother`,
  }],
  ["an access token of another project", "untrusted_issuer", {
    ...ACCESS,
    iss: "https://api.descope.com/v1/apps/P2other",
  }],
  ["an access token of a tenant that is not named", "untrusted_issuer", {
    ...ACCESS,
    iss: `${PROJECT_ISSUER}/${TENANT}`,
  }],
  ["a token without scopes, such as an ID token", "wrong_type", {
    ...ACCESS,
    scope: undefined,
    email: "alice@example.com",
  }],
  ["a session of the application itself", "untrusted_issuer", {
    iss: PROJECT,
    sub: ACCESS.sub,
    drn: "DS",
    amr: ["email"],
    ...TIMES,
  }],
];

for (const [why, verdict, claims] of rows) {
  test(`descope() ${verb(verdict)} ${why}`, async () => {
    assertEquals(await server().present(claims, { typ: "JWT" }), verdict);
  });
}

test("descope() takes the project's keys for both issuers", async () => {
  const { present, requests } = server();
  await present(ACCESS);
  await present({ ...ACCESS, iss: ISSUER });
  assertEquals(new Set(requests), new Set([JWKS]));
});

test("descope() sends clients to the MCP server's issuer, or else to the project's", () => {
  assertEquals(
    descope({ projectId: PROJECT, mcpServerId: SERVER }).authorization_servers,
    [ISSUER, PROJECT_ISSUER],
  );
  assertEquals(
    descope({ projectId: PROJECT, url: "auth.example.com" })
      .authorization_servers,
    [`https://auth.example.com/v1/apps/${PROJECT}`],
  );
});

test("descope() accepts the tokens of the tenants that are named", async () => {
  const { present, requests } = server({ tenantIds: [TENANT, "acme-eu"] });
  for (const tenant of [TENANT, "acme-eu"]) {
    const access = { ...ACCESS, iss: `${PROJECT_ISSUER}/${tenant}` };
    assertEquals(await present(access), CALLER);
    assertEquals(await present({ ...access, aud: PROJECT }), "wrong_audience");
    assertEquals(
      await present({ ...access, scope: undefined }),
      "wrong_type",
    );
  }
  const other = { ...ACCESS, iss: `${PROJECT_ISSUER}/Tother` };
  assertEquals(await present(other), "untrusted_issuer");
  assertEquals(new Set(requests), new Set([JWKS]));
  assertEquals(
    descope({ projectId: PROJECT, mcpServerId: SERVER, tenantIds: [TENANT] })
      .authorization_servers,
    [ISSUER, PROJECT_ISSUER, `${PROJECT_ISSUER}/${TENANT}`],
  );
});

test("descope() accepts the project as audience, if it is configured", async () => {
  const { present } = server({ audience: PROJECT });
  assertEquals(await present({ ...ACCESS, aud: [PROJECT] }), CALLER);
});

test("descope() says what to change", () =>
  assertRefused(server, [
    ["begins with P", { projectId: "my-project" }],
    ["begins with P", { projectId: `${PROJECT}/x` }],
    ["begins with P", { projectId: `x${PROJECT}` }],
    ["Cannot use projectId", { projectId: undefined }],
    ["the last part of the MCP server's issuer", { mcpServerId: ISSUER }],
    ["remove its path", { url: ISSUER }],
    ["Cannot use tenantIds", { tenantIds: TENANT }],
    ["write the ID of each tenant", { tenantIds: ["../P2other"] }],
    ["write the ID of each tenant", { tenantIds: [`agentic/${PROJECT}`] }],
  ]));
