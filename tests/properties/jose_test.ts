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

/** What an issuer may say of a key, and leave out. */
const said = fc.record({
  alg: fc.constantFrom(...ALGORITHMS, "RS384", "HS256", "none"),
  kid: fc.constantFrom(...ALGORITHMS, "", "other"),
  use: fc.constantFrom("sig", "enc", ""),
  key_ops: fc.constantFrom(
    ...[["verify"], ["sign"], ["verify", "verify"], [], ["sign", "verify"]],
  ),
  crv: fc.constantFrom("P-256", "P-384", "P-521", "Ed25519"),
  kty: fc.constantFrom("RSA", "EC", "OKP"),
}, { requiredKeys: [] });

/** A key as an issuer may publish it, most often as it is. */
const published = fc.tuple(
  aKey,
  fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, said),
  fc.subarray(["alg", "kid", "use"]),
).map(([{ jwk }, changes, left]): JWK => {
  const members = Object.entries({ ...jwk, ...changes })
    .filter(([name]) => !left.includes(name));
  return Object.fromEntries(members) as JWK;
});

/** A header that was signed, whether or not it is true. */
const header = fc.tuple(
  aKey,
  fc.option(fc.constantFrom(...ALGORITHMS, "other"), { nil: undefined }),
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
    fc.tuple(header, fc.array(published, { maxLength: 4 })),
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
