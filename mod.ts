/**
 * Adds OAuth to an MCP server, on any runtime with `Request` and `Response`.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 *
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *   },
 * );
 *
 * export default { fetch: mcp };
 * ```
 *
 * @module
 */

export { protectResource } from "./src/protect_resource.ts";
export type { ProtectedResourceOptions } from "./src/options.ts";
export type {
  ProofOfPossession,
  ProvenResource,
} from "./src/tokens/proof_of_possession.ts";
export {
  type ProtectedResource,
  type ProtectedResourcesOptions,
  protectResources,
} from "./src/protect_resources.ts";
export { type CorsOptions, withCors } from "./src/http/cors.ts";
export {
  handleOAuthProtectedResourceRequest,
  type ProtectedResourceMetadata,
  protectedResourceMetadataUrl,
} from "./src/discovery/resource_metadata.ts";
export {
  type AuthorizationServerOptions,
  handleOAuthAuthorizationServerRequest,
} from "./src/discovery/issuer_mirror.ts";
export type {
  ClientKey,
  PrivateJsonWebKey,
} from "./src/issuers/client_assertion.ts";
export type { RuntimeCryptoKey } from "./src/issuers/crypto_key.ts";
export type {
  ClientCredentials,
  ClientSecret,
  ClientToken,
} from "./src/issuers/client_authentication.ts";
export { firstOf } from "./src/tokens/first_of.ts";
export type { IntrospectionOptions } from "./src/tokens/introspection.ts";
export {
  introspectionVerifier,
  type IntrospectionVerifierOptions,
} from "./src/tokens/introspection_verifier.ts";
export {
  jwtVerifier,
  type JwtVerifierOptions,
} from "./src/tokens/jwt_verifier.ts";
export {
  type Challenge,
  formatChallenge,
  parseChallenges,
} from "./src/http/www_authenticate.ts";
export {
  AccessTokenError,
  type AccessTokenErrorOptions,
  type AccessTokenErrorReason,
  AuthorizationServerError,
  type AuthorizationServerErrorOptions,
  type RequestErrorReason,
} from "./src/errors.ts";
export type { ScopePolicy, Scopes } from "./src/scopes/policy.ts";
export type { OperationRule, OperationRules } from "./src/scopes/rule_table.ts";
export type {
  AuthenticationPolicy,
  UserAuthentication,
} from "./src/scopes/step_up.ts";
export { logDecisions, type LogDecisionsOptions } from "./src/log_decisions.ts";
export type {
  Accepted,
  Anonymous,
  Decision,
  Refused,
  Unavailable,
} from "./src/decisions.ts";
export type { Platform, Runtime, SharedCache } from "./src/runtime/platform.ts";
export type {
  AccessTokenClaims,
  AccessTokenVerifier,
  AuthContext,
  AuthInfo,
  Handler,
  IssuerRules,
  Operation,
  OperationParams,
  ProtectedHandler,
  RequestContext,
  RequestPlatform,
  SignatureAlgorithm,
} from "./src/types.ts";
