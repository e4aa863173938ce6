/**
 * The grant of a refresh token ({@link https://www.rfc-editor.org/rfc/rfc6749#section-6 | RFC 6749 §6}).
 *
 * @module
 */

import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { UpstreamFault } from "../providers/outcomes.ts";
import { randomToken } from "../sealing/hash.ts";
import { checkClaims } from "./access_token.ts";
import { checkResource } from "./code.ts";
import {
  authorized,
  issueTokens,
  refusable,
  REVOKED,
  type TokenRequest,
} from "./grants.ts";
import { openRefreshToken, rememberedUser } from "./refresh_token.ts";
import { checkKey } from "./proof_key.ts";
import { isRevoked, refreshOnce } from "./revocations.ts";
import type { TokenResponse } from "./token_response.ts";

/**
 * Exchanges a refresh token.
 *
 * @throws {OAuthError} If it has ended, or the user may no longer use the server.
 * @throws {AuthorizationServerError} If the provider cannot say now: the token stays good.
 */
export async function refresh(
  parts: Parts,
  { client_id, client, form, jkt, context }: TokenRequest,
): Promise<TokenResponse> {
  const sealed = form.get("refresh_token");
  if (!sealed) {
    throw new OAuthError("invalid_request", "refresh_token is required");
  }
  const old = await openRefreshToken(parts, client, sealed);
  checkKey(old.jkt, jkt);
  // Codex names offline_access again, which the metadata lists and no access token has.
  const asked = form.get("scope")?.split(" ")
    .filter((scope) => scope !== "offline_access");
  if (asked?.some((scope) => !old.scope.includes(scope))) {
    throw new OAuthError(
      "invalid_scope",
      "A refresh cannot ask for more than was granted",
    );
  }
  checkResource(form, old.resource, parts.options.resources);
  if (await isRevoked(parts, old.family, old.sub, old.began)) {
    throw new OAuthError("invalid_grant", REVOKED);
  }
  return await refreshOnce(parts, old, async () => {
    const granted = await refusable(async () => {
      if (old.kind === "refresh") {
        return await parts.connection.refresh(old.token, context);
      }
      const user = await parts.connection.prove(old.token, context);
      return {
        access_token: old.token,
        refresh_token: undefined,
        expires_in: undefined,
        user,
      };
    });
    const { sub } = old;
    if (granted.user !== undefined && granted.user.sub !== sub) {
      throw new UpstreamFault("The provider refreshed another user's token");
    }
    const user = granted.user ?? (old.user && { sub, claims: old.user });
    if (user === undefined && parts.options.authorize !== undefined) {
      throw new OAuthError(
        "invalid_grant",
        "The identity provider does not tell who the user is: sign in again",
      );
    }
    const scope = user === undefined
      ? old.scope
      : await authorized(parts, user, old.scope);
    const claims = user === undefined
      ? old.claims
      : checkClaims(parts.options.claims?.(user) ?? {});
    const { access_token, expires_in } = granted;
    const { family, began, resource } = old;
    return await issueTokens(
      parts,
      {
        family,
        began,
        sub,
        resource,
        claims,
        jkt,
        client_id,
        access_token,
        expires_in,
        scope: asked === undefined
          ? scope
          : scope.filter((one) => asked.includes(one)),
      },
      {
        ...old,
        ...(user && rememberedUser(parts, user)),
        scope,
        claims,
        jkt,
        id: randomToken(),
        issued: parts.now(),
        // A provider that does not rotate its refresh tokens sends none.
        token: granted.refresh_token ?? old.token,
      },
    );
  });
}
