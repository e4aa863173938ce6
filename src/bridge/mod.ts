/**
 * An authorization server for MCP clients in front of an identity provider that does not let them register: GitHub,
 * Google, Entra ID, or any OpenID provider. It needs no database.
 *
 * @module
 */

export { type OAuthBridge, oauthBridge } from "./bridge.ts";
export type { OAuthBridgeOptions } from "./options.ts";
export {
  memoryStore,
  type MemoryStoreOptions,
  type Store,
} from "../runtime/store.ts";
export { type DenoKv, type DenoKvStep, denoKvStore } from "./stores/deno_kv.ts";
export { type RedisCommand, redisStore } from "./stores/redis.ts";
export type { UpstreamInit } from "./providers/bounded_fetch.ts";
export type { AuthorizationServerMetadata } from "../issuers/metadata.ts";
export type { Resolve } from "./clients/addresses.ts";
export { atlassian } from "./providers/atlassian.ts";
export { discord } from "./providers/discord.ts";
export { entraId, type EntraIdOptions } from "./providers/entra_id.ts";
export { gitHub, type GitHubOptions } from "./providers/git_hub.ts";
export { gitLab, type GitLabOptions } from "./providers/git_lab.ts";
export { google } from "./providers/google.ts";
export { okta, type OktaOptions } from "./providers/okta.ts";
export {
  openIdConnect,
  type OpenIdConnectOptions,
} from "./providers/open_id_connect.ts";
export { slack } from "./providers/slack.ts";
export type {
  Application,
  UpstreamAnswer,
  UpstreamProvider,
  UpstreamRequest,
  UpstreamUser,
  UserEndpoint,
} from "./providers/provider.ts";
