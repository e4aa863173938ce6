/**
 * Access tokens: JWTs ({@link https://www.rfc-editor.org/rfc/rfc9068 | RFC 9068}) for one resource, which carry the
 * provider's token sealed.
 *
 * @module
 */

import { SignJWT } from "jose";
import * as z from "zod/mini";
import { jwtVerifier } from "../../tokens/jwt_verifier.ts";
import type {
  AccessTokenVerifier,
  AuthInfo,
  SignatureAlgorithm,
} from "../../types.ts";
import { OAuthError } from "../oauth_error.ts";
import type { Parts } from "../parts.ts";
import { randomToken } from "../sealing/hash.ts";
import { checkActive, CONSENT_CLAIM } from "./revocations.ts";

/** Servers and proxies refuse headers of more than 8 kB. */
export const MAX_TOKEN_BYTES = 8192;
/** From here on an operator is warned. */
export const LARGE_TOKEN_BYTES = 6144;
/** The claim with the provider's token. */
const UPSTREAM_CLAIM = "upstream_token";
/** A sealed token of more bytes is kept in the store, if there is one. */
const LARGE_CLAIM_BYTES = 1024;
const REFERENCE = "upstream:";

/** What an access token says. */
export interface AccessGrant {
  readonly sub: string;
  readonly client_id: string;
  readonly resource: string;
  readonly scope: readonly string[];
  /** The authorization that it came from: all its tokens have the same. */
  readonly family: string;
  /** When the user consented. */
  readonly began: number;
  /** Claims that the operator adds. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The provider's token, and for how many seconds it is good. */
  readonly access_token: string;
  readonly expires_in: number | undefined;
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt: string | undefined;
}

/** A token, and for how many seconds it is good. */
export interface IssuedToken {
  readonly access_token: string;
  readonly expires_in: number;
}

/**
 * Issues an access token: an hour at most, and no longer than the provider's.
 *
 * @throws {OAuthError} `server_error`, if it would be larger than {@linkcode MAX_TOKEN_BYTES}.
 */
export async function issueAccessToken(
  parts: Parts,
  grant: AccessGrant,
): Promise<IssuedToken> {
  const { options, keys, issuer } = parts;
  const { accessTokenSeconds = 3600, upstreamTokens } = options;
  const now = parts.now();
  const limit = grant.expires_in ?? accessTokenSeconds;
  const expires_in = Math.max(
    1,
    Math.floor(Math.min(accessTokenSeconds, limit)),
  );
  const carried = upstreamTokens === null
    ? {}
    : { [UPSTREAM_CLAIM]: await carry(parts, grant.access_token, expires_in) };
  const { kid, alg, key } = await keys.current();
  const token = await new SignJWT({
    ...grant.claims,
    ...carried,
    iss: issuer,
    sub: grant.sub,
    aud: grant.resource,
    client_id: grant.client_id,
    scope: grant.scope.join(" "),
    sid: grant.family,
    [CONSENT_CLAIM]: grant.began,
    ...(grant.jkt !== undefined && { cnf: { jkt: grant.jkt } }),
    jti: randomToken(),
    iat: now,
    exp: now + expires_in,
  }).setProtectedHeader({ alg, typ: "at+jwt", kid }).sign(key);
  if (token.length > MAX_TOKEN_BYTES) {
    parts.report(
      new RangeError(
        `Cannot issue an access token of ${token.length} bytes: set upstreamTokens to null, configure a store, or add fewer claims`,
      ),
    );
    throw new OAuthError(
      "server_error",
      "The access token would be too large: the server's operator has to change its settings",
    );
  }
  if (token.length > LARGE_TOKEN_BYTES) {
    parts.report(
      new RangeError(
        `An access token has ${token.length} bytes: proxies may refuse it`,
      ),
    );
  }
  return { access_token: token, expires_in };
}

/** The provider's token, sealed; or where it is large and a store is configured, under which key that is. */
async function carry(
  { sealer, options, store }: Parts,
  access_token: string,
  ttl: number,
): Promise<string> {
  const sealed = await sealer.seal("upstream", { access_token });
  if (options.store === undefined || sealed.length <= LARGE_CLAIM_BYTES) {
    return sealed;
  }
  const key = `${REFERENCE}${randomToken()}`;
  await store.set(key, sealed, { ttl });
  return key;
}

/** Claims that the operator's own cannot replace, and those that would make another kind of token of it. */
const RESERVED =
  /^(?:iss|sub|aud|exp|nbf|iat|jti|sid|client_id|azp|cid|scope|scp|cnf|act|typ|token_use|events|at_hash|c_hash|nonce|consented_at|upstream_token)$/;

/**
 * Checks the operator's claims.
 *
 * @throws {TypeError} If one of them is the bridge's own.
 */
export function checkClaims(
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const reserved = Object.keys(claims).find((name) => RESERVED.test(name));
  if (reserved === undefined) return claims;
  throw new TypeError(`Cannot use claims: ${reserved} is the bridge's own`);
}

/** A verifier of the bridge's own access tokens, which makes no request: its keys are here. */
export function ownVerifier(parts: Parts): AccessTokenVerifier {
  const { issuer, keys, platform, options } = parts;
  const algorithm = (options.signingKey?.alg ?? "EdDSA") as SignatureAlgorithm;
  const verify = jwtVerifier({
    authorization_servers: [issuer],
    issuers: {
      [issuer]: {
        typ: "at+jwt",
        algorithms: [algorithm],
        jwks_uri: `${issuer}/jwks`,
      },
    },
    platform: {
      now: platform.now,
      fetch: async () => Response.json(await keys.published()),
    },
  });
  if (options.store === undefined) return verify;
  return async (token, context) => {
    const claims = await verify(token, context);
    await checkActive(parts, claims);
    return claims;
  };
}

const UPSTREAM_TOKEN = z.object({ access_token: z.string() });

/** The provider's token in an accepted access token, or `undefined` where it carries none. */
export async function upstreamTokenOf(
  { sealer, store }: Parts,
  { extra }: AuthInfo,
): Promise<string | undefined> {
  const claims = extra?.claims as
    | Readonly<Record<string, unknown>>
    | undefined;
  const claim = claims?.[UPSTREAM_CLAIM];
  if (typeof claim !== "string") return undefined;
  const sealed = claim.startsWith(REFERENCE) ? await store.get(claim) : claim;
  if (sealed === undefined) return undefined;
  const opened = await sealer.open("upstream", sealed, UPSTREAM_TOKEN);
  return opened?.access_token;
}
