/**
 * The options of a protected resource: their meaning, defaults and checks.
 *
 * @module
 */

import {
  AUTHORIZATION_SERVER_SHAPE,
  type AuthorizationServerOptions,
} from "./discovery/issuer_mirror.ts";
import {
  checkMetadata,
  type ProtectedResourceMetadata,
} from "./discovery/resource_metadata.ts";
import type { Decision } from "./decisions.ts";
import { CORS_SHAPE, type CorsOptions } from "./http/cors.ts";
import {
  aProofOfPossession,
  type ProofOfPossession,
} from "./tokens/proof_of_possession.ts";
import {
  aFunction,
  anything,
  aPositiveNumber,
  aString,
  type Check,
  mustBe,
  type OptionShape,
  optionsOf,
  orNull,
} from "./runtime/option_checks.ts";
import { type Runtime, RUNTIME_SHAPE } from "./runtime/platform.ts";
import type { ScopePolicy } from "./scopes/policy.ts";
import { checkIssuerRules } from "./tokens/issuer_rules.ts";
import { checkCacheBytes } from "./tokens/jwt_verifier.ts";
import type { AccessTokenVerifier, Handler, IssuerRules } from "./types.ts";

/** Options of {@linkcode protectResource}. Only `metadata` has no default. */
export interface ProtectedResourceOptions {
  /** The resource's metadata, which is also its configuration: `resource` is the audience of its tokens, `authorization_servers` are the trusted issuers. */
  readonly metadata: ProtectedResourceMetadata;
  /**
   * The URL of the metadata, on the resource's origin. Every challenge names it, and the metadata is served there in
   * addition to the well-known URLs. For platforms on which only paths below a prefix reach the server. If it is below
   * `resource`, it is served at the same relative path below `path`, since a proxy strips the same prefix from both;
   * otherwise at its own pathname. Default: {@linkcode protectedResourceMetadataUrl}.
   */
  readonly metadataUrl?: string | undefined;
  /** Rules for single issuers, by issuer identifier. Default: none. */
  readonly issuers?: Readonly<Record<string, IssuerRules>> | undefined;
  /**
   * Verifies access tokens. The results of a custom verifier are not cached. Of the rules in `issuers` only `audience` and
   * `token_issuer` apply to them, and `claims` to introspection responses. Default: {@linkcode jwtVerifier} for the trusted
   * issuers.
   */
  readonly verifyAccessToken?: AccessTokenVerifier | undefined;
  /**
   * Verifies that bound tokens are sent by the holder of their key ({@link https://www.rfc-editor.org/rfc/rfc9449 | RFC 9449}):
   * `dpop()` of `@gatehouse/mcp-auth/dpop`. Default: bound tokens are rejected.
   */
  readonly dpop?: ProofOfPossession | undefined;
  /** The scopes and logins that requests need. Default: any accepted token is enough. */
  readonly scopes?: ScopePolicy | undefined;
  /** Answers requests without any credentials. Requests with bad credentials are rejected nevertheless. Default: none, credentials are required. */
  readonly anonymous?: Handler | undefined;
  /** The accepted difference between the clocks of issuer and server, in seconds, 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number | undefined;
  /** The size of the cache of verified tokens, in bytes. `null`: no cache, so that each request costs a signature check. Default: 8 MiB. */
  readonly tokenCacheBytes?: number | null | undefined;
  /** The largest body that is read for the scope policy, in bytes. A larger one gets a 413. Default: 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The path at which the resource is mounted, if a proxy strips a prefix. Default: the path of `resource`. */
  readonly path?: string | undefined;
  /**
   * The allowed origins of web pages, and the allowed hosts. Default: any; for a loopback resource, only loopback
   * origins and hosts.
   */
  readonly cors?: CorsOptions | undefined;
  /** The authorization server whose metadata is mirrored; `null` for none. Default: the first issuer, unless it is on the resource's own origin. */
  readonly mirror?: AuthorizationServerOptions | null | undefined;
  /** Answers requests to paths outside the resource. Default: a JSON 404. */
  readonly otherwise?: Handler | undefined;
  /**
   * Receives the decision on every request to the resource, and never a token. {@linkcode logDecisions} creates one
   * that logs. If it throws, the request fails. Default: none.
   */
  readonly onDecision?: ((decision: Decision) => void) | undefined;
  /** The clock, the network and a shared cache. Default: the runtime's clock and network, and no cache. */
  readonly platform?: Runtime | undefined;
}

/** The members of {@linkcode ProtectedResourceOptions}. */
export const PROTECTED_RESOURCE_SHAPE: OptionShape<ProtectedResourceOptions> = {
  members: {
    metadata: checkMetadata as Check,
    metadataUrl: aString,
    issuers: checkIssuerRules,
    verifyAccessToken: aFunction,
    dpop: aProofOfPossession,
    // scopeRules() checks its members.
    scopes: anything,
    anonymous: aFunction,
    clockToleranceSeconds: mustBe(
      // A string, such as a variable of the environment, would be appended to `exp` instead of added.
      (value) => typeof value === "number" && value >= 0 && value <= 300,
      "use 0 to 300",
    ),
    tokenCacheBytes: checkCacheBytes,
    maxBodyBytes: aPositiveNumber,
    path: mustBe(
      (value) => typeof value === "string" && /^(?:$|\/[^?#]*$)/.test(value),
      "begin it with a slash, without a query or a fragment",
    ),
    cors: optionsOf(CORS_SHAPE),
    mirror: orNull(optionsOf(AUTHORIZATION_SERVER_SHAPE)),
    otherwise: aFunction,
    onDecision: aFunction,
    platform: optionsOf(RUNTIME_SHAPE),
  },
  otherNames: {
    resource: "metadata.resource",
    authorizationserver: "metadata.authorization_servers",
    authorizationservers: "metadata.authorization_servers",
    issuer: "metadata.authorization_servers",
    scopessupported: "metadata.scopes_supported",
    audience: 'issuers["https://…"].audience',
    algorithms: 'issuers["https://…"].algorithms',
    jwksuri: 'issuers["https://…"].jwks_uri',
    requiredscopes: "scopes.required",
    operations: "scopes.operations",
    origins: "cors.origins",
    hosts: "cors.hosts",
    fetch: "platform.fetch",
    now: "platform.now",
    waituntil: "platform.waitUntil",
  },
};
