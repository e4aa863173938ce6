import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { jsonWebKeys } from "../../src/issuers/signing_keys.ts";
import { keyOf } from "../support/tokens.ts";

const { jwk } = keyOf("ES256");
const HEADER = { alg: "ES256", kid: `${jwk.kid}` };

const members:
  readonly (readonly [why: string, found: number, member: unknown])[] = [
    ["a key that says all of itself", 1, {
      ...jwk,
      use: "sig",
      alg: "ES256",
      key_ops: ["verify"],
    }],
    ["a key that says no more than it must", 1, {
      ...jwk,
      use: undefined,
      alg: undefined,
    }],
    ["a key for encryption", 0, { ...jwk, use: "enc" }],
    ["a key for another algorithm", 0, { ...jwk, alg: "ES384" }],
    ["a key for another operation", 0, { ...jwk, key_ops: ["sign"] }],
    ["operations that are no list", 0, { ...jwk, key_ops: "verify" }],
    ["an operation twice (RFC 7517 §4.3)", 0, {
      ...jwk,
      key_ops: ["verify", "verify"],
    }],
    ["another curve", 0, { ...jwk, crv: "P-384" }],
    ["another type", 0, { ...jwk, kty: "OKP" }],
    ["another key id", 0, { ...jwk, kid: "other" }],
    ["no key id", 0, { ...jwk, kid: undefined }],
    ["a private half", 0, { ...jwk, d: "AA" }],
    ["half a point", 0, { ...jwk, x: undefined }],
    ["nothing", 0, null],
  ];

for (const [why, found, member] of members) {
  test(`jsonWebKeys() finds ${found} in a set of ${why}`, async () => {
    assertEquals((await jsonWebKeys([member])(HEADER)).length, found);
  });
}

test("jsonWebKeys() imports a key once for each algorithm", async () => {
  const keys = jsonWebKeys(
    [keyOf("RS256").jwk, keyOf("PS256").jwk].map((jwk) => ({
      ...jwk,
      kid: "one",
      alg: undefined,
    })),
  );
  const byAlgorithm = new Set<string>();
  for (const alg of ["RS256", "PS256", "RS512"]) {
    const [first, again] = [
      await keys({ alg }),
      await keys({ alg, kid: "one" }),
    ];
    assertEquals(first.length, 2);
    assert(first.every((key, i) => key === again[i]));
    byAlgorithm.add(JSON.stringify(first[0]!.algorithm));
  }
  assertEquals(byAlgorithm.size, 3);
});

test("jsonWebKeys() finds at most 16 keys for one token", async () => {
  const [one, other] = [keyOf("ES256").jwk, keyOf("RS256").jwk];
  const many = Array<unknown>(40).fill({ ...one, kid: "one" });
  const keys = jsonWebKeys([...many, { ...one, kid: "last" }, other]);
  assertEquals((await keys({ alg: "ES256" })).length, 16);
  assertEquals((await keys({ alg: "ES256", kid: "one" })).length, 16);
  // What a token's header excludes is not tried.
  assertEquals((await keys({ alg: "ES256", kid: "last" })).length, 1);
  assertEquals((await keys({ alg: "RS256" })).length, 1);
});

test("jsonWebKeys() tries no key in place of one that cannot be imported", async () => {
  const { jwk } = keyOf("ES256");
  const broken = Array<unknown>(40).fill({ ...jwk, x: undefined });
  const keys = jsonWebKeys([...broken, jwk]);
  assertEquals((await keys({ alg: "ES256" })).length, 1);
});

test("jsonWebKeys() finds nothing for an algorithm that is not one of ours", async () => {
  const keys = jsonWebKeys([{ kty: "oct", k: "AA" }]);
  for (const alg of ["HS256", "none", "", "constructor"]) {
    assertEquals(await keys({ alg }), []);
  }
});
