/**
 * A JSON Web Key Set ({@link https://www.rfc-editor.org/rfc/rfc7517#section-5 | RFC 7517 §5}): which of its keys may
 * have signed, made ready for WebCrypto. Keys are imported when they are first needed, and kept: values, never
 * promises, which Cloudflare Workers lets no two requests share.
 * Not implemented: certificates (`x5c`, `x5u`), which are not read.
 *
 * @module
 */

import type { JsonObject } from "../http/body.ts";
import { type AlgorithmRules, ALGORITHMS } from "./jwa.ts";
import type { JwsHeader } from "../tokens/jwt.ts";

/**
 * The keys of one set that may have signed by an algorithm, most often one: what they say of themselves allows it,
 * and they have the header's `kid` where it has one. None, where the algorithm is not one of ours.
 */
export type JsonWebKeys = (header: JwsHeader) => Promise<readonly CryptoKey[]>;

/** How many keys are tried for one token. Without `kid`, a forged one would be checked by every key of a large set. */
const MAX_CANDIDATES = 16;

/** The least size of an RSA key (RFC 7518 §3.3, §3.5). A runtime may take a smaller one. */
const MIN_RSA_BITS = 2048;

/** The keys of a set. A member that is not a key for signatures is passed over, as RFC 7517 §5 asks. */
export function jsonWebKeys(members: readonly unknown[]): JsonWebKeys {
  const imported = members.map((member) => ({
    jwk: Object(member) as JsonObject,
    keys: new Map<string, CryptoKey | undefined>(),
  }));
  return async (header) => {
    const found: CryptoKey[] = [];
    const rules = ALGORITHMS.get(header.alg);
    if (rules === undefined) return found;
    for (const { jwk, keys } of imported) {
      if (!maySign(jwk, header, rules)) continue;
      // One that cannot be imported is not tried again either.
      if (!keys.has(header.alg)) {
        keys.set(header.alg, await importKey(jwk, rules));
      }
      const key = keys.get(header.alg);
      if (key === undefined) continue;
      found.push(key);
      if (found.length === MAX_CANDIDATES) break;
    }
    return found;
  };
}

/** Whether a key may be used (RFC 7517 §4), and is the public half that alone may be published (§9.3). */
function maySign(
  jwk: JsonObject,
  { alg, kid }: JwsHeader,
  rules: AlgorithmRules,
): boolean {
  const { key_ops = ["verify"] } = jwk;
  return jwk.kty === rules.kty &&
    (rules.crv === undefined || jwk.crv === rules.crv) &&
    (kid === undefined || jwk.kid === kid) &&
    (jwk.alg === undefined || jwk.alg === alg) &&
    (jwk.use === undefined || jwk.use === "sig") &&
    Array.isArray(key_ops) && key_ops.includes("verify") &&
    new Set(key_ops).size === key_ops.length &&
    !("d" in jwk);
}

/** The key, or `undefined` where WebCrypto cannot use it, or it is too weak. */
async function importKey(
  { kty, crv, n, e, x, y }: JsonObject,
  { parameters }: AlgorithmRules,
): Promise<CryptoKey | undefined> {
  try {
    const key = await crypto.subtle.importKey(
      "jwk",
      (kty === "RSA" ? { kty, n, e } : { kty, crv, x, y }) as JsonWebKey,
      parameters as RsaHashedImportParams,
      false,
      ["verify"],
    );
    const { modulusLength = MIN_RSA_BITS } = key
      .algorithm as Partial<RsaKeyAlgorithm>;
    return modulusLength < MIN_RSA_BITS ? undefined : key;
  } catch {
    return undefined;
  }
}
