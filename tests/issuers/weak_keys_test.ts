import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { testKey } from "../../src/testing/mod.ts";
import { isForgeable } from "../../src/issuers/weak_keys.ts";
import { ROCA_KEY } from "../vectors/weak_keys.ts";

const RSA = (await testKey("RS256")).jwk;
const EC = (await testKey("ES256")).jwk;

/** A key, and whether anyone can sign by it. */
const keys: readonly (readonly [
  why: string,
  isIt: boolean,
  jwk: unknown,
])[] = [
  ["an RSA key of today", false, RSA],
  ["the least exponent that is used", false, { ...RSA, e: "Aw" }],
  ["an exponent of 0", true, { ...RSA, e: "AA" }],
  ["an exponent of 1", true, { ...RSA, e: "AQ" }],
  ["an exponent of 1 behind zeros", true, { ...RSA, e: "AAAB" }],
  ["an exponent of 2", true, { ...RSA, e: "Ag" }],
  ["no exponent", true, { ...RSA, e: undefined }],
  ["an exponent that is no base64", true, { ...RSA, e: "A*Q" }],
  ["an exponent that is a number", true, { ...RSA, e: 65_537 }],
  ["no modulus", true, { ...RSA, n: undefined }],
  ["an empty modulus", true, { ...RSA, n: "" }],
  ["a modulus that a faulty generator made (ROCA)", true, ROCA_KEY],
  ["a modulus next to such a one", false, {
    ...ROCA_KEY,
    n: `${ROCA_KEY.n}`.replace(/.$/, "A"),
  }],
  ["a key that is not RSA", false, { ...EC, n: "AA", e: "AQ" }],
  ["no key", false, null],
  ["a word", false, "RSA"],
];

for (const [why, isIt, jwk] of keys) {
  test(`isForgeable() is ${isIt} for ${why}`, () => {
    assertEquals(isForgeable(jwk), isIt);
  });
}
