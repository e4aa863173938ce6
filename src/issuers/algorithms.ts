/**
 * The signature algorithms, and the keys that each of them takes
 * ({@link https://www.rfc-editor.org/rfc/rfc7518#section-3 | RFC 7518 §3},
 * {@link https://www.rfc-editor.org/rfc/rfc8037#section-3 | RFC 8037 §3}).
 *
 * @module
 */

import type { SignatureAlgorithm } from "../types.ts";

/** The keys of an algorithm. */
export interface KeyKind {
  /** The `kty` of a JSON Web Key. */
  readonly kty: "RSA" | "EC" | "OKP";
  /** Its `crv`, if it has one. */
  readonly crv?: string;
  /** The same for the Web Cryptography API. */
  readonly params: {
    readonly name: string;
    readonly hash?: string;
    readonly namedCurve?: string;
  };
}

const ED25519: KeyKind = {
  kty: "OKP",
  crv: "Ed25519",
  params: { name: "Ed25519" },
};

/** Every algorithm with which a token or an assertion may be signed. Of a kind of key, the default is first. */
export const KEY_KINDS: Readonly<Record<SignatureAlgorithm, KeyKind>> = {
  RS256: rsa("RSASSA-PKCS1-v1_5", "SHA-256"),
  RS384: rsa("RSASSA-PKCS1-v1_5", "SHA-384"),
  RS512: rsa("RSASSA-PKCS1-v1_5", "SHA-512"),
  PS256: rsa("RSA-PSS", "SHA-256"),
  PS384: rsa("RSA-PSS", "SHA-384"),
  PS512: rsa("RSA-PSS", "SHA-512"),
  ES256: ec("P-256"),
  ES384: ec("P-384"),
  ES512: ec("P-521"),
  EdDSA: ED25519,
  Ed25519: ED25519,
};

function rsa(name: string, hash: string): KeyKind {
  return { kty: "RSA", params: { name, hash } };
}

function ec(namedCurve: string): KeyKind {
  return { kty: "EC", crv: namedCurve, params: { name: "ECDSA", namedCurve } };
}

/** The names of these algorithms. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = Object
  .keys(KEY_KINDS) as readonly SignatureAlgorithm[];

/** Whether a token may be signed with an algorithm. */
export function isSignatureAlgorithm(alg: string): alg is SignatureAlgorithm {
  return Object.hasOwn(KEY_KINDS, alg);
}

/** One name for each algorithm: RFC 9864 §2.2 renames `EdDSA` with an Ed25519 key to `Ed25519`. */
export function algorithmName(alg: unknown): unknown {
  return alg === "EdDSA" ? "Ed25519" : alg;
}
