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
export type { UpstreamInit } from "./providers/bounded_fetch.ts";
export type { AuthorizationServerMetadata } from "../issuers/metadata.ts";
export type { Resolve } from "./clients/addresses.ts";
export { gitHub, type GitHubOptions } from "./providers/git_hub.ts";
export {
  openIdConnect,
  type OpenIdConnectOptions,
} from "./providers/open_id_connect.ts";
export type {
  Application,
  UpstreamAnswer,
  UpstreamProvider,
  UpstreamRequest,
  UpstreamUser,
  UserEndpoint,
} from "./providers/provider.ts";
