import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { test } from "node:test";
import { protectResource } from "../../src/protect_resource.ts";
import type { AccessTokenErrorReason } from "../../src/errors.ts";
import {
  answerNothing,
  answerStatus,
  type TestIssuer,
  testIssuer,
  testKey,
} from "../../src/testing/mod.ts";
import type { Handler } from "../../src/types.ts";

const ISSUER = "https://auth.example.com";
const OTHER = "https://login.example.org/tenant1";
const RESOURCE = "https://notes.example.com/mcp";
const OPTIONS = { issuer: ISSUER, audience: RESOURCE };

/** A resource that trusts these issuers, and the reasons for which it refused. */
function guard(
  ...issuers: readonly TestIssuer[]
): { readonly handle: Handler; readonly reasons: string[] } {
  const reasons: string[] = [];
  const handle = protectResource(
    (_, { authInfo }) => new Response(`${authInfo.extra?.sub}`),
    {
      metadata: {
        resource: RESOURCE,
        authorization_servers: issuers.map(({ issuer }) => issuer),
      },
      scopes: { required: ["notes:read"] },
      platform: issuers[0]!.platform,
      onDecision(decision): void {
        if (decision.outcome === "refused") reasons.push(decision.reason);
      },
    },
  );
  return { handle, reasons };
}

async function present(handle: Handler, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await handle(new Request(RESOURCE, { headers }))).status;
}

const GOOD = { scope: "notes:read" };

test("testIssuer() needs a name and an audience, and its token is accepted", async () => {
  const issuer = await testIssuer(OPTIONS);
  const { handle } = guard(issuer);
  assertEquals(await present(handle, await issuer.token(GOOD)), 200);
  assertEquals(issuer.platform.requests, [
    `${ISSUER}/.well-known/oauth-authorization-server`,
    `${ISSUER}/jwks`,
  ]);
});

/** What a test of a server wants to see refused. */
const refused: readonly (readonly [
  why: string,
  reason: AccessTokenErrorReason,
  status: number,
  make: (issuer: TestIssuer) => string | Promise<string>,
])[] = [
  [
    "no scope",
    "insufficient_scope",
    403,
    (issuer) => issuer.token(),
  ],
  [
    "another scope",
    "insufficient_scope",
    403,
    (issuer) => issuer.token({ scope: "notes:write" }),
  ],
  [
    "five minutes and the tolerance behind it",
    "expired",
    401,
    async (issuer) => {
      const token = await issuer.token(GOOD);
      issuer.platform.pass(330);
      return token;
    },
  ],
  [
    "another audience",
    "wrong_audience",
    401,
    (issuer) => issuer.token({ aud: "https://else.example" }),
  ],
  [
    "a claim taken away",
    "missing_claim",
    401,
    (issuer) => issuer.token({ aud: undefined }),
  ],
  [
    "another type in its header",
    "wrong_type",
    401,
    (issuer) => issuer.token(GOOD, { typ: "dpop+jwt" }),
  ],
  [
    "a stranger's key",
    "unknown_key",
    401,
    async (issuer) => issuer.token(GOOD, {}, await testKey("ES256", "strange")),
  ],
  [
    "a stranger's key by the issuer's name for its own",
    "bad_signature",
    401,
    async (issuer) =>
      issuer.token(GOOD, {}, await testKey("ES256", issuer.keys[0]!.kid)),
  ],
  [
    "no signature at all",
    "malformed_token",
    401,
    (issuer) => issuer.opaqueToken(GOOD),
  ],
];

for (const [why, reason, status, make] of refused) {
  test(`token() makes a token with ${why}`, async () => {
    const issuer = await testIssuer(OPTIONS);
    const { handle, reasons } = guard(issuer);
    assertEquals(await present(handle, await make(issuer)), status);
    assertEquals(reasons, [reason]);
  });
}

test("claims() are good for five minutes by the network's clock", async () => {
  const issuer = await testIssuer(OPTIONS);
  issuer.platform.pass(1000);
  const iat = issuer.platform.now() / 1000;
  assertEquals(issuer.claims(), {
    iss: ISSUER,
    sub: "user-1",
    aud: RESOURCE,
    client_id: "client-1",
    iat,
    exp: iat + 300,
  });
});

test("token() cannot sign without a key", async () => {
  const issuer = await testIssuer({ ...OPTIONS, keys: [] });
  await assertRejects(() => issuer.token(), TypeError, "Cannot sign a token");
});

test("rotate() publishes a new key of the same algorithm, and none of before", async () => {
  const keys = [await testKey("EdDSA")];
  const issuer = await testIssuer({ ...OPTIONS, keys });
  const { handle, reasons } = guard(issuer);
  const before = await issuer.token({ ...GOOD, exp: 1e12 });
  assertEquals(await present(handle, before), 200);
  await issuer.rotate();
  assertEquals(issuer.keys.map(({ alg }) => alg), ["EdDSA"]);
  assertNotEquals(issuer.keys[0]!.kid, keys[0]!.kid);
  issuer.platform.pass(600);
  assertEquals(await present(handle, await issuer.token(GOOD)), 200);
  assertEquals(await present(handle, before), 401);
  assertEquals(reasons, ["unknown_key"]);
});

test("rotate() makes another key each time", async () => {
  const issuer = await testIssuer(OPTIONS);
  const kids = new Set(issuer.keys.map(({ kid }) => kid));
  for (let time = 0; time < 3; time++) {
    await issuer.rotate();
    kids.add(issuer.keys[0]!.kid);
  }
  assertEquals(kids.size, 4);
});

test("outage takes the place of all that an issuer answers, and of nothing else", async () => {
  const issuer = await testIssuer(OPTIONS);
  const { platform } = issuer;
  const other = await testIssuer({
    issuer: OTHER,
    audience: RESOURCE,
    platform,
  });
  const { handle } = guard(issuer, other);
  issuer.outage = answerNothing();
  assertEquals(await present(handle, await issuer.token(GOOD)), 503);
  assertEquals(await present(handle, await other.token(GOOD)), 200);
  issuer.outage = undefined;
  platform.pass(5);
  assertEquals(await present(handle, await issuer.token(GOOD)), 200);
});

test("outage is wherever a client looks for an issuer's metadata", async () => {
  const issuer = await testIssuer({ issuer: OTHER, audience: RESOURCE });
  issuer.outage = answerStatus(418);
  const origin = "https://login.example.org";
  const urls = [
    `${origin}/.well-known/oauth-authorization-server/tenant1`,
    `${origin}/.well-known/openid-configuration/tenant1`,
    `${OTHER}/.well-known/openid-configuration`,
    issuer.jwksUrl,
    issuer.introspectionUrl,
  ];
  for (const url of urls) {
    assertEquals((await issuer.platform.fetch(url, {})).status, 418, url);
  }
});

test("delaySeconds is how long an answer takes, unless the caller gives up", async () => {
  const issuer = await testIssuer(OPTIONS);
  issuer.delaySeconds = 0.05;
  const begun = performance.now();
  await issuer.platform.fetch(issuer.jwksUrl, {});
  assert(performance.now() - begun >= 45);
  issuer.delaySeconds = 60;
  const { signal, abort } = abortable();
  const answer = issuer.platform.fetch(issuer.jwksUrl, { signal });
  abort();
  await assertRejects(() => answer, Error, "given up");
});

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => controller.abort(new Error("given up")),
  };
}

test("testIssuer() gives each issuer its own key, with the same kid", async () => {
  const issuer = await testIssuer(OPTIONS);
  const { platform } = issuer;
  const other = await testIssuer({
    issuer: OTHER,
    audience: RESOURCE,
    platform,
  });
  const [ours, theirs] = [issuer.keys[0]!, other.keys[0]!];
  assertEquals(ours.kid, theirs.kid);
  assertNotEquals(ours.jwk.x, theirs.jwk.x);
  const { handle, reasons } = guard(issuer, other);
  const forged = await issuer.token({ ...GOOD, iss: OTHER });
  assertEquals(await present(handle, forged), 401);
  assertEquals(reasons, ["bad_signature"]);
});

test("testIssuer() makes one key for all issuers of a name, and forgets it after 64 others", async () => {
  const [first] = (await testIssuer(OPTIONS)).keys;
  const [second] = (await testIssuer(OPTIONS)).keys;
  assert(first === second);
  for (let n = 0; n < 64; n++) {
    await testIssuer({ issuer: `${ISSUER}/${n}`, audience: RESOURCE });
  }
  const [third] = (await testIssuer(OPTIONS)).keys;
  assert(first !== third);
});

test("testIssuer() adds to its metadata, and takes from it", async () => {
  const metadata = { jwks_uri: undefined, "x-new": 1, token_endpoint: "other" };
  const issuer = await testIssuer({ ...OPTIONS, metadata });
  const response = await issuer.platform.fetch(issuer.metadataUrl, {});
  const { "x-new": added, jwks_uri, token_endpoint, issuer: name } =
    await response.json();
  assertEquals([added, jwks_uri, token_endpoint, name], [
    1,
    undefined,
    "other",
    ISSUER,
  ]);
});

test("testIssuer() takes an issuer that is an identifier alone", async () => {
  for (const issuer of ["auth.example.com", "http://auth.example.com", ""]) {
    await assertRejects(
      () => testIssuer({ issuer, audience: RESOURCE }),
      TypeError,
      "Cannot use issuer",
    );
  }
});
