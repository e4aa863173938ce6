// What a program hands on: presets, policies, decisions, and options that are undefined.
import {
  type AccessTokenVerifier,
  type Decision,
  firstOf,
  type IssuerRules,
  jwtVerifier,
  type ProtectedResourceOptions,
  protectResource,
  type ScopePolicy,
  withCors,
} from "@gatehouse/mcp-auth";
import { examine } from "@gatehouse/mcp-auth/doctor";
import { auth0, entraId, keycloak } from "@gatehouse/mcp-auth/providers";
import process from "node:process";

const resource = "https://notes.example.com/mcp";
const { authorization_servers, issuers } = auth0({
  domain: "acme.eu.auth0.com",
  audience: process.env.MCP_AUDIENCE,
  scopeClaim: undefined,
});
const scopes: ScopePolicy<"notes:read" | "notes:write"> = {
  initial: ["notes:read"],
  required: undefined,
  operations: {
    "tools/call": { add_note: ["notes:write"], "*": ["notes:read"] },
  },
  implies: { "notes:write": ["notes:read"], "notes:read": undefined },
  lists: ["tools/list"],
};
const rules: IssuerRules = {
  audience: process.env.MCP_AUDIENCE,
  typ: process.env.MCP_STRICT === undefined ? undefined : "at+jwt",
  claims: (claims) => ({ ...claims, scope: claims.scp }),
};

function print(decision: Decision): void {
  if (decision.outcome === "refused") console.log(decision.reason);
  if (decision.outcome === "accepted") console.log(decision.scopes.join(" "));
}

export const options: ProtectedResourceOptions = {
  metadata: {
    resource,
    authorization_servers,
    scopes_supported: undefined,
    resource_name: process.env.MCP_NAME,
  },
  issuers,
  verifyAccessToken: undefined,
  scopes,
  anonymous: undefined,
  clockToleranceSeconds: undefined,
  tokenCacheBytes: undefined,
  maxBodyBytes: undefined,
  path: process.env.MCP_PATH,
  cors: { origins: undefined, allowHeaders: undefined },
  mirror: { issuer: authorization_servers[0]!, platform: undefined },
  otherwise: undefined,
  onDecision: process.env.MCP_DEBUG === undefined ? undefined : print,
  platform: { fetch: undefined, now: undefined, cache: undefined },
};

const jwts = jwtVerifier({
  authorization_servers: ["https://auth.example.com"],
  issuers: { "https://auth.example.com": rules },
  platform: { fetch },
});
// deno-lint-ignore require-await
const own: AccessTokenVerifier = async (token) => ({ sub: token });

export const handlers = [
  protectResource(() => new Response(), options),
  protectResource(async () => await fetch(resource), {
    metadata: {
      resource,
      ...keycloak({ url: "https://sso.example.com", realm: "acme" }),
    },
    verifyAccessToken: firstOf(jwts, own),
  }),
  withCors(() => new Response(), { origins: undefined }),
];

entraId({ tenantId: "", clientId: "", applicationIdUri: undefined });
await examine(resource, {
  tokens: { valid: process.env.MCP_TOKEN },
  deadlineSeconds: undefined,
});

// @ts-expect-error: a scope that was not declared
export const typo: ScopePolicy<"notes:read"> = { initial: ["notes:reed"] };
export const hmac: IssuerRules = {
  // @ts-expect-error: a secret verifies nothing here
  algorithms: ["HS256"],
};
