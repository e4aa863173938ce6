/**
 * The form of a key: a prefix, which tells it from other tokens, and random characters.
 *
 * @module
 */

import { base64url } from "jose";
import { type Check, mustBe } from "../runtime/option_checks.ts";
import { sha256Hex } from "../runtime/sha256.ts";

/** 256 random bits, of which nobody can guess one: so a plain hash is enough, which would not be for a password. */
const KEY_BYTES = 32;
/** In hexadecimal, 32 characters are 128 bits. */
export const MIN_KEY_LENGTH = 32;
/** A longer token is not hashed. */
export const MAX_KEY_LENGTH = 256;

/** Accepts only a prefix by which no JWT can be mistaken for a key: a JWT's segments are separated by dots. */
export const aKeyPrefix: Check = mustBe(
  (value) =>
    typeof value === "string" && /^[A-Za-z][A-Za-z\d]{1,30}_$/.test(value),
  "write 2 to 31 letters and digits and an underscore, such as notes_",
);

/** A new key. */
export interface CreatedApiKey {
  /** The key, for the client. Keep no copy of it. */
  readonly key: string;
  /** Its SHA-256 hash in hexadecimal, as `openssl dgst -sha256` prints it, for {@linkcode apiKeyVerifier}. */
  readonly sha256: string;
}

/**
 * Creates a key of 256 random bits, and its hash.
 *
 * @example On a command line
 * ```ts
 * import { createApiKey } from "@gatehouse/mcp-auth/api-keys";
 *
 * console.log(await createApiKey("notes_"));
 * ```
 *
 * @param prefix 2 to 31 letters and digits and an underscore. A name of your own lets scanners find keys that leaked.
 * @throws {TypeError} If the prefix cannot be used.
 */
export async function createApiKey(prefix: string): Promise<CreatedApiKey> {
  aKeyPrefix(prefix, "prefix");
  const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const key = prefix + base64url.encode(random);
  return { key, sha256: await sha256Hex(key) };
}
