/**
 * The keys that several instances of a gateway have in common, each made of the same secret for one purpose
 * ({@link https://www.rfc-editor.org/rfc/rfc5869 | RFC 5869}, HKDF).
 *
 * @module
 */

import { calculateJwkThumbprint, type JWK } from "jose";
import { deriveBytes, ed25519Key } from "../runtime/derived_keys.ts";

/** A key that signs assertions, and what of it is published. */
export interface SigningKey {
  /** Ed25519, private. */
  readonly privateKey: CryptoKey;
  /** Its public half, with `kid`, `alg` and `use`. */
  readonly jwk: JWK & { readonly kid: string };
}

/** The keys of some secrets, in their order. The first of each signs or seals. */
export interface GatewayKeys {
  /** Sign assertions. */
  readonly signing: readonly SigningKey[];
  /** Seal session identifiers: AES-GCM. */
  readonly sealing: readonly CryptoKey[];
}

/** A shorter secret could be guessed. */
const MIN_SECRET_LENGTH = 32;

/**
 * Checks secrets.
 *
 * @throws {TypeError} If there is none, or one has fewer than 32 characters. None is repeated in the message.
 */
export function checkSecrets(
  secrets: readonly string[],
  name = "secrets",
): void {
  if (
    !Array.isArray(secrets) || secrets.length === 0 ||
    secrets.some((secret) =>
      typeof secret !== "string" || secret.length < MIN_SECRET_LENGTH
    )
  ) {
    throw new TypeError(
      `Cannot use ${name}: write at least one, each of ${MIN_SECRET_LENGTH} characters or more`,
    );
  }
}

/** The keys, made when they are first asked for. */
export function keysOf(secrets: readonly string[]): () => Promise<GatewayKeys> {
  checkSecrets(secrets);
  let keys: GatewayKeys | undefined;
  // The value is remembered, not its promise: on Workers no request may wait for the promise of another.
  return async () => keys ??= await deriveKeys(secrets);
}

async function deriveKeys(secrets: readonly string[]): Promise<GatewayKeys> {
  const signing: SigningKey[] = [];
  const sealing: CryptoKey[] = [];
  for (const secret of secrets) {
    signing.push(await signingKey(await derive(secret, "assertion")));
    sealing.push(
      await crypto.subtle.importKey(
        "raw",
        await derive(secret, "session"),
        "AES-GCM",
        false,
        ["encrypt", "decrypt"],
      ),
    );
  }
  return { signing, sealing };
}

/** 32 bytes for one purpose. */
function derive(
  secret: string,
  purpose: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(secret);
  return deriveBytes(bytes, `gatehouse gateway ${purpose}`);
}

async function signingKey(seed: Uint8Array): Promise<SigningKey> {
  const privateKey = await ed25519Key(seed);
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", privateKey);
  const jwk = { kty, crv, x } as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, jwk: { ...jwk, kid, alg: "EdDSA", use: "sig" } };
}
