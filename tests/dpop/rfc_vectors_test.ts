/** What RFC 9449 shows: its key, its token, and the proofs that it made with them in 2019. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { dpop } from "../../src/dpop/mod.ts";
import {
  checkTokenHash,
  type ProofRules,
  type ProofTarget,
  proofVerifier,
  readProof,
} from "../../src/dpop/proof.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { protectResource } from "../../src/protect_resource.ts";

const HEADER =
  "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
/** §4.1, figure 2. */
const TOKEN_PROOF = `${HEADER}.${
  [
    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ",
    "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
  ].join(".")
}`;
/** §7.1, figure 12. */
const RESOURCE_PROOF = `${HEADER}.${
  [
    "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9",
    "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
  ].join(".")
}`;
const TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/** §6.1: the thumbprint of the key. */
const JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const RESOURCE = "https://resource.example.org/protectedresource";
const ISSUER = "https://server.example.com";

const proofs: readonly (readonly [
  where: string,
  proof: string,
  target: ProofTarget,
  iat: number,
])[] = [
  ["§4.1, figure 2", TOKEN_PROOF, {
    method: "POST",
    url: "https://server.example.com/token",
  }, 1562262616],
  ["§7.1, figure 12", RESOURCE_PROOF, {
    method: "GET",
    url: RESOURCE,
  }, 1562262618],
];

for (const [where, text, target, iat] of proofs) {
  const rules = (seconds: number): ProofRules => ({
    algorithms: ["ES256"],
    maxAgeSeconds: 60,
    now: () => seconds * 1000,
  });
  test(`proofVerifier() finds the key of RFC 9449 ${where}`, async () => {
    const proof = readProof(text, target, rules(iat));
    assertEquals(await proofVerifier(rules(iat))(proof), JKT);
  });

  test(`readProof() rejects RFC 9449 ${where} today`, () => {
    assertThrows(
      () => readProof(text, target, rules(Date.now() / 1000)),
      AccessTokenError,
    );
  });

  test(`proofVerifier() rejects RFC 9449 ${where} with the other's signature`, async () => {
    const [, , signature] =
      (text === TOKEN_PROOF ? RESOURCE_PROOF : TOKEN_PROOF)
        .split(".");
    const [header, payload] = text.split(".");
    const forged = `${header}.${payload}.${signature}`;
    const proof = readProof(forged, target, rules(iat));
    const error = await assertRejects(
      () => proofVerifier(rules(iat))(proof),
      AccessTokenError,
    );
    assertEquals(error.reason, "invalid_proof");
  });
}

test("checkTokenHash() knows the token of RFC 9449 §7.1 by its ath", async () => {
  const [, , target, iat] = proofs[1]!;
  const proof = readProof(RESOURCE_PROOF, target, {
    algorithms: ["ES256"],
    maxAgeSeconds: 60,
    now: () => iat * 1000,
  });
  await checkTokenHash(proof, TOKEN);
  await assertRejects(
    () => checkTokenHash(proof, `${TOKEN}x`),
    AccessTokenError,
  );
});

test("protectResource() accepts the request of RFC 9449 §7.1, figure 12, once", async () => {
  const iat = 1562262618;
  const handle = protectResource(() => new Response("Hello"), {
    metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
    platform: { now: () => iat * 1000 },
    dpop: dpop({ mode: "required", algorithms: ["ES256"] }),
    verifyAccessToken: (token) => {
      assertEquals(token, TOKEN);
      // §6.2, figure 10: what introspection says of it.
      return Promise.resolve({
        iss: ISSUER,
        aud: RESOURCE,
        sub: "someone@example.com",
        nbf: iat - 3,
        exp: iat + 60,
        cnf: { jkt: JKT },
      });
    },
  });
  const request = (): Request =>
    new Request(RESOURCE, {
      headers: { authorization: `DPoP ${TOKEN}`, dpop: RESOURCE_PROOF },
    });
  assertEquals((await handle(request())).status, 200);
  assertEquals((await handle(request())).status, 401);
});
