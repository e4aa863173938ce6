import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { findingsIn, withFindings } from "../../src/tokens/findings.ts";
import { introspectedClaims } from "../../src/tokens/introspected_claims.ts";
import type { AccessTokenClaims } from "../../src/types.ts";

const ISSUER = "https://auth.example.com";
const TOKEN_ISSUER = "auth";
const CLAIMS = Object.freeze({
  active: true,
  iss: TOKEN_ISSUER,
  exp: 1,
  scope: "admin",
});

const read = introspectedClaims([ISSUER], {
  [ISSUER]: {
    token_issuer: TOKEN_ISSUER,
    claims: ({ active, sub }) => ({ active, sub, granted: [active] }),
  },
});

test("introspectedClaims() reads a response by its issuer's rules, keeps issuer and expiry, and freezes the result", () => {
  const mapped = read(CLAIMS);
  assertEquals<AccessTokenClaims>({ ...JSON.parse(JSON.stringify(mapped)) }, {
    active: true,
    granted: [true],
    iss: TOKEN_ISSUER,
    exp: 1,
  });
  assert(Object.isFrozen(mapped.granted));
});

test("introspectedClaims() keeps what the verifier found, and is not applied to its own result", () => {
  const mapped = read(withFindings(CLAIMS, { exp: 1 }));
  assertEquals(findingsIn(mapped), { exp: 1, claims: "mapped" });
  assertStrictEquals(read(mapped), mapped);
});

test("introspectedClaims() reads the same claims once", () =>
  assertStrictEquals(read(CLAIMS), read(CLAIMS)));

const untouched:
  readonly (readonly [why: string, claims: AccessTokenClaims])[] = [
    ["of a verifier that resolves to a number", 1 as never],
    ["of no introspection", { iss: TOKEN_ISSUER, exp: 1 }],
    ["of an active that is not true", { ...CLAIMS, active: "true" }],
    ["of another issuer", { ...CLAIMS, iss: ISSUER }],
    ["of a list of issuers", { ...CLAIMS, iss: [TOKEN_ISSUER] }],
    ["that the verifier mapped", withFindings(CLAIMS, { claims: "mapped" })],
  ];

for (const [why, claims] of untouched) {
  test(`introspectedClaims() leaves claims ${why} as they are`, () =>
    assertStrictEquals(read(claims), claims));
}
