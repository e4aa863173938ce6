/**
 * The grant of an authorization code ({@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 | RFC 6749 §4.1.3}).
 *
 * @module
 */

import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { derived, randomToken, sha256 } from "../sealing/hash.ts";
import { checkClaims } from "./access_token.ts";
import { CODE_SECONDS, openCode } from "./code.ts";
import {
  authorized,
  issueTokens,
  refusable,
  REVOKED,
  type TokenRequest,
} from "./grants.ts";
import {
  type RefreshToken,
  rememberedUser,
  renewable,
} from "./refresh_token.ts";
import { checkKey } from "./proof_key.ts";
import { isRevoked } from "./revocations.ts";
import type { TokenResponse } from "./token_response.ts";

/**
 * Redeems an authorization code.
 *
 * @throws {OAuthError} If it may not be redeemed, or the user may not use the server.
 * @throws {AuthorizationServerError} If the provider cannot say now.
 */
export async function redeemCode(
  parts: Parts,
  { client_id, client, form, jkt, context }: TokenRequest,
): Promise<TokenResponse> {
  const code = await openCode(parts, client, form);
  if (parts.options.dpop !== null) checkKey(code.dpop_jkt, jkt);
  // The provider sees to it that its code is used once; this also spares it, and what it issued, a client's repetition.
  // Not by the code's own characters: decoders accept several spellings of one code.
  const key = `code:${await sha256(code.seed)}`;
  const ttl = CODE_SECONDS + 60;
  if (!await parts.store.set(key, "", { ttl, ifAbsent: true })) {
    throw new OAuthError("invalid_grant", "The code was redeemed before");
  }
  let granted;
  try {
    const unredeemed = { code: code.code, ...await derived(code.seed) };
    granted = await refusable(() =>
      parts.connection.redeem(unredeemed, context)
    );
  } catch (error) {
    // The provider may be back in a moment, and the code still good.
    if (!(error instanceof OAuthError)) await parts.store.delete(key);
    throw error;
  }
  const { user } = granted;
  const { resource, upstream, began } = code;
  const family = randomToken();
  if (await isRevoked(parts, family, user.sub, began)) {
    throw new OAuthError("invalid_grant", REVOKED);
  }
  const asked = code.scope.split(" ").filter(Boolean);
  const scope = await authorized(parts, user, asked);
  const claims = checkClaims(parts.options.claims?.(user) ?? {});
  const grant = {
    family,
    began,
    sub: user.sub,
    resource,
    scope,
    claims,
    jkt,
  };
  const source = code.refreshes ? renewable(granted) : undefined;
  const refresh: RefreshToken | undefined = source && {
    ...grant,
    ...source,
    ...rememberedUser(parts, user),
    id: randomToken(),
    issued: parts.now(),
    upstream,
    client,
  };
  const { access_token, expires_in } = granted;
  return await issueTokens(
    parts,
    { ...grant, client_id, access_token, expires_in },
    refresh,
  );
}
