/**
 * An issuer's signature keys ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}), read when
 * the first token needs them.
 *
 * @module
 */

import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from "jose";
import {
  authorizationServerMetadata,
  DISCOVERY_TIMEOUT_SECONDS,
  mayName,
} from "./authorization_server.ts";
import { AccessTokenError, AuthorizationServerError } from "./errors.ts";
import {
  FETCH_TIMEOUT_SECONDS,
  fetchShared,
  type JsonObject,
} from "./fetch_json.ts";
import { ISSUER_FRESHNESS, keepFresh, type Reading } from "./freshness.ts";
import type { ResolvedPlatform } from "./platform.ts";
import type { RequestPlatform } from "./types.ts";

/** The least time between two readings that unknown key ids cause. */
const UNKNOWN_KEY_SECONDS = 10;

/** An issuer's keys as they were at one reading. A new reading is a new object. */
export type Keys = ReturnType<typeof createLocalJWKSet>;

/** Where a key was found. */
export interface FoundKeys {
  /** The reading that it is from. */
  readonly keys: Keys;
  /** The keys that may have signed, most often one. */
  readonly candidates: readonly CryptoKey[];
}

/** One issuer's keys. */
export interface KeySet {
  /** The latest reading, if it is good still. Waits for nothing. */
  peek(request?: RequestPlatform): Keys | undefined;
  /**
   * The keys that may have signed a token with this header, by its `alg` and `kid`.
   *
   * @throws {AccessTokenError} If the issuer has no such key.
   * @throws {AuthorizationServerError} If its keys cannot be read.
   */
  find(
    header: JWSHeaderParameters,
    request?: RequestPlatform,
  ): Promise<FoundKeys>;
}

/** The keys at `jwksUri`, or at the `jwks_uri` of the issuer's own metadata. */
export function keySet(
  issuer: string,
  jwksUri: string | undefined,
  platform: ResolvedPlatform,
): KeySet {
  async function read(newerThan: number): Promise<Reading<Keys>> {
    const start = platform.now();
    const url = jwksUri ??
      (await authorizationServerMetadata(issuer, platform).get()).jwks_uri;
    if (!mayName(issuer, url)) {
      throw new AuthorizationServerError(
        `Cannot read the keys of ${issuer}: its jwks_uri is missing or not https`,
      );
    }
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
    async find(header, request): Promise<FoundKeys> {
      let keys = await fresh.get(request);
      let candidates = await select(keys, header);
      if (candidates.length === 0) {
        // The issuer may have rotated its keys since.
        keys = await fresh.reload(UNKNOWN_KEY_SECONDS, request);
        candidates = await select(keys, header);
      }
      if (candidates.length === 0) throw new AccessTokenError("unknown_key");
      return { keys, candidates };
    },
  };
}

function keysOf(url: string, document: JsonObject): Keys {
  try {
    return createLocalJWKSet(document as unknown as JSONWebKeySet);
  } catch (cause) {
    throw new AuthorizationServerError(
      `Cannot use ${url}: not a JSON Web Key Set`,
      { cause },
    );
  }
}

async function select(
  keys: Keys,
  header: JWSHeaderParameters,
): Promise<CryptoKey[]> {
  try {
    return [await keys(header)];
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return []; // no such key, or an unusable one
    const candidates: CryptoKey[] = [];
    for await (const key of error) candidates.push(key);
    return candidates;
  }
}
