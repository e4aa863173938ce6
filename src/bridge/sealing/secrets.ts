/**
 * The secrets of a bridge, and the keys that are derived from them
 * (HKDF, {@link https://www.rfc-editor.org/rfc/rfc5869 | RFC 5869}).
 *
 * @module
 */

import { deriveBytes } from "../../runtime/derived_keys.ts";

/** HKDF stretches a secret; it does not add to it. */
export const MIN_SECRET_BYTES = 32;

/** What a key is for. Each purpose has its own key, so that a value of one purpose does not open as another. */
export type Purpose =
  | "client"
  | "transaction"
  | "code"
  | "refresh"
  | "upstream"
  | "answer"
  | "signature"
  | "identifier";

/** Derives keys from one secret. */
export interface Secret {
  /** 32 bytes that only this secret, this issuer and this purpose give. */
  derive(purpose: Purpose): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads the configured secrets.
 *
 * @throws {TypeError} If there is none, or one has fewer than {@linkcode MIN_SECRET_BYTES} bytes. The message does not
 *   repeat it.
 */
export function readSecrets(
  secrets: readonly string[],
  issuer: string,
): readonly Secret[] {
  if (!Array.isArray(secrets) || secrets.length === 0) {
    throw new TypeError(
      "Cannot use secrets: give at least one, the same on every instance",
    );
  }
  return secrets.map((secret) => {
    const bytes = new TextEncoder().encode(
      typeof secret === "string" ? secret : "",
    );
    if (bytes.length < MIN_SECRET_BYTES) {
      throw new TypeError(
        `Cannot use secrets: each needs ${MIN_SECRET_BYTES} random bytes or more, such as those of "openssl rand -base64 32"`,
      );
    }
    return {
      derive: (purpose) =>
        deriveBytes(bytes, `gatehouse bridge 1\n${purpose}\n${issuer}`),
    };
  });
}
