/**
 * What is remembered of tokens: a used refresh token is known again, and what is revoked ends at once. Without a store
 * only this instance remembers, for a minute.
 *
 * @module
 */

import * as z from "zod/mini";
import { AccessTokenError, AuthorizationServerError } from "../../errors.ts";
import { pause } from "../../runtime/timeout.ts";
import type { AccessTokenClaims } from "../../types.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { sha256 } from "../sealing/hash.ts";
import { FAMILY_SECONDS, type RefreshToken } from "./refresh_token.ts";
import type { TokenResponse } from "./token_response.ts";

/** For so long a used refresh token gets the answer that it got before: clients refresh twice at once. */
export const GRACE_SECONDS = 60;
/** How long a second request waits for the first one's answer. */
const WAIT_MILLISECONDS = 10_000;
const STEP_MILLISECONDS = 100;
const PENDING = "pending";

const RESPONSE = z.object({
  access_token: z.string(),
  token_type: z.enum(["Bearer", "DPoP"]),
  expires_in: z.number(),
  refresh_token: z.string(),
  scope: z.string(),
});

/**
 * Refreshes once for each refresh token: whoever brings it again within {@linkcode GRACE_SECONDS} gets the same answer,
 * and the provider is not asked twice. Where a store is configured, whoever brings it later ends its family: one of the
 * two stole it.
 *
 * @throws {OAuthError} `invalid_grant`, if it was used before.
 * @throws {AuthorizationServerError} If the first request for it failed, or takes too long.
 */
export async function refreshOnce(
  parts: Parts,
  { id, family }: RefreshToken,
  refresh: () => Promise<TokenResponse>,
): Promise<TokenResponse> {
  const { store, sealer, options } = parts;
  const used = `used:${id}`;
  const answer = `answer:${id}`;
  const isShared = options.store !== undefined;
  const ttl = isShared ? FAMILY_SECONDS : GRACE_SECONDS;
  if (!await store.set(used, "1", { ttl, ifAbsent: true })) {
    const known = await answerTo(parts, answer);
    if (known !== undefined) return known;
    if (isShared && await store.get(used) !== undefined) {
      await revokeFamily(parts, family);
      throw new OAuthError(
        "invalid_grant",
        "The refresh token was used before",
      );
    }
    throw new AuthorizationServerError("The refresh of this token failed");
  }
  try {
    await store.set(answer, PENDING, { ttl: GRACE_SECONDS });
    const response = await refresh();
    const sealed = await sealer.seal("answer", response);
    await store.set(answer, sealed, { ttl: GRACE_SECONDS });
    return response;
  } catch (error) {
    await store.delete(used);
    await store.delete(answer);
    throw error;
  }
}

async function answerTo(
  { store, sealer }: Parts,
  key: string,
): Promise<TokenResponse | undefined> {
  for (let waited = 0; waited <= WAIT_MILLISECONDS;) {
    const known = await store.get(key);
    if (known === undefined) return undefined;
    if (known !== PENDING) return await sealer.open("answer", known, RESPONSE);
    await pause(STEP_MILLISECONDS);
    waited += STEP_MILLISECONDS;
  }
  throw new AuthorizationServerError("The refresh of this token takes long");
}

/** Ends all tokens of one consent. */
export async function revokeFamily(
  { store }: Pick<Parts, "store">,
  family: string,
): Promise<void> {
  await store.set(`revoked:${family}`, "1", { ttl: FAMILY_SECONDS });
}

/** Ends all tokens that a user has now, and those that are being issued: all that come of a consent until now. */
export async function revokeUser(parts: Parts, sub: string): Promise<void> {
  await parts.store.set(await userKey(sub), `${parts.now()}`, {
    ttl: FAMILY_SECONDS,
  });
}

async function userKey(sub: string): Promise<string> {
  return `revoked-user:${await sha256(sub)}`;
}

/** Whether tokens were revoked. Without a store nothing is. */
export async function isRevoked(
  { options, store }: Parts,
  family: string,
  sub: string,
  began: number,
): Promise<boolean> {
  if (options.store === undefined) return false;
  const user = await userKey(sub);
  const [ofFamily, ofUser] = await Promise.all([
    store.get(`revoked:${family}`),
    store.get(user),
  ]);
  // What is not a number was revoked.
  return ofFamily !== undefined || !(began > Number(ofUser ?? -1));
}

/**
 * The claim with the time of consent. A token that is issued while its user's tokens are being revoked may have a later
 * `iat` than the revocation.
 */
export const CONSENT_CLAIM = "consented_at";

/**
 * Checks that an access token was not revoked.
 *
 * @throws {AccessTokenError} `inactive_token`, if it was.
 * @throws {AuthorizationServerError} If the store cannot say: what was revoked must not be accepted.
 */
export async function checkActive(
  parts: Parts,
  { sid, sub, [CONSENT_CLAIM]: began }: AccessTokenClaims,
): Promise<void> {
  const revoked = await isRevoked(parts, `${sid}`, `${sub}`, Number(began));
  if (revoked) throw new AccessTokenError("inactive_token");
}
