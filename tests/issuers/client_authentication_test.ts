import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { exportJWK, generateKeyPair, generateSecret, jwtVerify } from "jose";
import { test } from "node:test";
import {
  type ClientAuthentication,
  clientAuthentication,
  type ClientCredentials,
} from "../../src/issuers/client_authentication.ts";
import { AuthorizationServerError } from "../../src/errors.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import { textOf } from "../support/introspected.ts";
import { testNetwork } from "../../src/testing/mod.ts";

const ISSUER = "https://auth.example.com/tenant1";
const network = testNetwork();

function authenticate(
  client: ClientCredentials,
): () => Promise<ClientAuthentication> {
  const form = clientAuthentication(client, ISSUER, resolvePlatform(network));
  return async () => await form();
}

/** An identifier, a secret, and the two as RFC 6749 §2.3.1 joins them. */
const pairs: readonly (readonly [
  why: string,
  client_id: string,
  client_secret: string,
  joined: string,
])[] = [
  ["RFC 6749 §2.3.1's", "s6BhdRkqt3", "gX1fBat3bV", "s6BhdRkqt3:gX1fBat3bV"],
  [
    "Zitadel's",
    "78366401571920522@amce",
    "veryweaksecret!",
    "78366401571920522%40amce:veryweaksecret%21",
  ],
  [
    "a colon in an identifier, a URL",
    "https://a/",
    "b",
    "https%3A%2F%2Fa%2F:b",
  ],
  ["spaces and plus signs", "a b", "c+d", "a+b:c%2Bd"],
  ["percent signs", "100%", "%20", "100%25:%2520"],
  ["base64", "id", "ab+/cd==", "id:ab%2B%2Fcd%3D%3D"],
];

for (const [why, client_id, client_secret, joined] of pairs) {
  test(`clientAuthentication() sends ${why} by client_secret_basic`, async () => {
    for (const method of [undefined, "client_secret_basic"] as const) {
      const { headers, params } = await authenticate({
        client_id,
        client_secret,
        ...(method && { method }),
      })();
      assertEquals(headers, { authorization: `Basic ${btoa(joined)}` });
      assertEquals(params, undefined);
    }
  });

  test(`clientAuthentication() sends ${why} by client_secret_post`, async () => {
    const method = "client_secret_post";
    const form = await authenticate({ client_id, client_secret, method })();
    assertEquals(form, { params: { client_id, client_secret } });
  });
}

test("clientAuthentication() sends an access token as it is", async () => {
  const access_token = "ory_pat_x.y~z+/==";
  assertEquals(await authenticate({ access_token })(), {
    headers: { authorization: `Bearer ${access_token}` },
  });
});

/** The kinds of keys, and what each is asked to sign with. */
const kinds: readonly (readonly [kind: string, alg: string])[] = [
  ["RS256", "RS256"],
  ["RS384", "RS384"],
  ["RS512", "RS512"],
  ["PS256", "PS256"],
  ["PS512", "PS512"],
  ["ES256", "ES256"],
  ["ES384", "ES384"],
  ["ES512", "ES512"],
  ["Ed25519", "EdDSA"],
];

for (const [kind, alg] of kinds) {
  test(`clientAuthentication() signs by ${alg} with a ${kind} key, as CryptoKey and as JWK`, async () => {
    const { privateKey, publicKey } = await generateKeyPair(kind, {
      extractable: true,
    });
    // An RSA key's JWK does not say what it is for.
    const told = kind.endsWith("256") || !/^[RP]S/.test(kind) ? {} : { alg };
    const jwk = { ...await exportJWK(privateKey), ...told, kid: "key-1" };
    const expected = /^PS256$/.test(kind) ? "RS256" : alg;
    for (
      const [private_key, kid, header] of [
        [privateKey, undefined, { alg }],
        [privateKey, "key-2", { alg, kid: "key-2" }],
        [jwk, undefined, { alg: expected, kid: "key-1" }],
        [jwk, "key-2", { alg: expected, kid: "key-2" }],
      ] as const
    ) {
      const { headers, params } = await authenticate({
        client_id: "notes",
        private_key,
        ...(kid && { kid }),
      })();
      const { client_assertion = "", ...rest } = params ?? {};
      assertEquals(headers, undefined);
      assertEquals(rest, {
        client_id: "notes",
        client_assertion_type:
          "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      });
      assertMatch(client_assertion, /^[\w-]+\.[\w-]+\.[\w-]+$/);
      const key = "kty" in private_key
        ? { ...publicOf(jwk), alg: expected }
        : publicKey;
      const { protectedHeader, payload } = await jwtVerify(
        client_assertion,
        key,
        { currentDate: new Date(network.now()) },
      );
      assertEquals(protectedHeader, header);
      const { jti, ...claims } = payload;
      const iat = network.now() / 1000;
      assertEquals(claims, {
        iss: "notes",
        sub: "notes",
        aud: ISSUER,
        iat,
        exp: iat + 60,
      });
      assert(typeof jti === "string" && jti.length >= 20);
    }
  });
}

function publicOf(
  { d: _, dp: _1, dq: _2, p: _3, q: _4, qi: _5, ...jwk }: Awaited<
    ReturnType<typeof exportJWK>
  >,
): typeof jwk {
  return jwk;
}

test("clientAuthentication() signs each assertion anew, by the platform's clock", async () => {
  const { privateKey } = await generateKeyPair("ES256");
  const form = authenticate({ client_id: "notes", private_key: privateKey });
  const claimsOf = async (): Promise<{ jti: string; exp: number }> =>
    JSON.parse(
      atob((await form()).params!["client_assertion"]!.split(".")[1]!),
    );
  const first = await claimsOf();
  network.pass(7);
  const second = await claimsOf();
  assertNotEquals(first.jti, second.jti);
  assertEquals(second.exp - first.exp, 7);
});

test("clientAuthentication() leaves a JSON Web Key as it is", async () => {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const private_key = await exportJWK(privateKey);
  await authenticate({ client_id: "notes", private_key })();
  assertFalse(Object.isFrozen(private_key));
});

const signing = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(signing.privateKey);

/** Credentials that cannot be used, and what the message names. */
const unusable: readonly (readonly [
  why: string,
  client: Readonly<Record<string, unknown>> | undefined | null,
  name: string,
])[] = [
  ["nothing", undefined, "client:"],
  ["null", null, "client:"],
  ["no identifier", { client_secret: "CANARY" }, "client_id"],
  ["an empty identifier", { client_id: "", client_secret: "x" }, "client_id"],
  ["no secret", { client_id: "CANARY*" }, "client_secret"],
  [
    "a variable that is not set",
    { client_id: "notes", client_secret: undefined },
    "client_secret",
  ],
  [
    "a secret with a line's end",
    { client_id: "notes", client_secret: "CANARY\n" },
    "client_secret",
  ],
  [
    "a secret that is not ASCII",
    { client_id: "notes", client_secret: "CANÄRY" },
    "client_secret",
  ],
  [
    "another method",
    { client_id: "notes", client_secret: "CANARY", method: "none" },
    "client.method",
  ],
  [
    "an access token that is not set",
    { access_token: undefined },
    "access_tok",
  ],
  ["no key", { client_id: "notes", private_key: undefined }, "private_key"],
  [
    "a key in PEM",
    { client_id: "notes", private_key: "CANARY" },
    "private_key",
  ],
  [
    "a public key",
    { client_id: "notes", private_key: signing.publicKey },
    "private_key",
  ],
  [
    "a public JSON Web Key",
    { client_id: "notes", private_key: { ...jwk, d: undefined } },
    "private_key",
  ],
  [
    "a secret as a JSON Web Key",
    { client_id: "notes", private_key: { kty: "oct", k: "CANARY", d: "x" } },
    "private_key",
  ],
  [
    "a key for a symmetric algorithm",
    { client_id: "notes", private_key: { ...jwk, alg: "HS256" } },
    "private_key",
  ],
  [
    "a key for another algorithm than it says",
    { client_id: "notes", private_key: { ...jwk, alg: "RS256" } },
    "private_key",
  ],
  ["an empty object", { client_id: "notes", private_key: {} }, "private_key"],
  [
    "a key of HMAC",
    { client_id: "notes", private_key: await generateSecret("HS256") },
    "private_key",
  ],
  [
    "a key for encryption",
    { client_id: "notes", private_key: { ...jwk, crv: "X25519" } },
    "private_key",
  ],
];

for (const [why, client, name] of unusable) {
  test(`clientAuthentication() cannot be made of ${why}`, () => {
    const error = assertThrows(
      () => authenticate(client as unknown as ClientCredentials),
      TypeError,
      `Cannot use ${name}`,
    );
    assertFalse(textOf(error).includes("CAN"), "CANARY");
  });
}

test("clientAuthentication() is unavailable where a key turns out to be none, and tells nothing of it", async () => {
  const private_key = { ...jwk, d: "CANARY*" };
  const error = await assertRejects(
    () => authenticate({ client_id: "notes", private_key })(),
    AuthorizationServerError,
    "check private_key",
  );
  assertFalse(textOf(error).includes("CANARY"));
});
