/**
 * Presets for identity providers: how each spells its issuers, what it writes as audience and scopes, and how its access
 * tokens differ from other tokens that it signs. A preset is data and makes no request.
 *
 * @example A server whose users sign in with Auth0
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { auth0 } from "@gatehouse/mcp-auth/providers";
 *
 * const { authorization_servers, issuers } = auth0({
 *   domain: "acme.eu.auth0.com",
 * });
 *
 * export default {
 *   fetch: protectResource(
 *     (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *     {
 *       metadata: {
 *         resource: "https://notes.example.com/mcp",
 *         authorization_servers,
 *       },
 *       issuers,
 *     },
 *   ),
 * };
 * ```
 *
 * @module
 */

export { adFs, type AdFsOptions } from "./ad_fs.ts";
export {
  authKit,
  type AuthKitMachines,
  type AuthKitOptions,
} from "./auth_kit.ts";
export { auth0, type Auth0Options } from "./auth0.ts";
export { cognito, type CognitoOptions } from "./cognito.ts";
export { descope, type DescopeOptions } from "./descope.ts";
export { dex, type DexOptions } from "./dex.ts";
export { entraId, type EntraIdOptions } from "./entra_id.ts";
export {
  googleServiceAccounts,
  type GoogleServiceAccountsOptions,
} from "./google.ts";
export { keycloak, type KeycloakOptions } from "./keycloak.ts";
export { okta, type OktaOptions } from "./okta.ts";
export { ory, type OryOptions } from "./ory.ts";
export { clerk, type DomainOptions, logto, supabase } from "./plain.ts";
export { type Audience, combineProviders, type Provider } from "./provider.ts";
export { scalekit, type ScalekitOptions } from "./scalekit.ts";
export { stytch, type StytchOptions } from "./stytch.ts";
export { zitadel, type ZitadelOptions } from "./zitadel.ts";
