import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
} from "../../src/errors.ts";
import {
  type JwtVerifier,
  jwtVerifier,
  type JwtVerifierOptions,
  jwtVerifierWith,
} from "../../src/tokens/jwt_verifier.ts";
import type { IssuerRules, SignatureAlgorithm } from "../../src/types.ts";
import {
  answerNothing,
  testIssuer,
  testKey,
  testNetwork,
} from "../../src/testing/mod.ts";
import { ISSUER, RESOURCE } from "../support/protected.ts";
import {
  ALGORITHMS,
  forge,
  issuer,
  keyOf,
  network,
  refusedTokens,
  segment,
  stranger,
} from "../support/tokens.ts";

const OPTIONS: JwtVerifierOptions = {
  authorization_servers: [ISSUER],
  platform: network,
};
const verify = jwtVerifier(OPTIONS);

/** Why a verifier refuses a token. */
async function reasonFor(
  token: string,
  verifier: JwtVerifier = verify,
): Promise<AccessTokenErrorReason> {
  const { reason } = await assertRejects(
    async () => await verifier(token),
    AccessTokenError,
  );
  return reason;
}

/** A verifier with rules for the one issuer. */
function verifierBy(rules: IssuerRules): typeof verify {
  return jwtVerifier({ ...OPTIONS, issuers: { [ISSUER]: rules } });
}

for (const alg of ALGORITHMS) {
  test(`jwtVerifier() resolves to the claims of a token that is signed by ${alg}`, async () => {
    const token = await issuer.token({ n: 1 }, {}, keyOf(alg));
    assertEquals(await verify(token), { ...issuer.claims(), n: 1 });
  });
}

for (const [why, reason, make] of refusedTokens) {
  test(`jwtVerifier() refuses ${why}`, async () => {
    assertEquals(await reasonFor(await make()), reason);
  });
}

for (
  const typ of ["at+jwtapplication/", "x/application/at+jwt", "at+jwt ", "at"]
) {
  test(`jwtVerifier() refuses typ ${JSON.stringify(typ)}, which is only like at+jwt`, async () => {
    const token = await forge({ alg: "ES256", kid: "ES256", typ });
    assertEquals(await reasonFor(token), "wrong_type");
  });
}

/** Header fields that change nothing. */
const headers: readonly (readonly [why: string, header: object])[] = [
  ["at+jwt", { typ: "at+jwt" }],
  ["AT+JWT, as media types have no case", { typ: "AT+JWT" }],
  ["at+jwt in full", { typ: "application/at+jwt" }],
  ["at+jwt in full and capitals", { typ: "APPLICATION/AT+JWT" }],
  ["JWT", { typ: "JWT" }],
  ["jwt", { typ: "jwt" }],
  ["no typ", { typ: undefined }],
  ["no kid", { kid: undefined }],
  ["a stranger's key, which is not looked at", { jwk: stranger.jwk }],
  ["URLs, which are not asked", {
    jku: "https://evil.example/jwks",
    x5u: "https://evil.example/x5u",
  }],
  ["a certificate, which is not looked at", { x5c: ["MIIB"], x5t: "AAAA" }],
  ["fields that nobody knows", { constructor: 1, x: [1] }],
];

for (const [why, header] of headers) {
  test(`jwtVerifier() takes a token with ${why}`, async () => {
    const token = await forge({
      alg: "ES256",
      kid: "ES256",
      typ: "at+jwt",
      ...header,
    });
    assertEquals((await verify(token)).sub, "user-1");
    assertFalse(network.requests.some((url) => url.includes("evil")));
  });
}

/** Claims that look like other tokens' and are not. */
const claims: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["a token_use of access (Cognito)", { token_use: "access" }],
  ["a typ claim of Bearer (Keycloak)", { typ: "Bearer" }],
  ["a typ claim that begins like another's", { typ: "Idea" }],
  ["a nonce", { nonce: "x" }],
  ["claims by the names of Object's members", {
    constructor: "a",
    toString: "b",
    hasOwnProperty: "c",
  }],
];

for (const [why, extra] of claims) {
  test(`jwtVerifier() takes a token with ${why}`, async () => {
    const { sub } = await verify(await issuer.token(extra));
    assertEquals(sub, "user-1");
  });
}

test("jwtVerifier() tries every key that a token without kid may mean", async () => {
  const network = testNetwork();
  const [first, second] = [
    await testKey("ES256", "first"),
    await testKey("ES256", "second"),
  ];
  const issuer = await testIssuer({
    platform: network,
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [first, second],
  });
  const verify = jwtVerifier({ ...OPTIONS, platform: network });
  for (const key of [first, second]) {
    const token = await issuer.token({}, { kid: undefined }, key);
    assertEquals((await verify(token)).sub, "user-1");
  }
  const forged = await issuer.token({}, { kid: undefined }, stranger);
  assertEquals(await reasonFor(forged, verify), "bad_signature");
});

for (const typ of ["JWT", "jwt", undefined, "application/jwt"]) {
  test(`jwtVerifier() refuses typ ${typ} where only at+jwt is taken`, async () => {
    const strict = verifierBy({ typ: "at+jwt" });
    const token = await forge({ alg: "ES256", kid: "ES256", typ });
    assertEquals((await verify(token)).sub, "user-1");
    assertEquals(await reasonFor(token, strict), "wrong_type");
  });
}

test("jwtVerifier() takes at+jwt where only that is taken", async () => {
  const strict = verifierBy({ typ: "at+jwt" });
  for (const typ of ["at+jwt", "application/AT+jwt"]) {
    assertEquals((await strict(await issuer.token({}, { typ }))).sub, "user-1");
  }
});

test("jwtVerifier() takes an issuer's own algorithms alone", async () => {
  const only = verifierBy({ algorithms: ["ES256", "EdDSA"] });
  for (const alg of ALGORITHMS) {
    const token = await issuer.token({}, {}, keyOf(alg));
    if (alg === "ES256" || alg === "EdDSA") await only(token);
    else assertEquals(await reasonFor(token, only), "unsupported_algorithm");
  }
});

/** RFC 9864 §2.2: what the key says, what the token says, and what the issuer may use are one algorithm. */
for (const said of ["EdDSA", "Ed25519"] as const) {
  for (const alg of ["EdDSA", "Ed25519"] as const) {
    test(`jwtVerifier() takes a token of ${alg} by a key of ${said}, whichever of the two is allowed`, async () => {
      const network = testNetwork();
      const key = await testKey(said, "ed");
      const issuer = await testIssuer({
        platform: network,
        issuer: ISSUER,
        audience: RESOURCE,
        keys: [key],
      });
      for (const algorithms of [undefined, ["EdDSA"], ["Ed25519"]] as const) {
        const verify = jwtVerifier({
          ...OPTIONS,
          platform: network,
          ...(algorithms && { issuers: { [ISSUER]: { algorithms } } }),
        });
        const token = await issuer.token({}, { alg }, key);
        assertEquals((await verify(token)).sub, "user-1");
      }
    });
  }
}

/** An issuer that is not one of the trusted. */
const strangers: readonly (readonly [
  why: string,
  reason: AccessTokenErrorReason,
  iss: unknown,
])[] = [
  ["another issuer", "untrusted_issuer", "https://evil.example"],
  [
    "a sibling with the same keys",
    "untrusted_issuer",
    "http://localhost:9000/tenant2",
  ],
  ["the issuer with a slash", "untrusted_issuer", `${ISSUER}/`],
  ["the issuer in capitals", "untrusted_issuer", ISSUER.toUpperCase()],
  ["a list of the issuer", "untrusted_issuer", [ISSUER]],
  ["null", "untrusted_issuer", null],
  ["__proto__", "untrusted_issuer", "__proto__"],
  ["no issuer", "missing_claim", undefined],
];

for (const [why, reason, iss] of strangers) {
  test(`jwtVerifier() refuses iss of ${why} and asks nobody for keys`, async () => {
    const network = testNetwork();
    const verify = jwtVerifier({ ...OPTIONS, platform: network });
    const token = await issuer.token({ iss });
    assertEquals(await reasonFor(token, verify), reason);
    assertEquals(network.requests, []);
  });
}

test("jwtVerifier() takes an inherited iss for none", async () => {
  const { iss: _, ...rest } = issuer.claims();
  const text = `{"__proto__":{"iss":"${ISSUER}"},${
    JSON.stringify(rest).slice(1)
  }`;
  const token = await forge({ alg: "ES256", kid: "ES256" }, text);
  assertEquals(await reasonFor(token), "missing_claim");
});

test("jwtVerifier() never verifies one issuer's token by another's key", async () => {
  const network = testNetwork();
  const [ours, theirs] = [
    await testKey("ES256", "k"),
    await testKey("ES256", "k"),
  ];
  const other = await testIssuer({
    platform: network,
    issuer: "https://other.example",
    audience: RESOURCE,
    keys: [theirs],
  });
  const issuer = await testIssuer({
    platform: network,
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [ours],
  });
  const verify = jwtVerifier({
    authorization_servers: [ISSUER, other.issuer],
    platform: network,
  });
  await verify(await issuer.token());
  await verify(await other.token());
  const forged = await other.token({ iss: ISSUER });
  assertEquals(await reasonFor(forged, verify), "bad_signature");
});

test("jwtVerifier() reads the last of two members of one name, and hands that on", async () => {
  const text = JSON.stringify(issuer.claims()).replace(
    '"sub":"user-1"',
    '"sub":"admin","sub":"user-1"',
  );
  const token = await forge(
    '{"alg":"none","alg":"ES256","kid":"stranger","kid":"ES256"}',
    text,
  );
  assertEquals((await verify(token)).sub, "user-1");
});

for (const depth of [10_000, 100_000]) {
  test(`jwtVerifier() survives a payload of ${depth} levels`, async () => {
    const text = (iss: string): string =>
      `{"iss":"${iss}","a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const header = { alg: "ES256", kid: "ES256" };
    const untrusted = await forge(header, text("https://evil.example"));
    const forged = await forge(header, text(ISSUER), stranger);
    for (const token of [untrusted, forged]) {
      await assertRejects(() => verify(token), AccessTokenError);
    }
  });
}

test("jwtVerifier() freezes the claims, however deep, and remembered or not", async () => {
  const token = await issuer.token({ a: { b: [{ c: 1 }] } });
  const forgetful = jwtVerifier({ ...OPTIONS, tokenCacheBytes: null });
  const frozen: unknown[] = [await verify(token), await forgetful(token)];
  for (const value of frozen) {
    if (typeof value !== "object" || value === null) continue;
    assert(Object.isFrozen(value));
    frozen.push(...Object.values(value));
  }
  assert(frozen.length > 2 * 8);
});

test("jwtVerifier() reads an issuer's claims as its rules say, and freezes what they make", async () => {
  const renaming = verifierBy({
    claims: ({ roles, ...rest }) => ({ ...rest, scope: roles, more: [{}] }),
  });
  const read = await renaming(await issuer.token({ roles: "notes:read" }));
  assertEquals(read, { ...issuer.claims(), scope: "notes:read", more: [{}] });
  assert(Object.isFrozen(read));
  assert(Object.isFrozen((read.more as object[])[0]));
});

test("jwtVerifier() refuses what an issuer's rules refuse, and asks for no key", async () => {
  const network = testNetwork();
  const verify = jwtVerifier({
    ...OPTIONS,
    platform: network,
    issuers: {
      [ISSUER]: {
        claims: () => {
          throw new AccessTokenError("missing_claim");
        },
      },
    },
  });
  assertEquals(await reasonFor(await issuer.token(), verify), "missing_claim");
  assertEquals(network.requests, []);
});

test("jwtVerifier() checks the signature and the type, whatever an issuer's rules make of the claims", async () => {
  const renaming = verifierBy({ claims: () => issuer.claims() });
  const header = { alg: "ES256", kid: "ES256" };
  const forged = await forge(header, issuer.claims(), stranger);
  assertEquals(await reasonFor(forged, renaming), "bad_signature");
  const idToken = await issuer.token({ at_hash: "x" });
  assertEquals(await reasonFor(idToken, renaming), "wrong_type");
});

test("jwtVerifierWith() judges the claims that an issuer's rules made", async () => {
  const verify = jwtVerifierWith({
    ...OPTIONS,
    issuers: { [ISSUER]: { claims: (claims) => ({ ...claims, aud: "made" }) } },
  }, ({ aud }) => {
    if (aud === "made") throw new AccessTokenError("wrong_audience");
  });
  assertEquals(await reasonFor(await issuer.token(), verify), "wrong_audience");
});

for (const tokenCacheBytes of [undefined, null]) {
  test(`jwtVerifier() takes no other token for one that it knows (tokenCacheBytes ${tokenCacheBytes})`, async () => {
    const verify = jwtVerifier({
      ...OPTIONS,
      ...(tokenCacheBytes === null && { tokenCacheBytes }),
    });
    const token = await issuer.token({}, {}, keyOf("ES256"));
    for (let use = 0; use < 3; use++) {
      assertEquals((await verify(token)).sub, "user-1");
      const [header, payload, signature] = token.split(".");
      const admin = segment({ ...issuer.claims(), sub: "admin" });
      const others = [
        `${header}.${admin}.${signature}`,
        `${segment({ alg: "ES256", kid: "ES256" })}.${payload}.${signature}`,
        `${header}.${payload}.${signature!.startsWith("A") ? "B" : "A"}${
          signature!.slice(1)
        }`,
      ];
      for (const other of others) {
        assertEquals(await reasonFor(other, verify), "bad_signature");
      }
    }
  });
}

test("jwtVerifier() forgets a token with the key that signed it", async () => {
  const network = testNetwork();
  const [old, next] = [
    await testKey("ES256", "old"),
    await testKey("ES256", "next"),
  ];
  const issuer = await testIssuer({
    platform: network,
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [old],
  });
  const verify = jwtVerifier({ ...OPTIONS, platform: network });
  const token = await issuer.token();
  await verify(token);
  issuer.keys = [next];
  for (let second = 1; second < 600; second++) {
    network.pass(1);
    if (second < 480) await verify(token);
    else await verify(token).catch(() => {});
    await network.idle();
  }
  network.pass(1);
  assertEquals(await reasonFor(token, verify), "unknown_key");
});

test("jwtVerifier() judges neither audience nor time: that comes after it", async () => {
  const token = await issuer.token({
    aud: "https://elsewhere.example",
    exp: 1,
  });
  assertEquals((await verify(token)).exp, 1);
});

test("jwtVerifierWith() judges the claims before it asks for a key", async () => {
  const network = testNetwork();
  const verify = jwtVerifierWith(
    { ...OPTIONS, platform: network },
    ({ exp }) => {
      assertEquals(exp, 1);
      throw new AccessTokenError("expired");
    },
  );
  const token = await issuer.token({ exp: 1 });
  assertEquals(await reasonFor(token, verify), "expired");
  assertEquals(network.requests, []);
});

test("jwtVerifierWith() never takes a judge's word for a signature", async () => {
  const verify = jwtVerifierWith(OPTIONS, () => {});
  const forged = await forge(
    { alg: "ES256", kid: "ES256" },
    undefined,
    stranger,
  );
  assertEquals(await reasonFor(forged, verify), "bad_signature");
});

test("jwtVerifier() asks nobody before the first token", () => {
  const network = testNetwork();
  jwtVerifier({ ...OPTIONS, platform: network });
  assertEquals(network.requests, []);
});

test("jwtVerifier() says that the issuer is away, not that the token is bad", async () => {
  const network = testNetwork();
  network.outage = answerNothing();
  const verify = jwtVerifier({ ...OPTIONS, platform: network });
  await assertRejects(
    async () => await verify(await issuer.token()),
    AuthorizationServerError,
  );
});

test("jwtVerifier() takes keys from the jwks_uri of an issuer's rules", async () => {
  const network = testNetwork();
  const jwks_uri = "http://127.0.0.1:9001/keys";
  network.serve(jwks_uri, () => Response.json({ keys: [keyOf("ES256").jwk] }));
  const verify = jwtVerifier({
    ...OPTIONS,
    issuers: { [ISSUER]: { jwks_uri } },
    platform: network,
  });
  const token = await issuer.token({}, {}, keyOf("ES256"));
  assertEquals((await verify(token)).sub, "user-1");
  assertEquals(network.requests, [jwks_uri]);
});

/** Options that cannot be used, and a word of what to change. */
const refusedOptions: readonly (readonly [
  why: string,
  rules: object,
  message: string,
])[] = [
  ["none", { algorithms: ["none"] }, "use RS256"],
  ["HS256", { algorithms: ["ES256", "HS256"] }, "use RS256"],
  ["an algorithm in small letters", { algorithms: ["es256"] }, "use RS256"],
  ["no algorithm at all", { algorithms: [] }, "use RS256"],
  ["a typ that is not at+jwt", { typ: "JWT" }, 'use "at+jwt"'],
  ["a jwks_uri of http elsewhere", { jwks_uri: "http://as.example/" }, "https"],
  ["a jwks_uri that is no URL", { jwks_uri: "/jwks" }, "https"],
];

for (const [why, rules, message] of refusedOptions) {
  test(`jwtVerifier() cannot be made with ${why}`, () => {
    assertThrows(() => verifierBy(rules as IssuerRules), TypeError, message);
  });
}

for (
  const iss of ["http://as.example", "https://as.example?x=1", "as.example"]
) {
  test(`jwtVerifier() cannot be made with the issuer ${iss}`, () => {
    assertThrows(
      () => jwtVerifier({ authorization_servers: [iss] }),
      TypeError,
      "issuer",
    );
  });
}

test("jwtVerifier() cannot be made without an issuer", () => {
  for (const options of [{}, { authorization_servers: [] }]) {
    assertThrows(
      () => jwtVerifier(options as typeof OPTIONS),
      TypeError,
      "name at least one issuer",
    );
  }
});

test("jwtVerifier() can be made with every algorithm that has a name", () => {
  const algorithms: readonly SignatureAlgorithm[] = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
  ];
  verifierBy({ algorithms });
});
