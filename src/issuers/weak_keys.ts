/**
 * RSA keys that keep no secret once they are published: with them anyone can sign.
 * Not here: keys that are too short ([jwks.ts](./jwks.ts)). Not looked for: primes that two keys have in common.
 *
 * @module
 */

import { bytesOf, type JsonObject } from "../http/body.ts";
import { binaryOf } from "./base64.ts";

/**
 * The primes by which a modulus from a faulty generator (ROCA, CVE-2017-15361) shows: by every one of them it is a
 * power of 65537. Of other moduli, one in 240 million is.
 */
// deno-fmt-ignore
const ROCA_PRIMES: readonly number[] = [
  11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
];

/** Whether a public key is all that it takes to sign: a runtime may take such a key all the same. */
export function isForgeable(key: unknown): boolean {
  const { kty, n, e } = Object(key) as JsonObject;
  if (kty !== "RSA") return false;
  try {
    // By an exponent of 1, what is to be signed is its own signature.
    if (restOf(e, Infinity) < 3 || restOf(n, Infinity) < 3) return true;
    return ROCA_PRIMES.every((prime) =>
      isPowerOf65537(restOf(n, prime), prime)
    );
  } catch {
    return true; // no number here, and whatever a runtime makes of it there
  }
}

/** What is left of an integer, which may have thousands of digits, when it is divided: by Infinity, about all of it. */
function restOf(value: unknown, divisor: number): number {
  return bytesOf(binaryOf(`${value}`))
    .reduce((rest, byte) => (rest * 256 + byte) % divisor, 0);
}

/** Whether a number is a power of 65537, modulo a prime. */
function isPowerOf65537(value: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === value) return true;
    power = power * 65537 % prime;
  } while (power !== 1);
  return false;
}
