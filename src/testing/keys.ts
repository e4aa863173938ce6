/**
 * Signature keys for tests. The keys of an issuer are cached by its identifier, so that hundreds of tests with the same
 * issuer need only one key.
 *
 * @module
 */

import { exportJWK, generateKeyPair } from "jose";
import type { RuntimeCryptoKey } from "../issuers/crypto_key.ts";

/** A key pair. An issuer publishes `jwk`, its public half. */
export interface TestKey {
  /** The signature algorithm. */
  readonly alg: string;
  /** The key identifier. */
  readonly kid: string;
  /** The private half, for signing. */
  readonly privateKey: RuntimeCryptoKey;
  /** The public half as a JWK ({@link https://www.rfc-editor.org/rfc/rfc7517#section-4 | RFC 7517 §4}). */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** The maximum number of cached keys. */
const MAX_KEYS = 64;

const remembered = new Map<string, TestKey>();

/**
 * Creates a key pair: for an issuer with another algorithm, for a client, or for an attacker.
 *
 * @param alg An asymmetric algorithm, such as `ES256`, `EdDSA` or `RS256`, whose keys take longer to generate. Default:
 * `ES256`.
 * @param kid Default: the algorithm's name.
 */
export async function testKey(
  alg: string = "ES256",
  kid: string = alg,
): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = { ...await exportJWK(publicKey), kid, alg, use: "sig" };
  return { alg, kid, privateKey, jwk };
}

/** The issuer's key with this number: the same one for each call, as long as it is cached. */
export async function keyOf(
  issuer: string,
  alg: string,
  number: number,
): Promise<TestKey> {
  const name = `${alg} ${number} ${issuer}`;
  const key = remembered.get(name) ?? await testKey(alg, `key-${number}`);
  remembered.set(name, key);
  if (remembered.size > MAX_KEYS) {
    remembered.delete(remembered.keys().next().value!);
  }
  return key;
}
