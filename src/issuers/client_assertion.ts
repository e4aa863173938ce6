/**
 * The assertion that a client signs to show who it is: `private_key_jwt`
 * ({@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 | RFC 7523 §2.2}).
 * Not implemented: `client_secret_jwt`.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import { type AlgorithmRules, ALGORITHMS } from "./jwa.ts";
import { type JwsHeader, signJws } from "../tokens/jwt.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** A client with a key, whose public half the authorization server knows: `private_key_jwt`. */
export interface ClientKey {
  /** The client's identifier. */
  readonly client_id: string;
  /** Its private key. The algorithm is the key's own; of an RSA key without `alg`, RS256. */
  readonly private_key: CryptoKey | PrivateJsonWebKey;
  /** The key's identifier. Default: the `kid` of a JSON Web Key, or none. */
  readonly kid?: string;
}

/**
 * A private key of {@link https://www.rfc-editor.org/rfc/rfc7518#section-6 | RFC 7518 §6}, as JSON. What
 * `crypto.subtle.exportKey` gives is one.
 */
export interface PrivateJsonWebKey extends
  Readonly<
    Partial<
      Record<
        | ("kty" | "kid" | "alg" | "use" | "crv")
        | ("d" | "x" | "y" | "n" | "e" | "p" | "q" | "dp" | "dq" | "qi"),
        string
      >
    >
  > {
  /** What the key may be used for; not looked at. */
  readonly key_ops?: readonly string[];
  /** Whether it may be exported; not looked at. */
  readonly ext?: boolean;
}

/** For how long a signed assertion is good. */
const ASSERTION_SECONDS = 60;

/**
 * The parameters that show an issuer who this server is, signed anew for each form.
 *
 * @throws {TypeError} If the key is not a private one that may sign.
 * @throws {AuthorizationServerError} When it signs, if the key turns out to be none. The message has nothing of it.
 */
export function clientAssertion(
  { client_id, private_key, kid }: ClientKey,
  issuer: string,
  platform: ResolvedRuntime,
): () => Promise<Readonly<Record<string, string>>> {
  const alg = algorithmOf(private_key);
  // Without typ: rfc7523bis has one for it, and wants servers to do without; some refuse any but `JWT` (Spring).
  // JSON leaves out a `kid` that there is not.
  const id = kid ?? (private_key as PrivateJsonWebKey).kid;
  const header = { alg, kid: id } as JwsHeader;
  let key: CryptoKey | undefined;
  return async () => {
    const iat = Math.floor(platform.now() / 1000);
    const claims = {
      iss: client_id,
      sub: client_id,
      // rfc7523bis §4: alone and as a string. With an endpoint's URL, a hostile server could have it for another one.
      aud: issuer,
      jti: crypto.randomUUID(),
      iat,
      exp: iat + ASSERTION_SECONDS,
    };
    try {
      key ??= await importKey(private_key, alg);
      const client_assertion = await signJws(header, claims, key);
      const client_assertion_type =
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
      return { client_id, client_assertion_type, client_assertion };
    } catch (cause) {
      throw new AuthorizationServerError(
        "Cannot authenticate to the authorization server: check private_key",
        { cause },
      );
    }
  };
}

async function importKey(
  key: CryptoKey | PrivateJsonWebKey,
  alg: string,
): Promise<CryptoKey> {
  if (!("kty" in key)) return key as CryptoKey;
  // Of these runtimes think differently.
  const { alg: _alg, use: _use, key_ops: _ops, ...jwk } = key;
  return await crypto.subtle.importKey(
    "jwk",
    jwk as JsonWebKey,
    ALGORITHMS.get(alg)!.parameters as RsaHashedImportParams,
    false,
    ["sign"],
  );
}

/** The first algorithm that a key is for: of an RSA key that names none, RS256, and of an Ed25519 key, EdDSA. */
function algorithmOf(key: CryptoKey | PrivateJsonWebKey): string {
  for (const [alg, rules] of ALGORITHMS) {
    const isOne = "kty" in Object(key)
      ? isJsonWebKeyFor(key as PrivateJsonWebKey, alg, rules)
      : isCryptoKeyFor(key as CryptoKey, rules);
    if (isOne) return alg;
  }
  throw new TypeError(
    "Cannot use private_key: use a private RSA, EC or Ed25519 key that may sign",
  );
}

function isJsonWebKeyFor(
  { kty, crv, d, alg }: PrivateJsonWebKey,
  name: string,
  rules: AlgorithmRules,
): boolean {
  return typeof d === "string" && kty === rules.kty && crv === rules.crv &&
    (alg === undefined || alg === name);
}

function isCryptoKeyFor(
  key: CryptoKey,
  { crv, parameters }: AlgorithmRules,
): boolean {
  const { usages, algorithm } = Object(key);
  const { name, namedCurve = name, hash } = Object(algorithm);
  return usages?.includes("sign") && name === parameters.name &&
    // An RSA key has no curve, and an EC key no hash.
    (crv ?? namedCurve) === namedCurve &&
    (hash?.name ?? parameters.hash) === parameters.hash;
}
