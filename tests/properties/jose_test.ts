import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CompactSign,
  compactVerify,
  createLocalJWKSet,
  errors,
  type JWK,
} from "jose";
import { test } from "node:test";
import { type TestKey, testKey } from "../../src/testing/mod.ts";
import { verdictOf } from "../vectors/verdict.ts";
import { holds } from "./property.ts";

const ALGORITHMS = [
  ...["RS256", "RS512", "PS256", "PS384"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

const keys: readonly TestKey[] = await Promise.all(
  ALGORITHMS.map((alg) => testKey(alg, alg)),
);

/** What jose says, which has no part in the verdict. */
async function isAcceptedByJose(
  jws: string,
  jwks: { readonly keys: readonly JWK[] },
): Promise<boolean> {
  const options = { algorithms: [...ALGORITHMS, "RS384", "PS512"] };
  try {
    await compactVerify(
      jws,
      createLocalJWKSet({ keys: [...jwks.keys] }),
      options,
    );
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    for await (const key of error) {
      const isBy = await compactVerify(jws, key, options)
        .then(() => true, () => false);
      if (isBy) return true;
    }
    return false;
  }
}

const aKey = fc.constantFrom(...keys);

/** What an issuer may say of a key in place of the truth; `undefined` leaves it out. */
const said: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  fc.constant({}),
  ...Object.entries({
    alg: [undefined, ...ALGORITHMS, "RS384", "HS256", "none"],
    kid: [undefined, ...ALGORITHMS, "", "other"],
    use: [undefined, "sig", "enc", ""],
    // Of a public key that is said to sign too, jose says that it cannot be; here it verifies.
    key_ops: [["verify"], ["sign"], ["verify", "verify"], []],
    crv: [undefined, "P-256", "P-384", "P-521", "Ed25519"],
    kty: [undefined, "RSA", "EC", "OKP"],
  }).map(([name, values]) =>
    fc.constantFrom<unknown>(...values).map((value) => ({ [name]: value }))
  ),
);

/** A key as an issuer may publish it. */
function published(key: fc.Arbitrary<TestKey>): fc.Arbitrary<JWK> {
  return fc.tuple(key, said, said).map(([{ jwk }, one, other]) =>
    JSON.parse(JSON.stringify({ ...jwk, ...one, ...other }))
  );
}

/** Which key signed, and the `kid` that the header has, true or not. */
const header = fc.tuple(
  aKey,
  fc.option(fc.constantFrom(...ALGORITHMS, "other"), { nil: undefined }),
);

/** The same, beside what an issuer publishes of that key, and of others. */
const headerAndKeys = aKey.chain((key) =>
  fc.tuple(
    fc.tuple(
      fc.constant(key),
      fc.constantFrom(undefined, key.kid, key.kid, "other"),
    ),
    fc.array(published(fc.oneof(fc.constant(key), aKey)), { maxLength: 3 }),
  )
);

async function signed(
  [{ alg, privateKey }, kid]: readonly [TestKey, string | undefined],
): Promise<string> {
  return await new CompactSign(new TextEncoder().encode("{}"))
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(privateKey);
}

test(
  "checkSignature() agrees with jose on what a key may have signed, whatever its issuer says of it",
  holds(
    headerAndKeys,
    async ([header, keys]) => {
      const jws = await signed(header);
      assertEquals(
        await verdictOf(jws, { keys }) === "accepted",
        await isAcceptedByJose(jws, { keys }),
        JSON.stringify([jws, keys]),
      );
    },
  ),
);

test(
  "checkSignature() takes nothing that jose does not, however a token was tampered with",
  holds(
    fc.tuple(
      header,
      fc.nat(),
      fc.constantFrom(..."Aa09-_.=+/ "),
      fc.constantFrom("set", "insert", "remove"),
    ),
    async ([header, at, character, how]) => {
      const jws = await signed(header);
      const i = at % jws.length;
      const tampered = jws.slice(0, i) + (how === "remove" ? "" : character) +
        jws.slice(how === "insert" ? i : i + 1);
      const jwks = { keys: keys.map(({ jwk }) => jwk as JWK) };
      assert(
        await verdictOf(tampered, jwks) !== "accepted" ||
          await isAcceptedByJose(tampered, jwks),
        tampered,
      );
    },
  ),
);
