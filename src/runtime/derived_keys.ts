/**
 * Keys that are derived from a secret, so that all instances with that secret have the same ones.
 *
 * @module
 */

/** The bytes before an Ed25519 seed in PKCS #8 (RFC 8410 §7). */
const PKCS8_PREFIX = [
  ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06],
  ...[0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
];

/**
 * Derives 32 bytes from a secret by HKDF with SHA-256 ({@link https://www.rfc-editor.org/rfc/rfc5869 | RFC 5869}).
 * `info` names the purpose: another one gives unrelated bytes.
 */
export async function deriveBytes(
  secret: Uint8Array<ArrayBuffer>,
  info: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = crypto;
  const key = await subtle.importKey("raw", secret, "HKDF", false, [
    "deriveBits",
  ]);
  const algorithm = {
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: new TextEncoder().encode(info),
  };
  return new Uint8Array(await subtle.deriveBits(algorithm, key, 256));
}

/** The private Ed25519 key of a seed. It can be exported: there is no other way to its public half. */
export function ed25519Key(seed: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    "pkcs8",
    Uint8Array.from([...PKCS8_PREFIX, ...seed]),
    "Ed25519",
    true,
    ["sign"],
  );
}
