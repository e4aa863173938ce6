/**
 * A provider, as the flow uses it.
 *
 * @module
 */

import type { RequestContext } from "../../types.ts";
import type { UpstreamUser } from "./provider.ts";

/** What the provider granted. */
export interface UpstreamGrant {
  readonly access_token: string;
  /** Seconds; `undefined` where the provider does not say, or the token does not expire. */
  readonly expires_in: number | undefined;
  readonly refresh_token: string | undefined;
  /** `undefined` where a refresh tells nothing of the user. */
  readonly user: UpstreamUser | undefined;
}

/** What an authorization request is made of. */
export interface AuthorizationRequest {
  readonly state: string;
  readonly verifier: string;
  readonly nonce: string;
}

/** A code that has yet to be redeemed, with what belongs to it. */
export interface UnredeemedCode {
  readonly code: string;
  readonly verifier: string;
  readonly nonce: string;
}

/**
 * A provider, as the flow uses it. Each method throws {@linkcode UpstreamRefusal}, or
 * {@linkcode AuthorizationServerError} if the provider is unreachable, slow, or answers what it must not.
 */
export interface Connection {
  /** Where the browser goes to sign in. */
  authorizationUrl(
    request: AuthorizationRequest,
    context?: RequestContext,
  ): Promise<string>;
  /** The code of an authorization response, whose `state` and `iss` were compared. */
  readCallback(
    parameters: URLSearchParams,
    state: string,
    context?: RequestContext,
  ): Promise<string>;
  /** Redeems a code, and says who signed in. */
  redeem(
    code: UnredeemedCode,
    context?: RequestContext,
  ): Promise<UpstreamGrant & { readonly user: UpstreamUser }>;
  /** New tokens for a refresh token. */
  refresh(
    refreshToken: string,
    context?: RequestContext,
  ): Promise<UpstreamGrant>;
  /** The user of an access token that does not expire. Throws {@linkcode UpstreamRefusal} if it was revoked. */
  prove(accessToken: string, context?: RequestContext): Promise<UpstreamUser>;
  /** Revokes a token where the provider can. */
  revoke(token: string, context?: RequestContext): Promise<void>;
}
