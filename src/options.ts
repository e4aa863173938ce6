/**
 * What a protected resource can be told.
 *
 * @module
 */

import type { AuthorizationServerOptions } from "./discovery/issuer_mirror.ts";
import type { CorsOptions } from "./http/cors.ts";
import type { Decision } from "./decisions.ts";
import { checkIdentifier, pathOf } from "./runtime/identifiers.ts";
import type { ProtectedResourceMetadata } from "./discovery/resource_metadata.ts";
import type { Runtime } from "./runtime/platform.ts";
import type { ScopePolicy } from "./scopes/policy.ts";
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

const NAMES: readonly string[] = Object.keys(
  {
    metadata: 0,
    metadataUrl: 0,
    issuers: 0,
    verifyAccessToken: 0,
    scopes: 0,
    anonymous: 0,
    clockToleranceSeconds: 0,
    tokenCacheBytes: 0,
    maxBodyBytes: 0,
    path: 0,
    cors: 0,
    mirror: 0,
    otherwise: 0,
    onDecision: 0,
    platform: 0,
  } satisfies Record<keyof ProtectedResourceOptions, 0>,
);

const FUNCTIONS = [
  "verifyAccessToken",
  "anonymous",
  "otherwise",
  "onDecision",
] as const;

/**
 * Checks a function, which is not called until a request comes.
 *
 * @throws {TypeError} If it is none.
 */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function") {
    throw new TypeError(`Cannot use ${name}: give a function`);
  }
}

/**
 * Checks the options that no stage checks by itself, and fills in their defaults. The metadata was checked before.
 *
 * @throws {TypeError} If one cannot be used.
 */
export function checkOptions(
  options: ProtectedResourceOptions,
): { readonly path: string; readonly maxBodyBytes: number } {
  const stranger = Object.keys(options).find((name) => !NAMES.includes(name));
  if (stranger !== undefined) {
    // One that is misspelt, such as `scope`, would let everyone in.
    throw new TypeError(
      `Cannot use the option ${stranger}: use ${NAMES.join(", ")}`,
    );
  }
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined) checkFunction(options[name], name);
  }
  const { path = pathOf(options.metadata.resource) } = options;
  if (!/^(?:$|\/[^?#]*$)/.test(path)) {
    throw new TypeError(`Cannot use path ${path}: begin it with a slash`);
  }
  const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  if (!(maxBodyBytes > 0)) {
    throw new TypeError(
      `Cannot use maxBodyBytes ${maxBodyBytes}: use a positive number`,
    );
  }
  if (options.mirror) checkIdentifier(options.mirror.issuer, "mirror.issuer");
  return { path, maxBodyBytes };
}
