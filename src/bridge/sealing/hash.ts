/**
 * What stands for a value where the value itself would be too long, and values that nobody can guess.
 *
 * @module
 */

import { base64url } from "jose";

/** The SHA-256 hash of a string, in base64url: 43 characters. */
export async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  );
}

/** A random value of 192 bits, in base64url: 32 characters. */
export function randomToken(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(24)));
}

/** Whether two strings are equal, in a time that does not tell how much of them is. */
export function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) {
    difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  }
  return difference === 0;
}
