import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
} from "../../src/errors.ts";
import { firstOf } from "../../src/tokens/first_of.ts";
import { jwtVerifier } from "../../src/tokens/jwt_verifier.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";
import { type Introspected, introspected } from "../support/introspected.ts";
import { type TestIssuer, testNetwork } from "../../src/testing/mod.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  ISSUER,
  KEY,
  METADATA,
  post,
  protect,
  type Protected,
  RESOURCE,
} from "../support/protected.ts";

const OPAQUE = "opaque";
const CLAIMS = { sub: "user-1" };

/** A verifier that knows the token. */
const knows: AccessTokenVerifier = () => Promise.resolve(CLAIMS);

function refuses(reason: AccessTokenErrorReason): AccessTokenVerifier {
  return () => Promise.reject(new AccessTokenError(reason));
}

/** What a verifier finds of a token, and whether the next one is asked. */
const reasons: readonly (readonly [
  reason: AccessTokenErrorReason,
  isHandedOn: boolean,
])[] = [
  ["malformed_token", true],
  ["untrusted_issuer", true],
  ["inactive_token", true],
  ["wrong_type", false],
  ["unsupported_algorithm", false],
  ["unknown_key", false],
  ["bad_signature", false],
  ["missing_claim", false],
  ["wrong_audience", false],
  ["not_yet_valid", false],
  ["expired", false],
  ["unsupported_confirmation", false],
  ["wrong_binding", false],
  ["invalid_proof", false],
  ["replayed_proof", false],
  ["nonce_required", false],
  ["insufficient_scope", false],
  ["insufficient_user_authentication", false],
];

for (const [reason, isHandedOn] of reasons) {
  test(`firstOf() ${isHandedOn ? "hands on" : "ends with"} a token of ${reason}`, async () => {
    const verify = firstOf(refuses(reason), knows);
    if (isHandedOn) assertStrictEquals(await verify(OPAQUE), CLAIMS);
    else {
      const error = await assertRejects(() => verify(OPAQUE), AccessTokenError);
      assertEquals(error.reason, reason);
    }
  });
}

test("firstOf() stops at an unreachable issuer, and at an unknown error", async () => {
  for (
    const error of [new AuthorizationServerError("away"), new RangeError()]
  ) {
    const verify = firstOf(() => Promise.reject(error), knows);
    assertStrictEquals(await assertRejects(() => verify(OPAQUE)), error);
  }
});

test("firstOf() calls no other verifier once one knows the token, and passes the request to each", async () => {
  const asked: unknown[] = [];
  const request = {};
  const verify = firstOf(
    (token, platform) => {
      asked.push(token, platform);
      return Promise.reject(new AccessTokenError("malformed_token"));
    },
    (token, platform) => {
      asked.push(token, platform);
      return Promise.resolve(CLAIMS);
    },
    () => Promise.reject(new Error("never asked")),
  );
  assertStrictEquals(await verify(OPAQUE, request), CLAIMS);
  assertEquals(asked, [OPAQUE, request, OPAQUE, request]);
});

/** What each of them finds, and which refusal counts, by its place. */
const refusals: readonly (readonly [
  found: readonly AccessTokenErrorReason[],
  place: number,
])[] = [
  [["malformed_token"], 0],
  [["malformed_token", "inactive_token"], 1],
  [["inactive_token", "malformed_token"], 0],
  [["malformed_token", "untrusted_issuer"], 1],
  [["untrusted_issuer", "malformed_token"], 0],
  [["untrusted_issuer", "inactive_token", "malformed_token"], 1],
  [["malformed_token", "malformed_token"], 0],
  [["inactive_token", "inactive_token"], 0],
];

for (const [found, place] of refusals) {
  test(`firstOf() tells number ${place} of ${found.join(", ")}`, async () => {
    const errors = found.map((reason) => new AccessTokenError(reason));
    const verify = firstOf(
      ...errors.map((error): AccessTokenVerifier => () =>
        Promise.reject(error)
      ),
    );
    const error = await assertRejects(() => verify(OPAQUE));
    assertStrictEquals(error, errors[place]);
  });
}

test("firstOf() cannot be made of no verifier", () => {
  assertThrows(
    () => firstOf(),
    TypeError,
    "Cannot use firstOf() without a verifier",
  );
});

const OTHER = "http://localhost:9001";

/** A resource with JWTs of one issuer, and opaque tokens of another or of the same. */
interface Both extends Protected {
  readonly jwts: TestIssuer;
  readonly opaque: Introspected;
}

function both(
  issuer: string,
  order: "JWTs first" | "opaque first" = "JWTs first",
): Both {
  const network = testNetwork();
  const jwts = publishIssuer(network, {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  const introspection_endpoint = `${issuer}/introspect`;
  const opaque = introspected({ issuer, introspection_endpoint }, network);
  opaque.answer = (token) =>
    Response.json(
      token === OPAQUE
        ? { ...opaque.claims(), iss: issuer, sub: "user-2" }
        : { active: false },
    );
  const verifiers = [
    jwtVerifier({ authorization_servers: [ISSUER], platform: network }),
    opaque.verify,
  ];
  if (order === "opaque first") verifiers.reverse();
  const resource = protect({
    metadata: {
      ...METADATA,
      authorization_servers: [...new Set([ISSUER, issuer])],
    },
    platform: network,
    verifyAccessToken: firstOf(...verifiers),
  });
  return { ...resource, network, jwts, opaque };
}

async function verdictOf(self: Both, token: string): Promise<unknown> {
  const { status } = await self.handle(post({ token }));
  const decision = self.decisions.at(-1)!;
  return decision.outcome === "refused"
    ? [status, decision.reason]
    : [status, decision.outcome];
}

for (const order of ["JWTs first", "opaque first"] as const) {
  test(`protectResource() takes JWTs of one issuer and opaque tokens of another, ${order}`, async () => {
    const self = both(OTHER, order);
    const token = await self.jwts.token();
    for (let use = 0; use < 2; use++) {
      assertEquals(await verdictOf(self, token), [200, "accepted"]);
      assertEquals(await verdictOf(self, OPAQUE), [200, "accepted"]);
    }
    const subjects = self.calls.map(([, { authInfo }]) =>
      authInfo.extra?.["sub"]
    );
    assertEquals(subjects, ["user-1", "user-2", "user-1", "user-2"]);
    assertEquals(self.opaque.forms.length, 1); // the JWT was not sent
  });

  test(`protectResource() gives a bad JWT no second chance as an opaque token, ${order}`, async () => {
    const self = both(OTHER, order);
    self.opaque.answer = () =>
      Response.json({ ...self.opaque.claims(), iss: OTHER }); // as a careless server would
    const good = await self.jwts.token();
    const other = await self.jwts.token({ jti: "other" });
    const [header, payload] = good.split(".");
    const forged = `${header}.${payload}.${other.split(".")[2]}`;
    const stranger = { alg: "ES256", kid: "stranger" };
    const expired = await self.jwts.token({ exp: 1_700_000_000 });
    assertEquals(await verdictOf(self, forged), [401, "bad_signature"]);
    assertEquals(await verdictOf(self, expired), [401, "expired"]);
    assertEquals(
      await verdictOf(self, await self.jwts.token({}, stranger)),
      [401, "unknown_key"],
    );
    assertEquals(
      await verdictOf(self, await self.jwts.token({}, { typ: "logout+jwt" })),
      [401, "wrong_type"],
    );
    // Spelled so that it is no JWS at all.
    assertEquals(
      await verdictOf(self, `${good}=`),
      [401, "untrusted_issuer"],
    );
    assertEquals(await verdictOf(self, `${good}.x`), [401, "untrusted_issuer"]);
    assertEquals(self.opaque.forms, []);
  });

  test(`protectResource() rejects a token that no verifier knows, ${order}`, async () => {
    const self = both(OTHER, order);
    assertEquals(await verdictOf(self, "made-up"), [401, "inactive_token"]);
    const foreign = await self.jwts.token({ iss: "https://evil.example" });
    assertEquals(await verdictOf(self, foreign), [401, "untrusted_issuer"]);
    assertEquals(self.opaque.forms.length, 1);
  });

  test(`protectResource() answers 503 if an opaque token's issuer is unreachable, ${order}`, async () => {
    const self = both(OTHER, order);
    self.opaque.answer = () => new Response(null, { status: 500 });
    assertEquals(await verdictOf(self, OPAQUE), [503, "unavailable"]);
    const token = await self.jwts.token();
    assertEquals(await verdictOf(self, token), [200, "accepted"]);
  });
}

test("protectResource() takes a JWT that its issuer has revoked by no signature", async () => {
  const self = both(ISSUER, "opaque first");
  const token = await self.jwts.token();
  assertEquals(await verdictOf(self, token), [401, "inactive_token"]);
});

test("protectResource() lets no issuer's opaque token speak for another issuer", async () => {
  const self = both(OTHER);
  self.opaque.answer = () =>
    Response.json({ ...self.opaque.claims(), iss: ISSUER });
  assertEquals(await verdictOf(self, OPAQUE), [401, "untrusted_issuer"]);
});
