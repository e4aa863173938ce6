/**
 * An issuer's signature keys ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}), read when
 * the first token needs them.
 *
 * @module
 */

import type { JSONWebKeySet, JWSHeaderParameters } from "jose";
import { createLocalJWKSet } from "jose/jwks/local";
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
import { heldByPlatform, type ResolvedPlatform } from "./platform.ts";
import type { RequestPlatform } from "./types.ts";

/** The least time between two readings that unknown key ids cause. */
const UNKNOWN_KEY_SECONDS = 10;

/** How many key sets are held for one platform. */
const MAX_KEY_SETS = 256;

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

const held = heldByPlatform<KeySet>(MAX_KEY_SETS);

/**
 * The keys at `jwksUri`, or at the `jwks_uri` of the issuer's own metadata. One set for each platform, whichever of its
 * resources asks.
 */
export function keySet(
  issuer: string,
  jwksUri: string | undefined,
  platform: ResolvedPlatform,
): KeySet {
  const name = JSON.stringify([issuer, jwksUri]);
  return held(platform, name, () => newKeySet(issuer, jwksUri, platform));
}

function newKeySet(
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
  const keys = Array.isArray(document.keys)
    ? document.keys.filter((key) => !isForgeable(key))
    : document.keys;
  try {
    return createLocalJWKSet({ ...document, keys } as unknown as JSONWebKeySet);
  } catch (cause) {
    throw new AuthorizationServerError(
      `Cannot use ${url}: not a JSON Web Key Set`,
      { cause },
    );
  }
}

/**
 * The primes by which a modulus from a faulty generator (ROCA, CVE-2017-15361) shows: by every one of them it is a
 * power of 65537. Of other moduli, one in 240 million is.
 */
// deno-fmt-ignore
const ROCA_PRIMES: readonly number[] = [
  11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];

/** Whether a public key is all that it takes to sign: a runtime may take such a key all the same. */
function isForgeable(key: unknown): boolean {
  const { kty, n, e } = Object(key) as JsonObject;
  if (kty !== "RSA") return false;
  try {
    // By an exponent of 1, what is to be signed is its own signature.
    if (integerOf(e) < 3n) return true;
    const modulus = integerOf(n);
    return ROCA_PRIMES.every((prime) =>
      isPowerOf65537(Number(modulus % BigInt(prime)), prime)
    );
  } catch {
    return true; // no number here, and whatever a runtime makes of it there
  }
}

function integerOf(value: unknown): bigint {
  const binary = atob(`${value}`.replace(/-/g, "+").replace(/_/g, "/"));
  const digits = Array.from(
    binary,
    (char) => char.charCodeAt(0).toString(16).padStart(2, "0"),
  );
  return BigInt(`0x${digits.join("")}`);
}

/** Whether a number is a power of 65537, modulo a prime. */
function isPowerOf65537(value: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === value) return true;
    power = power * 65537 % prime;
  } while (power !== 1);
  return false;
}

async function select(
  keys: Keys,
  header: JWSHeaderParameters,
): Promise<CryptoKey[]> {
  try {
    return [await keys(header)];
  } catch (error) {
    // jose's way to say that there are several. Otherwise there is no such key, or it is unusable.
    if (!isIterable(error)) return [];
    const candidates: CryptoKey[] = [];
    for await (const key of error) candidates.push(key);
    return candidates;
  }
}

function isIterable(error: unknown): error is AsyncIterable<CryptoKey> {
  return Symbol.asyncIterator in Object(error);
}
