/**
 * The stages of a request's way that look at its token alone.
 *
 * @module
 */

import { type AccessTokenJudge, accessTokenJudge } from "./tokens/claims.ts";
import { checkToken } from "./http/bearer_token.ts";
import { withForeignErrors } from "./tokens/foreign_errors.ts";
import { type JwtVerifier, jwtVerifierWith } from "./tokens/jwt_verifier.ts";
import {
  checkMetadata,
  checkMetadataUrl,
  protectedResourceMetadataUrl,
} from "./discovery/resource_metadata.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import { type ResolvedRuntime, resolvePlatform } from "./runtime/platform.ts";
import type { ChallengeParams } from "./http/error_responses.ts";
import { type ScopeRules, scopeRules } from "./scopes/check.ts";
import type { AccessTokenVerifier } from "./types.ts";

const DEFAULT_CLOCK_TOLERANCE_SECONDS = 30;

/** What the stages of a token are made of. */
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

/** The stages of a token, which need nothing else of a request. */
export interface TokenStages {
  /** Whether a token is authentic. */
  readonly verifyAccessToken: JwtVerifier;
  /** Whether it is for this resource, now. */
  readonly tokens: AccessTokenJudge;
  /** Whether it has enough scope, and login. */
  readonly scopes: ScopeRules;
  /** What is said where it does not do. */
  readonly challenge: ChallengeParams;
  /** The clock and the network of all that. */
  readonly platform: ResolvedRuntime;
}

/**
 * The stages of a resource's tokens.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function tokenStages(options: TokenOptions): TokenStages {
  checkMetadata(options.metadata);
  const { metadata, issuers = {}, tokenCacheBytes } = options;
  const { verifyAccessToken: verify } = options;
  const { resource, authorization_servers } = metadata;
  const { metadataUrl = protectedResourceMetadataUrl(resource) } = options;
  checkMetadataUrl(metadataUrl, resource);
  const platform = resolvePlatform(options.platform);
  const clock = {
    clockToleranceSeconds: options.clockToleranceSeconds ??
      DEFAULT_CLOCK_TOLERANCE_SECONDS,
    now: platform.now,
  };
  const tokens = accessTokenJudge({
    resource,
    issuers: authorization_servers,
    rules: issuers,
    ...clock,
  });
  const scopes = scopeRules(options.scopes, clock);
  return {
    verifyAccessToken: verify === undefined
      ? jwtVerifierWith(
        {
          authorization_servers,
          issuers,
          platform,
          ...(tokenCacheBytes !== undefined && { tokenCacheBytes }),
        },
        tokens.check,
      )
      : custom(verify),
    tokens,
    scopes,
    challenge: {
      resourceMetadata: metadataUrl,
      scope: scopes.initial,
    },
    platform,
  };
}

/** A verifier of the server's, which is called only with what can be a token. */
function custom(verify: AccessTokenVerifier): JwtVerifier {
  const verifyOrRefuse = withForeignErrors(verify);
  return (token, request) => verifyOrRefuse(checkToken(token), request);
}
