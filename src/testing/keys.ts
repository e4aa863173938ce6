/**
 * Signature keys for tests. What is made for an issuer is remembered by the issuer's name, so that hundreds of tests
 * with one issuer each cost one key.
 *
 * @module
 */

import { exportJWK, generateKeyPair } from "jose";
import type { RuntimeCryptoKey } from "../issuers/crypto_key.ts";

/** A key pair. An issuer publishes the public half as it is written in `jwk`. */
export interface TestKey {
  /** The algorithm that it signs by. */
  readonly alg: string;
  /** Its name. */
  readonly kid: string;
  /** The half that signs. */
  readonly privateKey: RuntimeCryptoKey;
  /** The half that verifies, as {@link https://www.rfc-editor.org/rfc/rfc7517#section-4 | RFC 7517 §4} has it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** How many keys of issuers are remembered. */
const MAX_KEYS = 64;

const remembered = new Map<string, TestKey>();

/**
 * Makes a new key pair: for an issuer of another algorithm, for a client, or for an attacker.
 *
 * @param alg An asymmetric algorithm, such as `ES256`, `EdDSA` or `RS256` (which takes a while to make).
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

/** An issuer's key of this number. The same one each time, while it is remembered. */
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
