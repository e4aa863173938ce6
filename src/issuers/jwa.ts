/**
 * The algorithms of signatures ({@link https://www.rfc-editor.org/rfc/rfc7518#section-3 | RFC 7518 §3},
 * {@link https://www.rfc-editor.org/rfc/rfc8037#section-3 | RFC 8037 §3}), as WebCrypto names them.
 * Not implemented, on purpose: `none` and `HS*`, by which whoever can check a token can issue one.
 *
 * @module
 */

import type { SignatureAlgorithm } from "../types.ts";

/** What a signature algorithm asks of a key and of WebCrypto. */
export interface AlgorithmRules {
  /** The key's type (RFC 7518 §6.1). */
  readonly kty: string;
  /** The key's curve, where the type has curves. */
  readonly crv?: string;
  /** For `importKey` and `verify` alike: each takes from it what it knows. */
  readonly parameters:
    & Algorithm
    & Partial<RsaHashedImportParams & RsaPssParams & EcKeyImportParams>;
}

/** Every algorithm that there is. */
export const ALGORITHMS: ReadonlyMap<string, AlgorithmRules> = new Map(
  Object.entries<AlgorithmRules>(
    {
      RS256: rsa("RSASSA-PKCS1-v1_5", 256),
      RS384: rsa("RSASSA-PKCS1-v1_5", 384),
      RS512: rsa("RSASSA-PKCS1-v1_5", 512),
      PS256: rsa("RSA-PSS", 256),
      PS384: rsa("RSA-PSS", 384),
      PS512: rsa("RSA-PSS", 512),
      ES256: ecdsa("P-256", 256),
      ES384: ecdsa("P-384", 384),
      ES512: ecdsa("P-521", 512),
      EdDSA: ed25519(),
      Ed25519: ed25519(),
    } satisfies Record<SignatureAlgorithm, AlgorithmRules>,
  ),
);

function rsa(name: string, bits: number): AlgorithmRules {
  // RFC 7518 §3.5: the salt is as long as the hash.
  const parameters = { name, hash: `SHA-${bits}`, saltLength: bits / 8 };
  return { kty: "RSA", parameters };
}

function ecdsa(crv: string, bits: number): AlgorithmRules {
  const parameters = { name: "ECDSA", namedCurve: crv, hash: `SHA-${bits}` };
  return { kty: "EC", crv, parameters };
}

function ed25519(): AlgorithmRules {
  return { kty: "OKP", crv: "Ed25519", parameters: { name: "Ed25519" } };
}
