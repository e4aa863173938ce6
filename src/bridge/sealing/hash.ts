/**
 * Hashes and random values.
 *
 * @module
 */

import { base64url } from "jose";
import { sha256 } from "../../runtime/sha256.ts";

export { sha256 };

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

/** The secret values of one authorization, derived from one seed: a cookie has no room for all of them. */
export interface Derived {
  /** The consent form's own token. */
  readonly form: string;
  /** The code verifier for the provider. */
  readonly verifier: string;
  /** The nonce of the ID token. */
  readonly nonce: string;
}

/** Derives the values. None of them reveals another one, or the seed. */
export async function derived(seed: string): Promise<Derived> {
  const [form, verifier, nonce] = await Promise.all(
    ["form", "verifier", "nonce"].map((name) => sha256(`${name} ${seed}`)),
  );
  return { form: form!, verifier: verifier!, nonce: nonce! };
}
