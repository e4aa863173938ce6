import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { signingKeys } from "../../src/issuers/signing_keys.ts";
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
    ["a key for another use", 0, { ...jwk, use: "tls" }],
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
    ["a list", 0, [jwk]],
  ];

for (const [why, found, member] of members) {
  test(`signingKeys() finds ${found} in a set of ${why}`, async () => {
    assertEquals((await signingKeys([member])(HEADER)).length, found);
  });
}

test("signingKeys() finds no RSA key whose exponent is 1, which anyone can sign by", async () => {
  for (const [e, found] of [["AQ", 0], ["AAAB", 0], ["AQAB", 1]] as const) {
    const keys = signingKeys([{ ...keyOf("RS256").jwk, e }]);
    assertEquals((await keys({ alg: "RS256" })).length, found, e);
  }
});

test("signingKeys() imports a key once for each algorithm", async () => {
  const keys = signingKeys(
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

test("signingKeys() finds at most 16 keys for one token", async () => {
  const [one, other] = [keyOf("ES256").jwk, keyOf("RS256").jwk];
  const many = Array<unknown>(40).fill({ ...one, kid: "one" });
  const keys = signingKeys([...many, { ...one, kid: "last" }, other]);
  assertEquals((await keys({ alg: "ES256" })).length, 16);
  assertEquals((await keys({ alg: "ES256", kid: "one" })).length, 16);
  // What a token's header excludes is not tried.
  assertEquals((await keys({ alg: "ES256", kid: "last" })).length, 1);
  assertEquals((await keys({ alg: "RS256" })).length, 1);
});

test("signingKeys() tries no key in place of one that cannot be imported", async () => {
  const { jwk } = keyOf("ES256");
  const broken = Array<unknown>(40).fill({ ...jwk, x: undefined });
  const keys = signingKeys([...broken, jwk]);
  assertEquals((await keys({ alg: "ES256" })).length, 1);
});

test("signingKeys() finds nothing for an algorithm that is not one of ours", async () => {
  const keys = signingKeys([{ kty: "oct", k: "AA" }]);
  for (const alg of ["HS256", "none", "", "constructor"]) {
    assertEquals(await keys({ alg }), []);
  }
});

/** A key and a token of one algorithm by its two names (RFC 9864 §2.2). */
const names: readonly (readonly [said: string | undefined, alg: string])[] = [
  ["EdDSA", "EdDSA"],
  ["EdDSA", "Ed25519"],
  ["Ed25519", "EdDSA"],
  ["Ed25519", "Ed25519"],
  [undefined, "EdDSA"],
  [undefined, "Ed25519"],
];

for (const [said, alg] of names) {
  test(`signingKeys() finds a key whose alg is ${said} for a token of ${alg}`, async () => {
    const keys = signingKeys([{ ...keyOf("EdDSA").jwk, alg: said }]);
    assertEquals((await keys({ alg })).length, 1);
    assertEquals(await keys({ alg: "ES256" }), []);
  });
}

test("signingKeys() imports no key of a promise that another request made", async () => {
  // On Cloudflare Workers such a promise never settles once its own request is over.
  const keys = signingKeys([jwk]);
  const { importKey } = crypto.subtle;
  const stuck: unknown[] = [];
  try {
    crypto.subtle.importKey = (...args: unknown[]): Promise<CryptoKey> => {
      stuck.push(args);
      return new Promise<never>(() => {});
    };
    keys(HEADER);
  } finally {
    crypto.subtle.importKey = importKey;
  }
  assertEquals(stuck.length, 1);
  assertEquals((await keys(HEADER)).length, 1);
});
