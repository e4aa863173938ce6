/**
 * What a protected resource can be told.
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
import { pathOf } from "./runtime/identifiers.ts";
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

/** What {@linkcode protectResource} needs to know. Only `metadata` has no default. */
export interface ProtectedResourceOptions {
  /** The resource's metadata, which is its configuration too: `resource` is the audience of its tokens, `authorization_servers` are the trusted issuers. */
  readonly metadata: ProtectedResourceMetadata;
  /**
   * Where clients find the metadata, on the resource's origin: named in every challenge, and served. For platforms on
   * which only paths below a prefix reach the server. Below `resource`, it is served at the same place below `path`,
   * which is what a proxy leaves of it; anywhere else, at its own pathname. The usual places are served too. Default:
   * {@linkcode protectedResourceMetadataUrl}.
   */
  readonly metadataUrl?: string | undefined;
  /** What differs for one of the issuers. Default: nothing. */
  readonly issuers?: Readonly<Record<string, IssuerRules>> | undefined;
  /**
   * Default: {@linkcode jwtVerifier} over the issuers. Any other one has a cache of its own, if any, and of `issuers`
   * only `audience` and `token_issuer` hold for what it resolves to.
   */
  readonly verifyAccessToken?: AccessTokenVerifier | undefined;
  /** Default: any accepted token will do. */
  readonly scopes?: ScopePolicy | undefined;
  /** Answers requests that carry no credentials at all. Bad ones are refused all the same. Default: none, credentials are required. */
  readonly anonymous?: Handler | undefined;
  /** How far clocks may differ, 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number | undefined;
  /** How much memory verified tokens may take; `null`: each use of a token costs a signature check. Default: 8 MiB. */
  readonly tokenCacheBytes?: number | null | undefined;
  /** How large a body may be, where the scope policy has to read it. Default: 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Where the resource is mounted, where a proxy strips a prefix. Default: the path of `resource`. */
  readonly path?: string | undefined;
  /** Default: any origin; on a loopback resource, loopback origins and hosts alone. */
  readonly cors?: CorsOptions | undefined;
  /** Whose metadata is mirrored. Default: the first issuer's, unless it is at the resource's own origin; `null`: nobody's. */
  readonly mirror?: AuthorizationServerOptions | null | undefined;
  /** Answers what is not the resource's. Default: 404. */
  readonly otherwise?: Handler | undefined;
  /** Told of every verdict on a request to the resource. Never sees a token. What it throws is thrown on. Default: nobody is told. */
  readonly onDecision?: ((decision: Decision) => void) | undefined;
  /** The clock and the network. Default: the runtime's own. */
  readonly platform?: Runtime | undefined;
}

const DEFAULT_MAX_BODY_BYTES = 4_194_304;

/** The members of {@linkcode ProtectedResourceOptions}. */
export const PROTECTED_RESOURCE_SHAPE: OptionShape<ProtectedResourceOptions> = {
  members: {
    metadata: checkMetadata as Check,
    metadataUrl: aString,
    issuers: checkIssuerRules,
    verifyAccessToken: aFunction,
    // scopeRules() checks its members.
    scopes: anything,
    anonymous: aFunction,
    clockToleranceSeconds: mustBe(
      // As a string, from the environment, it would be joined to `exp` and not added.
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
    resourcemetadata: "metadata",
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

/** Fills in the defaults that no stage fills in itself. */
export function defaultsOf(
  { metadata, path, maxBodyBytes }: ProtectedResourceOptions,
): { readonly path: string; readonly maxBodyBytes: number } {
  return {
    path: path ?? pathOf(metadata.resource),
    maxBodyBytes: maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
  };
}
