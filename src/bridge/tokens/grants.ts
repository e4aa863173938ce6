/**
 * What the grants of codes and refresh tokens have in common: the provider's refusal, the operator's `authorize`, and new
 * tokens at the end.
 *
 * @module
 */

import type { RequestContext } from "../../types.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { UpstreamRefusal } from "../providers/outcomes.ts";
import type { UpstreamUser } from "../providers/provider.ts";
import { type AccessGrant, issueAccessToken } from "./access_token.ts";
import { type RefreshToken, sealRefreshToken } from "./refresh_token.ts";
import type { TokenResponse } from "./token_response.ts";

/** What a client learns whose tokens were revoked. */
export const REVOKED = "Access was revoked";

/** A token request whose client is known. */
export interface TokenRequest {
  readonly client_id: string;
  /** What stands for the client in sealed values. */
  readonly client: string;
  readonly form: URLSearchParams;
  /** The thumbprint of the key to which its tokens will be bound. */
  readonly jkt: string | undefined;
  readonly context: RequestContext | undefined;
}

/** Issues an access token, and a refresh token if there is one to seal. */
export async function issueTokens(
  parts: Parts,
  grant: AccessGrant,
  refreshToken: RefreshToken | undefined,
): Promise<TokenResponse> {
  const issued = await issueAccessToken(parts, grant);
  return {
    ...issued,
    token_type: grant.jkt === undefined ? "Bearer" : "DPoP",
    ...(refreshToken !== undefined && {
      refresh_token: await sealRefreshToken(parts, refreshToken),
    }),
    scope: grant.scope.join(" "),
  };
}

/**
 * The scopes that the operator grants a user, of those that were consented to.
 *
 * @throws {OAuthError} `invalid_grant`, if the user may not use the server.
 */
export async function authorized(
  { options }: Parts,
  user: UpstreamUser,
  asked: readonly string[],
): Promise<readonly string[]> {
  const { authorize = (_user, all) => all } = options;
  const granted = await authorize(user, asked);
  if (granted === null) {
    throw new OAuthError("invalid_grant", "This user may not use this server");
  }
  if (!Array.isArray(granted)) {
    throw new TypeError(
      "Cannot use what authorize returned: return an array of scopes, or null",
    );
  }
  return asked.filter((scope) => granted.includes(scope));
}

/**
 * Asks the provider.
 *
 * @throws {OAuthError} `invalid_grant`, if it refuses for good.
 */
export async function refusable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof UpstreamRefusal)) throw error;
    throw new OAuthError(
      "invalid_grant",
      "The identity provider no longer accepts it: sign in again",
    );
  }
}
