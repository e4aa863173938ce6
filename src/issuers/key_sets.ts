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
import type { RuntimeCryptoKey } from "./crypto_key.ts";

/** Unknown key identifiers cause at most one read of the keys in this time. */
const UNKNOWN_KEY_SECONDS = 10;

/** The maximum number of key sets that are cached for one platform. */
const MAX_KEY_SETS = 256;

/** An issuer's keys from one read. Each read creates a new object, so `===` detects that the keys were read again. */
export type Keys = SigningKeys;

/** The keys that may have signed a token. */
export interface FoundKeys {
  /** All of the issuer's keys, from the read that found the candidates. */
  readonly keys: Keys;
  /** The keys to try, usually one. */
  readonly candidates: readonly RuntimeCryptoKey[];
}

/** The keys of one issuer. */
export interface KeySet {
  /** The keys that were read last, if they may still be used. Does not wait. */
  peek(context?: RequestContext): Keys | undefined;
  /**
   * Finds the keys that may have signed a token, by the `alg` and `kid` of its header.
   *
   * @throws {AccessTokenError} If the issuer has no such key.
   * @throws {AuthorizationServerError} If the issuer's keys cannot be fetched.
   */
  find(
    header: KeyHint,
    context?: RequestContext,
  ): Promise<FoundKeys>;
}

const held = heldByPlatform<KeySet>(MAX_KEY_SETS);

/** Where an issuer publishes its keys. */
export interface KeysLocation extends MetadataLocation {
  /** The URL of the keys, already checked. Default: the `jwks_uri` of the issuer's metadata. */
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
