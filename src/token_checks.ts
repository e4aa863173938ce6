/**
 * The checks that need only the token of a request. `protectResource` and the Lambda authorizer share them.
 *
 * @module
 */

import {
  checkMetadata,
  checkMetadataUrl,
  protectedResourceMetadataUrl,
} from "./discovery/resource_metadata.ts";
import { checkToken } from "./http/bearer_token.ts";
import type { ChallengeParams } from "./http/error_responses.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import { type ResolvedRuntime, resolvePlatform } from "./runtime/platform.ts";
import { type ScopeRules, scopeRules } from "./scopes/check.ts";
import { accessTokenJudge } from "./tokens/claims.ts";
import { withForeignErrors } from "./tokens/foreign_errors.ts";
import { introspectedClaims } from "./tokens/introspected_claims.ts";
import { type JwtVerifier, jwtVerifierWith } from "./tokens/jwt_verifier.ts";
import type {
  AccessTokenClaims,
  AccessTokenVerifier,
  AuthInfo,
  RequestContext,
} from "./types.ts";

const DEFAULT_CLOCK_TOLERANCE_SECONDS = 30;

/** The options that the checks use. */
export type TokenOptions = Pick<
  ProtectedResourceOptions,
  | "metadata"
  | "metadataUrl"
  | "issuers"
  | "verifyAccessToken"
  | "scopes"
  | "clockToleranceSeconds"
  | "tokenCacheBytes"
  | "platform"
>;

/** A token that is authentic, for this resource and valid now. */
export interface AuthorizedToken {
  /** The caller. */
  readonly authInfo: AuthInfo;
  /** The claims that the verifier resolved to. */
  readonly claims: AccessTokenClaims;
  /**
   * When the token expires, in milliseconds since 1970, plus the clock tolerance. `Infinity` if the issuer gave no
   * expiry.
   */
  readonly endsAt: number;
}

/** The checks of one resource. */
export interface TokenChecks {
  /**
   * Verifies a token, then checks its claims as `judge` does. A cached token needs no promise.
   *
   * @throws {AccessTokenError} If the token is not authentic, not for this resource, or not valid now.
   * @throws {AuthorizationServerError} If verification needs the issuer, and the issuer cannot be reached.
   */
  authorizeToken(
    token: string,
    context?: RequestContext,
  ): AuthorizedToken | Promise<AuthorizedToken>;
  /**
   * Checks the claims of a verified token: issuer, audience, times and binding.
   *
   * @throws {AccessTokenError} If the token is not for this resource, or not valid now.
   */
  judge(token: string, claims: AccessTokenClaims): AuthorizedToken;
  /** The scope policy. */
  readonly scopes: ScopeRules;
  /** The parameters that every `WWW-Authenticate` challenge of the resource has. */
  readonly challenge: ChallengeParams;
  /** The clock and the network of the checks. */
  readonly runtime: ResolvedRuntime;
}

/**
 * Creates the token checks of a resource.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function tokenChecks(options: TokenOptions): TokenChecks {
  checkMetadata(options.metadata);
  const { metadata, issuers = {}, tokenCacheBytes } = options;
  const { resource, authorization_servers } = metadata;
  const { metadataUrl = protectedResourceMetadataUrl(resource) } = options;
  checkMetadataUrl(metadataUrl, resource);
  const runtime = resolvePlatform(options.platform);
  const clock = {
    clockToleranceSeconds: options.clockToleranceSeconds ??
      DEFAULT_CLOCK_TOLERANCE_SECONDS,
    now: runtime.now,
  };
  const { check, accept, endOf } = accessTokenJudge({
    resource,
    issuers: authorization_servers,
    rules: issuers,
    ...clock,
  });
  const scopes = scopeRules(options.scopes, clock);
  const verify = options.verifyAccessToken === undefined
    ? jwtVerifierWith(
      { authorization_servers, issuers, platform: runtime, tokenCacheBytes },
      check,
    )
    : custom(
      options.verifyAccessToken,
      introspectedClaims(authorization_servers, issuers),
    );

  function judge(token: string, claims: AccessTokenClaims): AuthorizedToken {
    return { authInfo: accept(token, claims), claims, endsAt: endOf(claims) };
  }

  return {
    authorizeToken(token, context): ReturnType<TokenChecks["authorizeToken"]> {
      const claims = verify(token, context);
      return claims instanceof Promise
        ? claims.then((claims) => judge(token, claims))
        : judge(token, claims);
    },
    judge,
    scopes,
    challenge: { resourceMetadata: metadataUrl, scope: scopes.initial },
    runtime,
  };
}

/** Wraps a custom verifier, so that it receives only strings with the syntax of a bearer token. */
function custom(
  verify: AccessTokenVerifier,
  read: (claims: AccessTokenClaims) => AccessTokenClaims,
): JwtVerifier {
  const verifyOrReject = withForeignErrors(verify);
  return async (token, context) =>
    read(await verifyOrReject(checkToken(token), context));
}
