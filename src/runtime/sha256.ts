/**
 * The hash of a string.
 *
 * @module
 */

import { base64url } from "jose";

/** The SHA-256 hash of a string in UTF-8, in base64url: 43 characters. */
export async function sha256(text: string): Promise<string> {
  return base64url.encode(await hashOf(text));
}

/** The same in hexadecimal: 64 characters. */
export async function sha256Hex(text: string): Promise<string> {
  return Array.from(
    await hashOf(text),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

async function hashOf(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
