/**
 * The keys that several instances of a gateway have in common, each made of the same secret for one purpose
 * ({@link https://www.rfc-editor.org/rfc/rfc5869 | RFC 5869}, HKDF).
 *
 * @module
 */

import { calculateJwkThumbprint, type JWK } from "jose";

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

/** What PKCS #8 has before an Ed25519 seed (RFC 8410 §7). */
const PKCS8 = Uint8Array.from([
  ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03],
  ...[0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
]);

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
async function derive(
  secret: string,
  purpose: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(secret),
    "HKDF",
    false,
    ["deriveBits"],
  );
  const info = encoder.encode(`gatehouse gateway ${purpose}`);
  const bits = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    key,
    256,
  );
  return new Uint8Array(bits);
}

async function signingKey(seed: Uint8Array): Promise<SigningKey> {
  const privateKey = await crypto.subtle.importKey(
    "pkcs8",
    Uint8Array.from([...PKCS8, ...seed]),
    "Ed25519",
    true, // the public half can be had in no other way
    ["sign"],
  );
  const { kty, crv, x } = await crypto.subtle.exportKey("jwk", privateKey);
  const jwk = { kty, crv, x } as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, jwk: { ...jwk, kid, alg: "EdDSA", use: "sig" } };
}
