import { assertEquals, assertNotEquals } from "@std/assert";
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  EmbeddedJWK,
  jwtVerify,
} from "jose";
import { test } from "node:test";
import { testKeyHolder } from "../../src/testing/mod.ts";

const url = "https://notes.example.com/mcp";

for (const alg of ["ES256", "EdDSA"]) {
  test(`testKeyHolder() signs proofs by a key of ${alg}, to which cnf binds`, async () => {
    const holder = await testKeyHolder({ alg, now: () => 1_000_500 });
    const proof = await holder.proof({
      url: `${url}?a=b#c`,
      method: "POST",
      token: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
      nonce: "n",
    });
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK);
    const { jti, ...claims } = payload;
    assertEquals(typeof jti, "string");
    assertEquals(claims, {
      htm: "POST",
      htu: url,
      iat: 1000,
      // RFC 9449 §7.1.
      ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
      nonce: "n",
    });
    const { typ, jwk } = protectedHeader;
    assertEquals([typ, protectedHeader.alg], ["dpop+jwt", alg]);
    assertEquals(holder.cnf.jkt, await calculateJwkThumbprint(jwk!));
    assertEquals("d" in jwk!, false);
  });
}

test("testKeyHolder() replaces and removes claims and parameters", async () => {
  const { proof } = await testKeyHolder();
  const made = await proof({ url }, { htm: "PUT", jti: undefined }, {
    typ: "JWT",
  });
  const { iat, ...claims } = decodeJwt(made);
  assertEquals(Math.abs(Date.now() / 1000 - iat!) < 60, true);
  assertEquals(claims, { htm: "PUT", htu: url });
  assertEquals(decodeProtectedHeader(made).typ, "JWT");
});

test("testKeyHolder() makes another key and another proof each time", async () => {
  const [one, other] = [await testKeyHolder(), await testKeyHolder()];
  assertNotEquals(one.cnf, other.cnf);
  const request = { url, token: "a" };
  const [first, second] = [
    await one.headers(request),
    await one.headers(request),
  ];
  assertEquals(first.authorization, "DPoP a");
  assertNotEquals(first.dpop, second.dpop);
});
