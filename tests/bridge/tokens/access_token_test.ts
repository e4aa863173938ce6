import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import { test } from "node:test";
import {
  AccessTokenError,
  type AuthInfo,
  protectResource,
} from "../../../mod.ts";
import type { OAuthBridgeOptions } from "../../../src/bridge/mod.ts";
import { readSecrets } from "../../../src/bridge/sealing/secrets.ts";
import { signingKeys } from "../../../src/bridge/sealing/signing_keys.ts";
import {
  errorOf,
  flow,
  ISSUER,
  RESOURCE,
  SECRET,
  type World,
  world,
} from "../world.ts";

async function tokenOf(here: World): Promise<string> {
  return (await (await (await flow(here)).redeem()).json()).access_token;
}

function authInfo(token: string): AuthInfo {
  const claims = decodeJwt(token);
  return { token, clientId: "", scopes: [], extra: { claims } };
}

test("it is an RFC 9068 token for one resource, and the provider's token in it is sealed", async () => {
  const here = world();
  const token = await tokenOf(here);
  assertEquals({ ...decodeProtectedHeader(token), kid: "" }, {
    alg: "EdDSA",
    typ: "at+jwt",
    kid: "",
  });
  const { jti, sid, client_id, upstream_token, ...claims } = decodeJwt(token);
  assertEquals(claims, {
    iss: ISSUER,
    sub: "ada",
    aud: RESOURCE,
    scope: "notes:read",
    iat: 1_800_000_000,
    exp: 1_800_003_600,
    consented_at: 1_800_000_000,
  });
  for (const value of [jti, sid]) assertMatch(`${value}`, /^[\w-]{32}$/);
  assertMatch(`${client_id}`, /^[\w.-]{100,2048}$/);
  assertEquals(
    JSON.stringify(upstream_token).includes("upstream-access"),
    false,
  );
  assertEquals(
    await here.bridge.upstreamToken(authInfo(token)),
    "upstream-access-2",
  );
});

test("it lives for an hour at most, and no longer than the provider's", async () => {
  const rows: [
    provider: number | undefined,
    option: number | undefined,
    expected: number,
  ][] = [
    [undefined, undefined, 3600],
    [86_400, undefined, 3600],
    [600, undefined, 600],
    [600, 300, 300],
    [600, 900, 600],
  ];
  for (const [provider, accessTokenSeconds, expected] of rows) {
    const here = world(
      accessTokenSeconds === undefined ? {} : { accessTokenSeconds },
    );
    here.provider.expiresIn = provider;
    const { expires_in, access_token } =
      await (await (await flow(here)).redeem())
        .json();
    assertEquals(expires_in, expected);
    const { exp = 0, iat = 0 } = decodeJwt(access_token);
    assertEquals(exp - iat, expected);
  }
});

test("a token for one resource is refused by another one, and by the origin of either", async () => {
  const here = world({ resources: [RESOURCE, `${ISSUER}/other`] });
  const token = await tokenOf(here);
  const statusAt = async (resource: string): Promise<number> => {
    const guard = protectResource(() => new Response(), {
      metadata: { resource, authorization_servers: [ISSUER] },
      verifyAccessToken: here.bridge.verifyAccessToken,
      platform: here.options.platform ?? {},
    });
    const headers = { authorization: `Bearer ${token}` };
    return (await guard(new Request(resource, { headers }))).status;
  };
  assertEquals(await statusAt(RESOURCE), 200);
  assertEquals(await statusAt(`${ISSUER}/other`), 401);
  assertEquals(await statusAt(ISSUER), 401);
});

test("nothing else that a bridge makes is an access token", async () => {
  const here = world();
  const login = await flow(here);
  const { access_token, refresh_token } = await (await login.redeem()).json();
  const { bridge } = here;
  assertEquals((await bridge.verifyAccessToken(access_token)).sub, "ada");
  for (
    const [why, token] of [
      ["a refresh token", refresh_token],
      ["a code", login.code],
      ["a client_id", login.client_id],
      ["a changed token", access_token.replace(/.{4}$/, "AAAA")],
      ["nothing", ""],
    ]
  ) {
    await assertRejects(
      () => bridge.verifyAccessToken(token),
      AccessTokenError,
      undefined,
      why,
    );
  }
  const { key, alg, kid } = await signingKeys(
    readSecrets([SECRET], ISSUER),
    undefined,
  ).current();
  const otherType = await new SignJWT(decodeJwt(access_token))
    .setProtectedHeader({ alg, kid, typ: "JWT" }).sign(key);
  await assertRejects(
    () => bridge.verifyAccessToken(otherType),
    AccessTokenError,
  );
  const foreign = here.instance({
    issuer: `${ISSUER}/a`,
    resources: [RESOURCE],
  });
  await assertRejects(
    () => foreign.verifyAccessToken(access_token),
    AccessTokenError,
  );
});

test("verifying asks nobody", async () => {
  const here = world();
  const token = await tokenOf(here);
  const before = here.provider.requests.length;
  await here.instance().verifyAccessToken(token);
  assertEquals(here.provider.requests.length, before);
});

test("the operator adds claims, and cannot replace those that decide", async () => {
  const here = world({
    claims: ({ claims }) => ({ email: `${claims.sub}@example` }),
  });
  assertEquals(decodeJwt(await tokenOf(here)).email, "ada@example");
  for (
    const name of [
      "iss",
      "sub",
      "aud",
      "exp",
      "scope",
      "scp",
      "client_id",
      "cnf",
      "sid",
    ]
  ) {
    const bad = world({ claims: () => ({ [name]: "x" }) });
    const login = await flow(bad);
    await assertRejects(() => login.redeem(), TypeError, name);
  }
});

test("a token of more than 6 kB is reported, and one of more than 8 kB is not issued", async () => {
  const rows: [size: number, status: number, problems: number][] = [
    [1000, 200, 0],
    [6000, 200, 1],
    [9000, 500, 1],
  ];
  for (const [size, status, problems] of rows) {
    const here = world({
      claims: () => ({ groups: "g".repeat(Math.floor(size * 3 / 4)) }),
    });
    const response = await (await flow(here)).redeem();
    assertEquals(response.status, status, `${size}`);
    assertEquals(here.problems.length, problems, `${size}`);
    for (const { message } of here.problems) {
      assertMatch(message, /token .*bytes/);
    }
    if (!response.ok) {
      assertEquals(await errorOf(response), "500 server_error");
    }
  }
});

test("the provider's token can be left out", async () => {
  const options: Partial<OAuthBridgeOptions> = { upstreamTokens: null };
  const here = world(options);
  const token = await tokenOf(here);
  assertEquals("upstream_token" in decodeJwt(token), false);
  assertEquals(await here.bridge.upstreamToken(authInfo(token)), undefined);
});
