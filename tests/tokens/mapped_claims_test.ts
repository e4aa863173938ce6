/** A `claims` function that lists the claims that it knows lifts no limit of a token. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { dpop } from "../../src/dpop/mod.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { testIssuer, testKeyHolder } from "../../src/testing/mod.ts";
import { introspectionVerifier } from "../../src/tokens/introspection_verifier.ts";
import type { AccessTokenClaims } from "../../src/types.ts";

const url = "https://notes.example.com/mcp";
const issuer = await testIssuer({
  issuer: "https://auth.example.com",
  audience: url,
});
const { platform } = issuer;
const holder = await testKeyHolder({ now: platform.now });
const client = {
  client_id: issuer.client.client_id,
  client_secret: issuer.client.client_secret ?? "",
};

/** What leaves `cnf`, `nbf` and much else out. */
const claims = (
  { active, iss, aud, exp, sub }: AccessTokenClaims,
): AccessTokenClaims => ({ active, iss, aud, exp, sub });

const ways: readonly (readonly [
  why: string,
  options: Partial<ProtectedResourceOptions>,
  token: (claims: AccessTokenClaims) => string | Promise<string>,
])[] = [
  [
    "of JWTs",
    { issuers: { [issuer.issuer]: { claims } } },
    (claims) => issuer.token(claims),
  ],
  [
    "of introspectionVerifier()",
    {
      verifyAccessToken: introspectionVerifier({
        issuer: issuer.issuer,
        client,
        platform,
        claims,
      }),
    },
    (claims) => issuer.opaqueToken(claims),
  ],
  [
    "of the issuer's rules, for introspection",
    {
      issuers: { [issuer.issuer]: { claims } },
      verifyAccessToken: introspectionVerifier({
        issuer: issuer.issuer,
        client,
        platform,
      }),
    },
    (claims) => issuer.opaqueToken(claims),
  ],
];

for (const [why, options, tokenOf] of ways) {
  for (const mode of [undefined, "optional"] as const) {
    test(`a claims function ${why} makes no bearer token of a bound one, with dpop: ${mode}`, async () => {
      const guard = protectResource(() => new Response("Hello"), {
        metadata: { resource: url, authorization_servers: [issuer.issuer] },
        platform,
        ...options,
        ...(mode && { dpop: dpop({ mode }) }),
      });
      const statusOf = async (headers: HeadersInit): Promise<number> =>
        (await guard(new Request(url, { headers }))).status;
      const bound = await tokenOf({ cnf: holder.cnf });
      const authorization = `Bearer ${bound}`;
      assertEquals(await statusOf({ authorization }), 401);
      assertEquals(
        await statusOf(await holder.headers({ url, token: bound })),
        mode === undefined ? 401 : 200,
      );
      const unbound = `Bearer ${await tokenOf({})}`;
      assertEquals(await statusOf({ authorization: unbound }), 200);
    });
  }
}

for (
  const kind of [
    { token_use: "refresh_token" },
    { token_type: "refresh_token" },
    { typ: "Refresh" },
  ]
) {
  test(
    `a claims function of introspectionVerifier() makes no access token of one with ${
      Object.entries(kind)
    }`,
    async () => {
      const [, options] = ways[1]!;
      const guard = protectResource(() => new Response("Hello"), {
        metadata: { resource: url, authorization_servers: [issuer.issuer] },
        platform,
        ...options,
      });
      const headers = { authorization: `Bearer ${issuer.opaqueToken(kind)}` };
      assertEquals((await guard(new Request(url, { headers }))).status, 401);
    },
  );
}

test("a claims function of introspectionVerifier() lets no token outlive its exp in the cache", async () => {
  const { issuer: iss } = issuer;
  const handle = protectResource(() => new Response("Hello"), {
    metadata: { resource: url, authorization_servers: [iss] },
    platform,
    clockToleranceSeconds: 0,
    verifyAccessToken: introspectionVerifier({
      issuer: iss,
      client,
      platform,
      claims: ({ aud, sub }) => ({ aud, sub }),
    }),
  });
  const token = issuer.opaqueToken({ exp: platform.now() / 1000 + 5 });
  const headers = { authorization: `Bearer ${token}` };
  assertEquals((await handle(new Request(url, { headers }))).status, 200);
  platform.pass(6);
  assertEquals((await handle(new Request(url, { headers }))).status, 401);
});

test("a claims function makes no JWT valid before its time", async () => {
  const guard = protectResource(() => new Response("Hello"), {
    metadata: { resource: url, authorization_servers: [issuer.issuer] },
    platform,
    issuers: { [issuer.issuer]: { claims } },
  });
  const token = await issuer.token({ nbf: platform.now() / 1000 + 60 });
  const headers = { authorization: `Bearer ${token}` };
  assertEquals((await guard(new Request(url, { headers }))).status, 401);
});
