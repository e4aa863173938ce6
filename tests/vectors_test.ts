import { assert, assertEquals, assertFalse } from "@std/assert";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { test } from "node:test";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
} from "../src/errors.ts";
import { jwtVerifier } from "../src/tokens/jwt_verifier.ts";
import { say } from "./runner/commands.ts";
import {
  answerJson,
  type TestKey,
  testKey,
  testNetwork,
} from "../src/testing/mod.ts";
import { NOT_JUDGED } from "./runner/junit.ts";
import { type Verdict, verdictOf } from "./vectors/verdict.ts";
import {
  areVectorsHere,
  MISSPELLED,
  OTHER_POLICY,
  readVectors,
  type Vector,
  VECTOR_COUNTS,
  type VectorFile,
  type VectorGroup,
} from "./vectors/wycheproof.ts";

const ISSUER = "http://localhost:9000/tenant1";
const JWKS_URL = `${ISSUER}/jwks`;
const CLAIMS = { iss: ISSUER, sub: "user-1" };

const FILES = Object.keys(VECTOR_COUNTS) as VectorFile[];
const NOT_HERE =
  `${NOT_JUDGED}: Wycheproof's vectors do not lie beside this checkout, in ../shared/vectors`;

if (areVectorsHere()) {
  for (const file of FILES) testFile(file, readVectors(file));
} else {
  say(NOT_HERE);
  // It stands for none of the vectors: what it passes is that they are not there.
  test(NOT_HERE, () => assertFalse(areVectorsHere()));
}

function testFile(file: VectorFile, groups: readonly VectorGroup[]): void {
  const vectors = groups.flatMap(({ tests }) => tests);

  for (const { comment, tests, jwks } of groups) {
    const ids = `${tests[0]?.tcId} to ${tests.at(-1)?.tcId}`;
    test(`checkSignature() agrees with ${file}, ${ids} (${comment})`, async () => {
      for (const vector of tests) {
        const verdict = await verdictOf(vector.jws, jwks);
        assertVerdict(file, vector, verdict);
      }
    });
  }

  test(`checkSignature() takes none of ${file} by a key that is published with its secret`, async () => {
    for (const { tests, secretJwks } of groups) {
      for (const { tcId, jws } of tests) {
        const verdict = await verdictOf(jws, secretJwks);
        assert(verdict !== "accepted", `${tcId}`);
      }
    }
  });

  test(`${file} is whole`, () => {
    const ids = Array.from({ length: VECTOR_COUNTS[file] }, (_, i) => i + 1);
    assertEquals(vectors.map(({ tcId }) => tcId), ids);
    for (const { result } of vectors) {
      assert(result === "valid" || result === "invalid", result);
    }
  });

  test(`${file} judges otherwise where another policy is listed`, () => {
    for (const { tcIds, verdict } of policiesOn(file)) {
      const result = verdict === "accepted" ? "invalid" : "valid";
      for (const id of tcIds) assertEquals(vectors[id - 1]?.result, result);
    }
  });
}

function assertVerdict(
  file: VectorFile,
  { tcId, comment, result }: Vector,
  verdict: Verdict,
): void {
  const label = `${tcId} ${comment}: ${verdict}`;
  const policy = policiesOn(file).find(({ tcIds }) => tcIds.includes(tcId));
  if (policy !== undefined) assertEquals(verdict, policy.verdict, label);
  else assertEquals(verdict === "accepted", result === "valid", label);
  if (file === "json_web_signature_test.json" && MISSPELLED.includes(tcId)) {
    assertEquals(verdict, "malformed_token", label);
  }
}

function policiesOn(file: VectorFile): typeof OTHER_POLICY {
  return OTHER_POLICY.filter((policy) => policy.file === file);
}

test("jwtVerifier() takes no token by a key that is published with its private half", async () => {
  for (const alg of ["ES256", "EdDSA"]) {
    const key = await leakedKey(alg);
    assertEquals(
      await reasonFor(await tokenBy(key), [key.jwk]),
      "unknown_key",
    );
  }
});

/** RFC 7517 §5: what cannot be used in a set is passed over. Refusing the set would let one bad key end all service. */
test("jwtVerifier() passes over the secrets in a key set, and takes the tokens by its other keys", async () => {
  const leaked = await leakedKey("ES256");
  const good = await testKey("ES256", "good");
  const secret = { kty: "oct", kid: "secret", alg: "HS256", k: "AA" };
  const keys = [secret, leaked.jwk, good.jwk];
  assertEquals(await reasonFor(await tokenBy(good), keys), undefined);
  assertEquals(await reasonFor(await tokenBy(leaked), keys), "unknown_key");
});

/** RFC 7517 §4.5 asks for distinct key ids and lets two types share one, as RFC 7520 does. */
test("jwtVerifier() tries every key that has a token's kid, and no other", async () => {
  const [first, second, other] = [
    await testKey("ES256", "twin"),
    await testKey("ES256", "twin"),
    await testKey("ES256", "twin"),
  ];
  const keys = [first.jwk, second.jwk, { ...other.jwk, kid: "other" }];
  assertEquals(await reasonFor(await tokenBy(first), keys), undefined);
  assertEquals(await reasonFor(await tokenBy(second), keys), undefined);
  assertEquals(await reasonFor(await tokenBy(other), keys), "bad_signature");
});

/** Why a token is refused by an issuer that publishes these keys; `undefined` where it is not. */
async function reasonFor(
  token: string,
  keys: readonly JWK[],
): Promise<AccessTokenErrorReason | undefined> {
  const platform = testNetwork();
  platform.serve(JWKS_URL, answerJson({ keys }));
  const verify = jwtVerifier({
    authorization_servers: [ISSUER],
    issuers: { [ISSUER]: { jwks_uri: JWKS_URL } },
    platform,
  });
  try {
    await verify(token);
    return undefined;
  } catch (error) {
    if (error instanceof AccessTokenError) return error.reason;
    throw error;
  }
}

async function leakedKey(alg: string): Promise<TestKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  assert(jwk.d !== undefined);
  return { alg, kid: "leaked", privateKey, jwk: { ...jwk, kid: "leaked" } };
}

async function tokenBy({ alg, kid, privateKey }: TestKey): Promise<string> {
  return await new SignJWT(CLAIMS).setProtectedHeader({ alg, kid })
    .sign(privateKey);
}
