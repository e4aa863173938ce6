/**
 * An issuer's signature keys ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}), fetched when
 * the first token needs them.
 *
 * @module
 */

import { endpointOf, type MetadataLocation } from "./endpoints.ts";
import { DISCOVERY_TIMEOUT_SECONDS } from "./metadata.ts";
import { AccessTokenError, AuthorizationServerError } from "../errors.ts";
import { isObject, type JsonObject } from "../http/body.ts";
import { FETCH_TIMEOUT_SECONDS } from "./fetch_json.ts";
import { ISSUER_FRESHNESS, keepFresh, type Reading } from "./refreshing.ts";
import { heldByPlatform, type ResolvedRuntime } from "../runtime/platform.ts";
import { type KeyHint, type SigningKeys, signingKeys } from "./signing_keys.ts";
import { fetchShared } from "./shared_cache.ts";
import type { RequestContext } from "../types.ts";

/** The least time between two readings that unknown key identifiers cause. */
const UNKNOWN_KEY_SECONDS = 10;

/** How many key sets are cached for one platform. */
const MAX_KEY_SETS = 256;

/** An issuer's keys as of one reading. Each reading has its own object. */
export type Keys = SigningKeys;

/** The keys that may have signed a token. */
export interface FoundKeys {
  /** The reading that they are from. */
  readonly keys: Keys;
  /** The keys, most often one. */
  readonly candidates: readonly CryptoKey[];
}

/** The keys of one issuer. */
export interface KeySet {
  /** The latest reading, if it may still be used. Does not wait. */
  peek(context?: RequestContext): Keys | undefined;
  /**
   * The keys that may have signed a token with this header, by its `alg` and `kid`.
   *
   * @throws {AccessTokenError} If the issuer has no such key.
   * @throws {AuthorizationServerError} If its keys cannot be fetched.
   */
  find(
    header: KeyHint,
    context?: RequestContext,
  ): Promise<FoundKeys>;
}

const held = heldByPlatform<KeySet>(MAX_KEY_SETS);

/** Where an issuer publishes its keys. */
export interface KeysLocation extends MetadataLocation {
  /** Their URL, already checked. Default: the one in the issuer's metadata. */
  readonly jwks_uri?: string | undefined;
}

/** The keys of an issuer. All resources with the same platform and location share one set. */
export function keySet(
  location: KeysLocation,
  platform: ResolvedRuntime,
): KeySet {
  const { issuer, jwks_uri, metadata_url } = location;
  const name = JSON.stringify([issuer, jwks_uri, metadata_url]);
  return held(platform, name, () => newKeySet(location, platform));
}

function newKeySet(
  location: KeysLocation,
  platform: ResolvedRuntime,
): KeySet {
  async function read(
    newerThan: number,
    context: RequestContext | undefined,
  ): Promise<Reading<Keys>> {
    const start = platform.now();
    const url = location.jwks_uri ??
      await endpointOf(location, "jwks_uri", platform, context);
    const left = DISCOVERY_TIMEOUT_SECONDS - (platform.now() - start) / 1000;
    return await fetchShared(
      url,
      platform,
      newerThan,
      Math.min(left, FETCH_TIMEOUT_SECONDS),
      (document) => keysOf(url, document),
    );
  }

  const fresh = keepFresh(read, ISSUER_FRESHNESS, platform);
  return {
    peek: fresh.peek,
    async find(header, context): Promise<FoundKeys> {
      let keys = fresh.peek(context) ?? await fresh.get(context);
      let candidates = await keys(header);
      if (candidates.length === 0) {
        // The issuer may have rotated its keys since they were read.
        keys = await fresh.reload(UNKNOWN_KEY_SECONDS, context);
        candidates = await keys(header);
      }
      if (candidates.length === 0) {
        throw new AccessTokenError("unknown_key", {
          received: [`alg ${header.alg}`, `kid ${header.kid ?? "(none)"}`],
        });
      }
      return { keys, candidates };
    },
  };
}

function keysOf(url: string, { keys }: JsonObject): Keys {
  if (Array.isArray(keys) && keys.every(isObject)) return signingKeys(keys);
  throw new AuthorizationServerError(
    `Cannot use ${url}: not a JSON Web Key Set`,
  );
}
