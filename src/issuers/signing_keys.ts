/**
 * The keys of a JSON Web Key Set ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}) that may have
 * signed a token. jose imports a key when a token first needs it.
 * Not implemented: certificates (`x5c`, `x5u`) are not read.
 *
 * @module
 */

import { importJWK, type JWK } from "jose";
import { isObject, type JsonObject } from "../http/body.ts";
import type { SignatureAlgorithm } from "../types.ts";
import type { RuntimeCryptoKey } from "./crypto_key.ts";

/** Every algorithm that a token may be signed with, and the curve of its keys. */
const CURVES: Readonly<Record<SignatureAlgorithm, string | null>> = {
  RS256: null,
  RS384: null,
  RS512: null,
  PS256: null,
  PS384: null,
  PS512: null,
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
  EdDSA: "Ed25519",
  Ed25519: "Ed25519",
};

/** The names of these algorithms. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = Object
  .keys(CURVES) as readonly SignatureAlgorithm[];

/** Whether a token may be signed with an algorithm. */
export function isSignatureAlgorithm(alg: string): alg is SignatureAlgorithm {
  return Object.hasOwn(CURVES, alg);
}

/** The members of a token's header that select its key. */
export interface KeyHint {
  /** The algorithm. */
  readonly alg: string;
  /** The key's identifier. */
  readonly kid?: string;
}

/**
 * Resolves to the keys that may have signed a token with this header, usually one, and at most
 * {@linkcode MAX_KEYS_PER_TOKEN}. No key if the algorithm is not one of {@linkcode SIGNATURE_ALGORITHMS}.
 */
export type SigningKeys = (
  hint: KeyHint,
) => Promise<readonly RuntimeCryptoKey[]>;

/**
 * The maximum number of keys that are tried for one token. Without the limit, a token without `kid` would be
 * expensive if the issuer has many keys.
 */
export const MAX_KEYS_PER_TOKEN = 16;

/** The minimum size of an RSA key, in bits (RFC 7518 §3.3, §3.5). */
const MIN_RSA_BITS = 2048;

/** One name for each algorithm: RFC 9864 §2.2 renames `EdDSA` with an Ed25519 key to `Ed25519`. */
export function algorithmName(alg: unknown): unknown {
  return alg === "EdDSA" ? "Ed25519" : alg;
}

/** The keys of a set. A member that cannot be used is ignored, as RFC 7517 §5 asks. */
export function signingKeys(members: readonly unknown[]): SigningKeys {
  const keys = members.filter(isObject).map((jwk) => ({
    jwk,
    // Values, not promises: on Cloudflare Workers a promise of one request cannot be awaited by another.
    imported: new Map<string, RuntimeCryptoKey | null>(),
  }));
  return async (hint) => {
    const found: RuntimeCryptoKey[] = [];
    const { alg } = hint;
    if (!isSignatureAlgorithm(alg)) return found;
    const crv = CURVES[alg];
    for (const { jwk, imported } of keys) {
      // Deno imports an EC key even if the algorithm demands another curve.
      if (crv !== null && jwk.crv !== crv || !maySign(jwk, hint)) continue;
      let key = imported.get(alg);
      if (key === undefined) {
        key = await importKey(jwk, alg);
        imported.set(alg, key);
      }
      if (key !== null) found.push(key);
      if (found.length === MAX_KEYS_PER_TOKEN) break;
    }
    return found;
  };
}

/** Whether a key's members allow its use for a token (RFC 7517 §4). A published private key is rejected (§9.3). */
function maySign(jwk: JsonObject, { alg, kid }: KeyHint): boolean {
  const { key_ops = ["verify"] } = jwk;
  return (kid === undefined || jwk.kid === kid) &&
    (jwk.alg === undefined || algorithmName(jwk.alg) === algorithmName(alg)) &&
    (jwk.use === undefined || jwk.use === "sig") &&
    Array.isArray(key_ops) && key_ops.includes("verify") &&
    new Set(key_ops).size === key_ops.length &&
    !("d" in jwk);
}

/**
 * Runtimes import RSA keys of any size, and Node even the exponent 1, with which every message is its own signature.
 */
function isWeak({ modulusLength, publicExponent }: RsaKeyAlgorithm): boolean {
  return modulusLength < MIN_RSA_BITS ||
    publicExponent.reduce((sum, byte) => sum * 256 + byte, 0) < 3;
}

/** The key for an algorithm; `null` if it is of another type or curve, incomplete or too short. */
async function importKey(
  { kty, crv, n, e, x, y }: JsonObject,
  alg: string,
): Promise<RuntimeCryptoKey | null> {
  try {
    // Without the other members: runtimes disagree on `key_ops`, `use` and `ext`.
    const jwk = { kty, crv, n, e, x, y } as JWK;
    const key = await importJWK(jwk, alg) as RuntimeCryptoKey;
    return kty === "RSA" && isWeak(key.algorithm as RsaKeyAlgorithm)
      ? null
      : key;
  } catch {
    return null;
  }
}
