import { OAuthError, OAuthErrorCode } from "@modelcontextprotocol/server";
import {
  InsufficientScopeError,
  InvalidTokenError,
  ServerError,
} from "@modelcontextprotocol/sdk/server/auth/errors.js";
import {
  assert,
  assertEquals,
  assertFalse,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  jwtVerify,
  type JWTVerifyOptions,
} from "jose";
import { test } from "node:test";
import { AccessTokenError } from "../../src/errors.ts";
import { firstOf } from "../../src/tokens/first_of.ts";
import { readForeignError } from "../../src/tokens/foreign_errors.ts";
import {
  answerHtml,
  answerJson,
  answerNothing,
  answerStatus,
  testKey,
} from "../../src/testing/mod.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";
import {
  ISSUER,
  METADATA_URL,
  post,
  protect,
  type Protected,
  RESOURCE,
} from "../support/protected.ts";

/** The message of any error of another library here. None may reach the client. */
const CANARY = "CANARY";

function throwing(error: unknown): AccessTokenVerifier {
  return () => Promise.reject(error);
}

/** What the libraries throw, and what becomes of it. */
const meanings: readonly (readonly [
  why: string,
  error: unknown,
  reason: string,
  status: number,
])[] = [
  ["no JWS", new errors.JWSInvalid(CANARY), "malformed_token", 401],
  ["no JWT", new errors.JWTInvalid(CANARY), "malformed_token", 401],
  ["no JWE", new errors.JWEInvalid(CANARY), "malformed_token", 401],
  ["an extension", new errors.JOSENotSupported(CANARY), "malformed_token", 401],
  [
    "an algorithm",
    new errors.JOSEAlgNotAllowed(CANARY),
    "unsupported_algorithm",
    401,
  ],
  ["no key", new errors.JWKSNoMatchingKey(CANARY), "unknown_key", 401],
  [
    "several keys",
    new errors.JWKSMultipleMatchingKeys(CANARY),
    "unknown_key",
    401,
  ],
  [
    "a signature",
    new errors.JWSSignatureVerificationFailed(CANARY),
    "bad_signature",
    401,
  ],
  [
    "a key that does not decrypt",
    new errors.JWEDecryptionFailed(CANARY),
    "bad_signature",
    401,
  ],
  ["its end", new errors.JWTExpired(CANARY, {}, "exp"), "expired", 401],
  ["a slow key set", new errors.JWKSTimeout(CANARY), "unavailable", 503],
  ["a broken key set", new errors.JWKSInvalid(CANARY), "unavailable", 503],
  ["a missing key set", new errors.JOSEError(CANARY), "unavailable", 503],
  [
    "another copy of jose",
    { code: "ERR_JWT_EXPIRED", message: CANARY },
    "expired",
    401,
  ],
  ["SDK 1: a token", new InvalidTokenError(CANARY), "inactive_token", 401],
  [
    "SDK 1: a scope",
    new InsufficientScopeError(CANARY),
    "insufficient_scope",
    403,
  ],
  [
    "SDK 2: a token",
    new OAuthError(OAuthErrorCode.InvalidToken, CANARY),
    "inactive_token",
    401,
  ],
  [
    "SDK 2: a scope",
    new OAuthError(OAuthErrorCode.InsufficientScope, CANARY),
    "insufficient_scope",
    403,
  ],
  [
    "SDK 2: an outage",
    new OAuthError(OAuthErrorCode.TemporarilyUnavailable, CANARY),
    "unavailable",
    503,
  ],
  [
    "another copy of the SDK, by errorCode",
    { errorCode: "invalid_token", message: CANARY },
    "inactive_token",
    401,
  ],
  [
    "another copy of the SDK, by name",
    { name: "InsufficientScopeError", message: CANARY },
    "insufficient_scope",
    403,
  ],
  [
    "a verifier's own fetch",
    new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }),
    "unavailable",
    503,
  ],
];

for (const [why, error, reason, status] of meanings) {
  for (const isNested of [false, true]) {
    const place = isNested ? "within firstOf()" : "of a custom verifier";
    test(`an error ${place} becomes ${status}, ${reason}: ${why}`, async () => {
      const verifyAccessToken = isNested
        ? firstOf(throwing(error))
        : throwing(error);
      const { handle, decisions, calls } = protect({ verifyAccessToken });
      const response = await handle(post({ token: "opaque" }));
      assertEquals(response.status, status);
      const challenge = response.headers.get("www-authenticate") ?? "";
      assertEquals(challenge.includes(METADATA_URL), status !== 503);
      assertEquals(response.headers.has("retry-after"), status === 503);
      assertFalse(`${challenge}${await response.text()}`.includes(CANARY));
      const [decision] = decisions;
      assert(
        decision?.outcome === "refused" || decision?.outcome === "unavailable",
      );
      assertEquals(
        decision.outcome === "refused" ? decision.reason : decision.outcome,
        reason,
      );
      assertStrictEquals(decision.error.cause, error);
      assertEquals(calls, []);
    });
  }
}

/** What says nothing about the token. */
const others: readonly (readonly [why: string, error: unknown])[] = [
  ["a mistake in the verifier", new TypeError("x is not a function")],
  ["jose's misuse", new TypeError("Key for the RS256 algorithm must be one")],
  ["a server's error of the SDK", new ServerError(CANARY)],
  ["an unknown code", Object.assign(new Error(CANARY), { code: "ERR_OTHER" })],
  ["a code that is no string", { code: 401 }],
  ["a certificate that was not configured", new Error("Set CLIENT_CERT")],
  ["a string", "invalid_token"],
  ["null", null],
  ["undefined", undefined],
];

for (const [why, error] of others) {
  test(`a custom verifier's error passes through: ${why}`, async () => {
    for (const verify of [throwing(error), firstOf(throwing(error))]) {
      const { handle, decisions } = protect({ verifyAccessToken: verify });
      let thrown: unknown = "nothing";
      await Promise.resolve(handle(post({ token: "opaque" })))
        .catch((reason) => thrown = reason);
      assertStrictEquals(thrown, error);
      assertEquals(decisions, []);
    }
  });
}

test("what the handler throws is not taken for the verifier's", async () => {
  const error = new InvalidTokenError("of an API that the handler calls");
  const { handle, issuer } = protect({}, () => Promise.reject(error));
  const token = await issuer.token();
  let thrown: unknown;
  await Promise.resolve(handle(post({ token }))).catch((e) => thrown = e);
  assertStrictEquals(thrown, error);
});

/** A resource that jose guards, as jose's own documentation has it. */
function joseGuarded(options: JWTVerifyOptions = {}): Protected {
  const guarded = protect({
    verifyAccessToken: async (token) => {
      const { payload } = await jwtVerify(token, keys, {
        issuer: ISSUER,
        audience: RESOURCE,
        currentDate: new Date(guarded.network.now()),
        ...options,
      });
      return payload;
    },
  });
  const { issuer, network } = guarded;
  const fetch: FetchImplementation = async (url, init) =>
    await network.fetch(url, init as RequestInit);
  const keys = createRemoteJWKSet(new URL(issuer.jwksUrl), {
    [customFetch]: fetch,
  });
  return guarded;
}

/** Tokens that jose rejects. */
const rejected: readonly (readonly [
  why: string,
  reason: string,
  make: (guarded: Protected) => string | Promise<string>,
  options?: JWTVerifyOptions,
])[] = [
  ["a word", "malformed_token", () => "opaque"],
  ["an expired token", "expired", ({ issuer }) => issuer.token({ exp: 1 })],
  [
    "another audience",
    "wrong_audience",
    ({ issuer }) => issuer.token({ aud: "https://other.example" }),
  ],
  [
    "no audience",
    "missing_claim",
    ({ issuer }) => issuer.token({ aud: undefined }),
  ],
  [
    "another issuer",
    "untrusted_issuer",
    ({ issuer }) => issuer.token({ iss: "https://other.example" }),
  ],
  ["not yet", "not_yet_valid", ({ issuer }) => issuer.token({ nbf: 2 ** 40 })],
  [
    "another type",
    "wrong_type",
    ({ issuer }) => issuer.token({}, { typ: "JWT" }),
    { typ: "at+jwt" },
  ],
  [
    "another subject",
    "missing_claim",
    ({ issuer }) => issuer.token({ sub: "other" }),
    { subject: "user-1" },
  ],
  [
    "another key",
    "unknown_key",
    async ({ issuer }) =>
      issuer.token({}, {}, await testKey("ES256", "stranger")),
  ],
  [
    "another algorithm",
    "unsupported_algorithm",
    ({ issuer }) => issuer.token(),
    { algorithms: ["RS256"] },
  ],
  [
    "a broken signature",
    "bad_signature",
    async ({ issuer }) => (await issuer.token()).replace(/[^.]{4}$/, "AAAA"),
  ],
];

for (const [why, reason, make, options] of rejected) {
  test(`a verifier made of jose refuses as jose does: ${why}`, async () => {
    const guarded = joseGuarded(options);
    const { handle, decisions } = guarded;
    const response = await handle(post({ token: await make(guarded) }));
    assertEquals(response.status, 401);
    const [decision] = decisions;
    assert(decision?.outcome === "refused");
    assertEquals(decision.reason, reason);
  });
}

test("a verifier made of jose accepts as jose does", async () => {
  const { handle, issuer } = joseGuarded();
  const response = await handle(post({ token: await issuer.token() }));
  assertEquals(response.status, 200);
});

/** Why a key set is not to be had. */
const outages = [
  ["no connection", answerNothing(), "connection refused"],
  ["404", answerStatus(404), "200 OK"],
  ["500", answerStatus(500), "200 OK"],
  ["a page", answerHtml(), "JSON"],
  ["another document", answerJson({}), "malformed"],
] as const;

for (const [why, outage, told] of outages) {
  test(`a key set that jose cannot fetch is 503 and says why: ${why}`, async () => {
    const { handle, issuer, network, decisions } = joseGuarded();
    const token = await issuer.token();
    network.outage = outage;
    assertEquals((await handle(post({ token }))).status, 503);
    const [decision] = decisions;
    assert(decision?.outcome === "unavailable");
    assertStringIncludes(decision.error.message, told);
  });
}

test("a rejected claim is named, and what it was, without control characters", () => {
  const payload = { aud: ["https://a.example", "b\nc"] };
  const wrong = readForeignError(
    new errors.JWTClaimValidationFailed("", payload, "aud", "check_failed"),
  );
  assert(wrong instanceof AccessTokenError);
  assertEquals(wrong.received, ["https://a.example", "b\\u{a}c"]);
  const missing = readForeignError(
    new errors.JWTClaimValidationFailed("", payload, "jti", "missing"),
  );
  assert(missing instanceof AccessTokenError);
  assertEquals([missing.expected, missing.received], [["jti"], undefined]);
});
