/**
 * The two grants: an authorization code, and a refresh token. Either asks the provider, then the operator's `authorize`,
 * and ends with new tokens.
 *
 * @module
 */

import type { RequestContext } from "../../types.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { UpstreamFault, UpstreamRefusal } from "../providers/outcomes.ts";
import type { UpstreamUser } from "../providers/provider.ts";
import { derived, randomToken, sha256 } from "../sealing/hash.ts";
import { checkClaims, issueAccessToken } from "./access_token.ts";
import { checkResource, CODE_SECONDS, openCode } from "./code.ts";
import {
  openRefreshToken,
  type RefreshToken,
  renewable,
  sealRefreshToken,
} from "./refresh_token.ts";
import { isRevoked, refreshOnce } from "./revocations.ts";
import type { TokenResponse } from "./token_response.ts";

const REVOKED = "Access was revoked";

/** A token request whose client is known. */
export interface TokenRequest {
  readonly client_id: string;
  /** What stands for the client in sealed values. */
  readonly client: string;
  readonly form: URLSearchParams;
  readonly context: RequestContext | undefined;
}

/**
 * Redeems an authorization code.
 *
 * @throws {OAuthError} If it may not be redeemed, or the user may not use the server.
 * @throws {AuthorizationServerError} If the provider cannot say now.
 */
export async function redeemCode(
  parts: Parts,
  { client_id, client, form, context }: TokenRequest,
): Promise<TokenResponse> {
  const code = await openCode(parts, client, form);
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
    sub: user.sub,
    resource,
    scope,
    claims,
  };
  const source = code.refreshes ? renewable(granted) : undefined;
  const refresh: RefreshToken | undefined = source && {
    ...grant,
    ...source,
    id: randomToken(),
    began,
    issued: parts.now(),
    upstream,
    client,
  };
  const { access_token, expires_in } = granted;
  return await respondWith(
    parts,
    { ...grant, client_id, access_token, expires_in },
    refresh,
  );
}

/**
 * Exchanges a refresh token.
 *
 * @throws {OAuthError} If it has ended, or the user may no longer use the server.
 * @throws {AuthorizationServerError} If the provider cannot say now: the token stays good.
 */
export async function refresh(
  parts: Parts,
  { client_id, client, form, context }: TokenRequest,
): Promise<TokenResponse> {
  const sealed = form.get("refresh_token");
  if (!sealed) {
    throw new OAuthError("invalid_request", "refresh_token is required");
  }
  const old = await openRefreshToken(parts, client, sealed);
  const asked = form.get("scope")?.split(" ");
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
    const { user } = granted;
    if (user !== undefined && user.sub !== old.sub) {
      throw new UpstreamFault("The provider refreshed another user's token");
    }
    const scope = user === undefined
      ? old.scope
      : await authorized(parts, user, old.scope);
    const claims = user === undefined
      ? old.claims
      : checkClaims(parts.options.claims?.(user) ?? {});
    const { access_token, expires_in } = granted;
    const { family, sub, resource } = old;
    return await respondWith(
      parts,
      {
        family,
        sub,
        resource,
        claims,
        client_id,
        access_token,
        expires_in,
        scope: asked === undefined
          ? scope
          : scope.filter((one) => asked.includes(one)),
      },
      {
        ...old,
        scope,
        claims,
        id: randomToken(),
        issued: parts.now(),
        // A provider that does not rotate its refresh tokens sends none.
        token: granted.refresh_token ?? old.token,
      },
    );
  });
}

async function respondWith(
  parts: Parts,
  grant: Parameters<typeof issueAccessToken>[1],
  refreshToken: RefreshToken | undefined,
): Promise<TokenResponse> {
  const issued = await issueAccessToken(parts, grant);
  return {
    ...issued,
    token_type: "Bearer",
    ...(refreshToken !== undefined && {
      refresh_token: await sealRefreshToken(parts, refreshToken),
    }),
    scope: grant.scope.join(" "),
  };
}

/** What the operator lets a user have of what was consented to, and no more. */
async function authorized(
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

/** What the provider refuses for good is no longer a grant. */
async function refusable<T>(ask: () => Promise<T>): Promise<T> {
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
