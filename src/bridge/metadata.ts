/**
 * What the bridge publishes of itself ({@link https://www.rfc-editor.org/rfc/rfc8414 | RFC 8414}).
 *
 * @module
 */

import { PROOF_ALGORITHMS } from "../dpop/proof.ts";
import { pathOf } from "../runtime/identifiers.ts";
import type { OAuthBridgeOptions } from "./options.ts";

/** The document of `oauth-authorization-server`. */
export function metadataOf(
  { issuer, resources, scopes_supported = [], clientDocuments, dpop }:
    OAuthBridgeOptions,
): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    // A client that may refresh adds offline_access where it is listed. mcp-remote 0.15 needs that: if a step-up asks for
    // exactly the scopes of the resource's metadata, it asks for those that it had before.
    scopes_supported: [...scopes_supported, "offline_access"],
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    // Without "none" Claude registers in place of using its metadata document.
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: clientDocuments !== null,
    ...(dpop !== null && {
      dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    }),
    protected_resources: resources,
  };
}

/** The document of `openid-configuration`: what MCP clients look for there, and what its readers insist on. No ID token is issued. */
export function openIdMetadataOf(
  options: OAuthBridgeOptions,
): Readonly<Record<string, unknown>> {
  return {
    ...metadataOf(options),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

/** Where each document is: inserted before the issuer's path, and for OpenID after it too. */
export function metadataPaths(
  issuer: string,
): { readonly oauth: readonly string[]; readonly openId: readonly string[] } {
  const path = pathOf(issuer);
  const openId = "/.well-known/openid-configuration";
  return {
    oauth: [`/.well-known/oauth-authorization-server${path}`],
    openId: [...new Set([`${openId}${path}`, `${path}${openId}`])],
  };
}
