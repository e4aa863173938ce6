/**
 * The assertion by which a client authenticates: `private_key_jwt`
 * ({@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 | RFC 7523 §2.2}).
 * Not implemented: `client_secret_jwt`.
 *
 * @module
 */

import { importJWK, type JWK, SignJWT } from "jose";
import { AuthorizationServerError } from "../errors.ts";
import { isObject } from "../http/body.ts";
import type { RuntimeCryptoKey } from "./crypto_key.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** A client with a private key whose public key is registered at the authorization server: `private_key_jwt`. */
export interface ClientKey {
  /** The client's identifier. */
  readonly client_id: string;
  /** The private key. Signs with the key's algorithm; with RS256 for an RSA key without `alg`. */
  readonly private_key: RuntimeCryptoKey | PrivateJsonWebKey;
  /** The key's identifier. Default: the `kid` of a JSON Web Key; none for a CryptoKey. */
  readonly kid?: string | undefined;
}

/**
 * A private key as JSON ({@link https://www.rfc-editor.org/rfc/rfc7518#section-6 | RFC 7518 §6}), such as
 * `crypto.subtle.exportKey` returns.
 */
export interface PrivateJsonWebKey extends
  Readonly<
    Partial<
      Record<
        | ("kty" | "kid" | "alg" | "use" | "crv")
        | ("d" | "x" | "y" | "n" | "e" | "p" | "q" | "dp" | "dq" | "qi"),
        string | undefined
      >
    >
  > {
  /** Ignored. */
  readonly key_ops?: readonly string[] | undefined;
  /** Ignored. */
  readonly ext?: boolean | undefined;
}

/** How long a signed assertion is valid. */
const ASSERTION_SECONDS = 60;

/** The algorithms of each kind of key, the default first: by a JWK's `kty` and `crv`, or by WebCrypto's names. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "RSA": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  "RSASSA-PKCS1-v1_5 SHA-256": ["RS256"],
  "RSASSA-PKCS1-v1_5 SHA-384": ["RS384"],
  "RSASSA-PKCS1-v1_5 SHA-512": ["RS512"],
  "RSA-PSS SHA-256": ["PS256"],
  "RSA-PSS SHA-384": ["PS384"],
  "RSA-PSS SHA-512": ["PS512"],
  "EC P-256": ["ES256"],
  "EC P-384": ["ES384"],
  "EC P-521": ["ES512"],
  "ECDSA P-256": ["ES256"],
  "ECDSA P-384": ["ES384"],
  "ECDSA P-521": ["ES512"],
  "OKP Ed25519": ["EdDSA", "Ed25519"],
  "Ed25519": ["EdDSA"],
};

/**
 * Returns a function that creates the parameters with which a client authenticates to an issuer. It signs a new
 * assertion for each form.
 *
 * @throws {TypeError} If the key is not a private signature key.
 * @throws {AuthorizationServerError} On signing, if the key cannot be imported. The message contains nothing of the
 * key.
 */
export function clientAssertion(
  { client_id, private_key, kid }: ClientKey,
  issuer: string,
  platform: ResolvedRuntime,
): () => Promise<Readonly<Record<string, string>>> {
  const alg = algorithmOf(private_key);
  if (alg === undefined) {
    throw new TypeError(
      "Cannot use private_key: use a private RSA, EC or Ed25519 key that may sign",
    );
  }
  const keyId = kid ?? ("kty" in private_key ? private_key.kid : undefined);
  // Without typ: rfc7523bis defines one, but requires servers to accept its absence; Spring rejects any except `JWT`.
  const header = { alg, ...(keyId !== undefined && { kid: keyId }) };
  let key: RuntimeCryptoKey | undefined;
  return async () => {
    const iat = Math.floor(platform.now() / 1000);
    const claims = {
      iss: client_id,
      sub: client_id,
      // rfc7523bis §4: only the issuer, as a string. A hostile server could name another server's endpoint as its own.
      aud: issuer,
      jti: crypto.randomUUID(),
      iat,
      exp: iat + ASSERTION_SECONDS,
    };
    try {
      key ??= await importPrivateKey(private_key, alg);
      const client_assertion = await new SignJWT(claims)
        .setProtectedHeader(header).sign(key);
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

/** jose would cache the promise of its own import, which Cloudflare Workers cannot await in another request. */
async function importPrivateKey(
  key: RuntimeCryptoKey | PrivateJsonWebKey,
  alg: string,
): Promise<RuntimeCryptoKey> {
  if (!("kty" in key)) return key as RuntimeCryptoKey;
  // Runtimes disagree on these members.
  const { alg: _alg, use: _use, key_ops: _ops, ...jwk } = key;
  return await importJWK(jwk as JWK, alg, {
    extractable: false,
  }) as RuntimeCryptoKey;
}

/** The algorithm to sign with: the key's `alg`, or the first one for its type. */
function algorithmOf(
  key: RuntimeCryptoKey | PrivateJsonWebKey,
): string | undefined {
  const { kty, crv, d, alg, usages, algorithm } =
    (isObject(key) ? key : {}) as Partial<PrivateJsonWebKey & RuntimeCryptoKey>;
  const { name, hash, namedCurve } = (algorithm ?? {}) as
    & Partial<EcKeyAlgorithm>
    & Partial<RsaHashedKeyAlgorithm>;
  const isPrivate = typeof d === "string" || usages?.includes("sign");
  const kind = [kty ?? name, crv ?? hash?.name ?? namedCurve]
    .filter(Boolean).join(" ");
  return isPrivate
    ? ALGORITHMS[kind]?.find((each) => alg === undefined || alg === each)
    : undefined;
}
