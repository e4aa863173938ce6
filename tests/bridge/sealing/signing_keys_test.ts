import { assertEquals, assertThrows } from "@std/assert";
import { exportJWK, generateKeyPair } from "jose";
import { test } from "node:test";
import { readSecrets } from "../../../src/bridge/sealing/secrets.ts";
import { signingKeys } from "../../../src/bridge/sealing/signing_keys.ts";
import { oauthBridge } from "../../../src/bridge/mod.ts";
import { flow, ISSUER, SECRET, send, world } from "../world.ts";

const OTHER = "another secret of thirty-two bytes";

test("a secret gives the same key on every instance, and another one at another issuer", async () => {
  const kid = async (secret: string, issuer: string): Promise<string> =>
    (await signingKeys(readSecrets([secret], issuer), undefined).current()).kid;
  assertEquals(await kid(SECRET, ISSUER), await kid(SECRET, ISSUER));
  assertEquals(await kid(SECRET, ISSUER) === await kid(OTHER, ISSUER), false);
  assertEquals(
    await kid(SECRET, ISSUER) === await kid(SECRET, `${ISSUER}/a`),
    false,
  );
});

test("/jwks has the public keys of all secrets and no private member", async () => {
  const { bridge } = world({ secrets: [SECRET, OTHER] });
  const { keys } = await (await send(bridge, "/jwks")).json();
  assertEquals(keys.length, 2);
  for (const key of keys) {
    assertEquals(Object.keys(key).sort(), [
      "alg",
      "crv",
      "kid",
      "kty",
      "use",
      "x",
    ]);
  }
});

test("a token of an old secret is verified while the secret is there", async () => {
  const here = world();
  const { access_token } = await (await (await flow(here)).redeem()).json();
  const rotated = here.instance({ secrets: [OTHER, SECRET] });
  assertEquals((await rotated.verifyAccessToken(access_token)).sub, "ada");
  const { reason } = await here.instance({ secrets: [OTHER] })
    .verifyAccessToken(access_token).then(() => ({}), (error) => error);
  assertEquals(reason, "unknown_key");
});

test("a key of the operator's own signs in place of the secrets' keys", async () => {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(privateKey), alg: "ES256", kid: "mine" };
  const here = world({ signingKey: jwk });
  const { access_token } = await (await (await flow(here)).redeem()).json();
  const [header = ""] = access_token.split(".");
  assertEquals(JSON.parse(atob(header)), {
    alg: "ES256",
    typ: "at+jwt",
    kid: "mine",
  });
  assertEquals((await here.bridge.verifyAccessToken(access_token)).sub, "ada");
  const { keys } = await (await send(here.bridge, "/jwks")).json();
  assertEquals(keys.map((key: object) => "d" in key), [false]);
});

test("a signing key that is public, symmetric or without an algorithm is refused", async () => {
  const { publicKey } = await generateKeyPair("ES256");
  const { options } = world();
  for (
    const signingKey of [
      { ...await exportJWK(publicKey), alg: "ES256" },
      { kty: "oct", k: "c2VjcmV0", alg: "HS256" },
      { kty: "EC", d: "AA" },
    ]
  ) {
    assertThrows(
      () => oauthBridge({ ...options, signingKey: signingKey as object }),
      TypeError,
      "signingKey",
    );
  }
});
