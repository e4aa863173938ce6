/**
 * Refresh tokens: the provider's own, sealed together with what was granted
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-6 | RFC 6749 §6}). A new one is issued each time.
 *
 * @module
 */

import * as z from "zod/mini";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import type { UpstreamAnswer, UpstreamUser } from "../providers/provider.ts";
import type { UpstreamGrant } from "../providers/upstream.ts";

/** A refresh token that is not used for so long ends. */
export const IDLE_SECONDS: number = 30 * 86_400;
/** So long after the person consented, all refresh tokens that came of it end. */
export const FAMILY_SECONDS: number = 90 * 86_400;

/** What a refresh token holds. */
export interface RefreshToken {
  /** Tells it from the others of its family. */
  readonly id: string;
  /** All tokens that come of one consent. */
  readonly family: string;
  /** When the person consented. */
  readonly began: number;
  /** When this one was issued. */
  readonly issued: number;
  readonly upstream: string;
  readonly client: string;
  readonly resource: string;
  readonly scope: readonly string[];
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The provider's refresh token; or its access token, where that does not expire. */
  readonly token: string;
  readonly kind: "refresh" | "access";
  /** The thumbprint of the key that it is bound to. */
  readonly jkt?: string | undefined;
  /** What the provider last told of the user, for `authorize`: some providers tell nothing at a refresh. */
  readonly user?: UpstreamAnswer | undefined;
}

const REFRESH_TOKEN: z.ZodMiniType<RefreshToken> = z.object({
  id: z.string(),
  family: z.string(),
  began: z.number(),
  issued: z.number(),
  upstream: z.string(),
  client: z.string(),
  resource: z.string(),
  scope: z.array(z.string()),
  sub: z.string(),
  claims: z.record(z.string(), z.unknown()),
  token: z.string(),
  kind: z.enum(["refresh", "access"]),
  jkt: z.optional(z.string()),
  user: z.optional(z.record(z.string(), z.unknown())),
});

/** More characters of JSON are not remembered of a user: a token request has 16 kB at most. */
const MAX_USER_LENGTH = 4096;

/** What a refresh token remembers of the user: nothing if there is no `authorize` to ask. */
export function rememberedUser(
  { options }: Pick<Parts, "options">,
  { claims }: UpstreamUser,
): Pick<RefreshToken, "user"> {
  const isRemembered = options.authorize !== undefined &&
    JSON.stringify(claims).length <= MAX_USER_LENGTH;
  return { user: isRemembered ? claims : undefined };
}

/** The token for later refreshes: the refresh token, or an access token that does not expire. `undefined` if there is neither. */
export function renewable(
  { access_token, refresh_token, expires_in }: UpstreamGrant,
): Pick<RefreshToken, "token" | "kind"> | undefined {
  if (refresh_token !== undefined) {
    return { token: refresh_token, kind: "refresh" };
  }
  return expires_in === undefined
    ? { token: access_token, kind: "access" }
    : undefined;
}

/** Seals a refresh token. */
export function sealRefreshToken(
  { sealer }: Pick<Parts, "sealer">,
  token: RefreshToken,
): Promise<string> {
  return sealer.seal("refresh", token);
}

/** Reads a refresh token without checking its client or its age. */
export function readRefreshToken(
  { sealer }: Pick<Parts, "sealer">,
  sealed: string,
): Promise<RefreshToken | undefined> {
  return sealer.open("refresh", sealed, REFRESH_TOKEN);
}

/**
 * Opens a refresh token for the client that brings it.
 *
 * @throws {OAuthError} `invalid_grant`, if it is not the client's, or has ended.
 */
export async function openRefreshToken(
  parts: Parts,
  client: string,
  sealed: string,
): Promise<RefreshToken> {
  const token = await readRefreshToken(parts, sealed);
  if (
    token === undefined || token.client !== client ||
    token.upstream !== await parts.upstream()
  ) {
    throw new OAuthError(
      "invalid_grant",
      "The refresh token was not issued to you",
    );
  }
  const now = parts.now();
  if (
    now > token.issued + IDLE_SECONDS || now > token.began + FAMILY_SECONDS
  ) throw new OAuthError("invalid_grant", "The refresh token has expired");
  return token;
}
