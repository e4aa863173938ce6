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
import {
  checkToken,
  type Credentials,
  credentialsReader,
} from "./http/credentials.ts";
import type { ChallengeParams } from "./http/error_responses.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import type { ProofChecks, Prove } from "./tokens/proof_of_possession.ts";
import { pathOf } from "./runtime/identifiers.ts";
import { type ResolvedRuntime, resolvePlatform } from "./runtime/platform.ts";
import { type ScopeRules, scopeRules } from "./scopes/check.ts";
import { accessTokenJudge } from "./tokens/claims.ts";
import { AccessTokenError } from "./errors.ts";
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
  | "dpop"
  | "path"
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
  /** Checks the binding again. `undefined` if the server verifies no proofs. */
  readonly prove?: Prove | undefined;
}

type Authorization = AuthorizedToken | Promise<AuthorizedToken>;

/** The checks of one resource. */
export interface TokenChecks {
  /** Reads the credentials of a request. */
  readonly read: (request: Request) => Credentials;
  /**
   * Verifies a token, then checks its claims as `judge` does, and its proof. A cached token without a proof needs no
   * promise. To authorize a request again, pass the `prove` of the first time: a proof can be used only once.
   *
   * @throws {AccessTokenError} If there is no token, or it is not authentic, not for this resource, not valid now, or not
   *   sent by the holder of its key.
   * @throws {AuthorizationServerError} If verification needs the issuer, and the issuer cannot be reached.
   */
  authorize(
    request: Request,
    credentials: Credentials,
    context?: RequestContext,
    prove?: Prove,
  ): Authorization;
  /**
   * Checks the claims of a verified token: issuer, audience and times.
   *
   * @throws {AccessTokenError} If the token is not for this resource, or not valid now.
   */
  judge(token: string, claims: AccessTokenClaims): AuthorizedToken;
  /** The checks of proofs, if the server verifies them. */
  readonly proofs: ProofChecks | undefined;
  /** The scope policy. */
  readonly scopes: ScopeRules;
  /** The challenge to a request with these credentials. */
  challenge(scheme: Credentials["scheme"]): ChallengeParams;
  /** The clock and the network of the checks. */
  readonly runtime: ResolvedRuntime;
}

/**
 * Creates the token checks of a resource. `mounts` are the paths at which it may be mounted. Default: its `path`.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function tokenChecks(
  options: TokenOptions,
  mounts?: readonly string[],
): TokenChecks {
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
    checksBinding: options.dpop !== undefined,
    ...clock,
  });
  const proofs = options.dpop?.checksOf({
    resource,
    mounts: mounts ?? [options.path ?? pathOf(resource)],
    now: runtime.now,
  }) as ProofChecks | undefined;
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

  function judge(
    token: string,
    claims: AccessTokenClaims,
    prove?: Prove,
  ): AuthorizedToken {
    const authInfo = accept(token, claims);
    // The default is where the SDK looks by itself.
    if (options.metadataUrl) authInfo.resourceMetadataUrl = metadataUrl;
    return { authInfo, claims, endsAt: endOf(claims), prove };
  }

  const params = { resourceMetadata: metadataUrl, scope: scopes.initial };
  return {
    read: credentialsReader(proofs && "bearer|dpop"),
    authorize(request, credentials, context, known): Authorization {
      const { reason, token } = credentials;
      if (reason) throw new AccessTokenError(reason);
      const prove = known ?? proofs?.read(request, credentials);
      const accept = (claims: AccessTokenClaims): Authorization => {
        const caller = judge(token, claims, prove);
        return prove ? prove(claims).then(() => caller) : caller;
      };
      const claims = verify(token, context);
      return claims instanceof Promise ? claims.then(accept) : accept(claims);
    },
    judge,
    proofs,
    scopes,
    challenge: (scheme) => proofs?.challenge(params, scheme) ?? params,
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
