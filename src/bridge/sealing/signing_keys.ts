/**
 * The keys that sign access tokens: Ed25519 ({@link https://www.rfc-editor.org/rfc/rfc8037 | RFC 8037}) from the
 * secrets, or one of the operator's own.
 *
 * @module
 */

import { calculateJwkThumbprint, exportJWK, importJWK, type JWK } from "jose";
import type { PrivateJsonWebKey } from "../../issuers/client_assertion.ts";
import { SIGNATURE_ALGORITHMS } from "../../issuers/signing_keys.ts";
import { ed25519Key } from "../../runtime/derived_keys.ts";
import type { Secret } from "./secrets.ts";

/** A key to sign with. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly key: CryptoKey;
}

/** The signing keys of a bridge. */
export interface SigningKeys {
  /** Signs: of the first secret, or the operator's own. */
  current(): Promise<SigningKey>;
  /** What `/jwks` publishes: the public keys of all secrets. */
  published(): Promise<{ readonly keys: readonly JWK[] }>;
}

interface KeyPair extends SigningKey {
  readonly publicKey: JWK;
}

/**
 * The signing keys: `own`, or one of each secret.
 *
 * @throws {TypeError} If `own` is not a private key with the `alg` of an asymmetric algorithm.
 */
export function signingKeys(
  secrets: readonly Secret[],
  own: PrivateJsonWebKey | undefined,
): SigningKeys {
  const algorithms: readonly (string | undefined)[] = SIGNATURE_ALGORITHMS;
  if (
    own !== undefined && !(own.d && own.kty && algorithms.includes(own.alg))
  ) {
    throw new TypeError(
      'Cannot use signingKey: give a private JSON Web Key with its "alg", such as ES256',
    );
  }
  let known: readonly KeyPair[] | undefined;

  async function keys(): Promise<readonly KeyPair[]> {
    known ??= own === undefined
      ? await Promise.all(secrets.map(ofSecret))
      : [await ofOperator(own)];
    return known;
  }

  return {
    async current(): Promise<SigningKey> {
      return (await keys())[0]!;
    },
    async published(): Promise<{ readonly keys: readonly JWK[] }> {
      return { keys: (await keys()).map(({ publicKey }) => publicKey) };
    },
  };
}

async function ofSecret(secret: Secret): Promise<KeyPair> {
  const seed = await secret.derive("signature");
  const key = await ed25519Key(seed);
  const { kty, crv, x } = await exportJWK(key);
  return await keyPair({ kty: kty!, crv: crv!, x: x! }, key, "EdDSA");
}

async function ofOperator(own: PrivateJsonWebKey): Promise<KeyPair> {
  const { kty, crv, x, y, n, e, alg, kid } = own;
  const publicKey = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid }));
  const { key_ops: _, ext: __, use: ___, ...privateKey } = own;
  const key = await importJWK(privateKey as JWK, alg!) as CryptoKey;
  return await keyPair(publicKey, key, alg!);
}

async function keyPair(
  publicKey: JWK,
  key: CryptoKey,
  alg: string,
): Promise<KeyPair> {
  const kid = publicKey.kid ?? await calculateJwkThumbprint(publicKey);
  return { kid, alg, key, publicKey: { ...publicKey, kid, alg, use: "sig" } };
}
