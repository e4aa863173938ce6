/**
 * The authorization request to the provider ({@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1 | RFC 6749 §4.1.1}),
 * always with PKCE, and with a nonce if it has ID tokens.
 *
 * @module
 */

import {
  type AuthorizationServer,
  calculatePKCECodeChallenge,
} from "oauth4webapi";
import { isTrustedUrl } from "../../issuers/metadata.ts";
import type { UpstreamProvider } from "./provider.ts";
import type { AuthorizationRequest } from "./upstream.ts";

/**
 * The URL to which the browser is redirected.
 *
 * @throws {TypeError} If the metadata has no authorization endpoint that may be used.
 */
export async function authorizationUrl(
  provider: UpstreamProvider,
  metadata: AuthorizationServer,
  { state, verifier, nonce }: AuthorizationRequest,
  callback: string,
): Promise<string> {
  const { issuer, authorization_endpoint: endpoint } = metadata;
  if (!isTrustedUrl(issuer, endpoint)) {
    throw new TypeError("It has no authorization endpoint");
  }
  const { parameters = {} } = provider;
  const scope = typeof provider.scope === "function"
    ? provider.scope(metadata)
    : provider.scope;
  const query: Readonly<Record<string, string>> = {
    client_id: provider.client_id,
    response_type: "code",
    redirect_uri: callback,
    [provider.scopeParameter ?? "scope"]: scope.join(
      provider.scopeSeparator ?? " ",
    ),
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...(provider.user === undefined && { nonce }),
    ...(typeof parameters === "function" ? parameters(scope) : parameters),
  };
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(query)) {
    url.searchParams.set(name, value);
  }
  return (provider.authorizationUrl?.(url) ?? url).href;
}
