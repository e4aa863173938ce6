import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CompactSign } from "jose";
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

const aKey = fc.constantFrom(...keys);

/** What an issuer may say of a key, true or not; `undefined` leaves the member out. */
const said: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  fc.constant({}),
  ...Object.entries({
    alg: [undefined, ...ALGORITHMS, "RS384", "HS256", "none"],
    kid: [undefined, ...ALGORITHMS, "", "other"],
    use: [undefined, "sig", "enc", ""],
    key_ops: [["verify"], ["sign"], ["verify", "verify"], []],
    crv: [undefined, "P-256", "P-384", "P-521", "Ed25519"],
    kty: [undefined, "RSA", "EC", "OKP"],
    d: ["AA"],
  }).map(([name, values]) =>
    fc.constantFrom<unknown>(...values).map((value) => ({ [name]: value }))
  ),
);

/** A key, and how its issuer publishes it. */
interface Published {
  readonly key: TestKey;
  readonly jwk: Readonly<Record<string, unknown>>;
}

function published(key: fc.Arbitrary<TestKey>): fc.Arbitrary<Published> {
  return fc.tuple(key, said, said).map(([key, one, other]) => ({
    key,
    jwk: JSON.parse(JSON.stringify({ ...key.jwk, ...one, ...other })),
  }));
}

/** Which key signed, the `kid` in the header, and what the issuer publishes of that key and of others. */
const signedAndPublished = aKey.chain((key) =>
  fc.tuple(
    fc.constant(key),
    fc.constantFrom(undefined, key.kid, key.kid, "other"),
    fc.array(published(fc.oneof(fc.constant(key), aKey)), { maxLength: 3 }),
  )
);

async function signed(
  { alg, privateKey }: TestKey,
  kid: string | undefined,
): Promise<string> {
  return await new CompactSign(new TextEncoder().encode("{}"))
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(privateKey);
}

/** RFC 7517 §4, as a table: whether what is published of the signer's key lets it verify. */
function mayVerify(
  signer: TestKey,
  kid: string | undefined,
  { key, jwk }: Published,
): boolean {
  const algorithms = signer.jwk.kty === "OKP"
    ? ["EdDSA", "Ed25519"] // one algorithm (RFC 9864 §2.2)
    : [signer.alg];
  return key === signer && !("d" in jwk) &&
    jwk["kty"] === key.jwk.kty &&
    (jwk["kty"] === "RSA" || jwk["crv"] === key.jwk.crv) &&
    (kid === undefined || jwk["kid"] === kid) &&
    [undefined, "sig"].includes(jwk["use"] as string) &&
    ["undefined", '["verify"]'].includes(`${JSON.stringify(jwk["key_ops"])}`) &&
    [undefined, ...algorithms].includes(jwk["alg"] as string);
}

test(
  "checkSignature() takes a token by the signer's key alone, and only as its issuer publishes it",
  holds(signedAndPublished, async ([signer, kid, members]) => {
    const jws = await signed(signer, kid);
    const jwks = { keys: members.map(({ jwk }) => jwk) };
    assertEquals(
      await verdictOf(jws, jwks) === "accepted",
      members.some((member) => mayVerify(signer, kid, member)),
      JSON.stringify([jws, jwks]),
    );
  }),
);

test(
  "checkSignature() takes no token that differs in one character from one that was signed",
  holds(
    fc.tuple(
      aKey,
      fc.option(fc.constantFrom(...ALGORITHMS, "other"), { nil: undefined }),
      fc.nat(),
      fc.constantFrom(..."Aa09-_.=+/ "),
      fc.constantFrom("set", "insert", "remove"),
    ),
    async ([key, kid, at, character, how]) => {
      const jws = await signed(key, kid);
      const i = at % jws.length;
      const tampered = jws.slice(0, i) + (how === "remove" ? "" : character) +
        jws.slice(how === "insert" ? i : i + 1);
      const jwks = { keys: keys.map(({ jwk }) => jwk) };
      const verdict = await verdictOf(tampered, jwks);
      assert(tampered === jws || verdict !== "accepted", tampered);
    },
  ),
);
