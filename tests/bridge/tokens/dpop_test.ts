import { assert, assertEquals } from "@std/assert";
import { decodeJwt } from "jose";
import { test } from "node:test";
import { memoryStore } from "../../../src/bridge/mod.ts";
import { dpop } from "../../../src/dpop/mod.ts";
import { protectResource } from "../../../src/protect_resource.ts";
import { type TestKeyHolder, testKeyHolder } from "../../../src/testing/mod.ts";
import {
  errorOf,
  flow,
  ISSUER,
  RESOURCE,
  send,
  type World,
  world,
} from "../world.ts";

const ENDPOINT = `${ISSUER}/token`;

interface Bound extends World {
  readonly holder: TestKeyHolder;
  /** A header with a new proof for the token endpoint. */
  header(
    claims?: Readonly<Record<string, unknown>>,
    by?: TestKeyHolder,
  ): Promise<{ dpop: string }>;
}

async function boundWorld(
  ...options: Parameters<typeof world>
): Promise<Bound> {
  const made = world(...options);
  const holder = await testKeyHolder({ now: made.now });
  return {
    ...made,
    holder,
    header: async (claims, by = holder) => ({
      dpop: await by.proof({ url: ENDPOINT, method: "POST" }, claims),
    }),
  };
}

test("a client that proves a key gets tokens that are bound to it, and the guard accepts them with a proof", async () => {
  const { bridge, provider, holder, header, now } = await boundWorld();
  const { redeem } = await flow({ bridge, provider });
  const response = await redeem({}, await header());
  assertEquals(response.status, 200);
  const { token_type, access_token, refresh_token } = await response.json();
  assertEquals(token_type, "DPoP");
  assertEquals(decodeJwt(access_token).cnf, holder.cnf);
  assert(refresh_token !== undefined);

  const guard = protectResource(() => new Response("Hello"), {
    metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
    verifyAccessToken: bridge.verifyAccessToken,
    platform: { now },
    dpop: dpop({ mode: "required" }),
  });
  const headers = await holder.headers({ url: RESOURCE, token: access_token });
  const request = (): Request => new Request(RESOURCE, { headers });
  assertEquals((await guard(request())).status, 200);
  assertEquals((await guard(request())).status, 401);
  const bearer = { authorization: `Bearer ${access_token}` };
  const stolen = await guard(new Request(RESOURCE, { headers: bearer }));
  assertEquals(stolen.status, 401);
});

test("a client without a proof gets bearer tokens, as before", async () => {
  const { bridge, provider } = await boundWorld();
  const { redeem, refresh } = await flow({ bridge, provider });
  const first = await (await redeem()).json();
  assertEquals(first.token_type, "Bearer");
  assertEquals(decodeJwt(first.access_token).cnf, undefined);
  const second = await (await refresh(first.refresh_token)).json();
  assertEquals(second.token_type, "Bearer");
});

test("a bound refresh token needs a proof of its key, and gets bound tokens", async () => {
  const { bridge, provider, holder, header, now } = await boundWorld();
  const { redeem, refresh } = await flow({ bridge, provider });
  const first = await (await redeem({}, await header())).json();
  const thief = await testKeyHolder({ now });
  const { refresh_token } = first;
  assertEquals(
    await errorOf(await refresh(refresh_token)),
    "400 invalid_dpop_proof",
  );
  assertEquals(
    await errorOf(await refresh(refresh_token, {}, await header({}, thief))),
    "400 invalid_grant",
  );
  const response = await refresh(refresh_token, {}, await header());
  const second = await response.json();
  assertEquals([response.status, second.token_type], [200, "DPoP"]);
  assertEquals(decodeJwt(second.access_token).cnf, holder.cnf);
  // The next one is bound as well.
  assertEquals(
    await errorOf(await refresh(second.refresh_token)),
    "400 invalid_dpop_proof",
  );
});

test("a repeated refresh gets the same bound answer, by a proof of the key alone", async () => {
  const { bridge, provider, header } = await boundWorld({
    store: memoryStore(),
  });
  const { redeem, refresh } = await flow({ bridge, provider });
  const { refresh_token } = await (await redeem({}, await header())).json();
  const one = await (await refresh(refresh_token, {}, await header())).json();
  const again = await refresh(refresh_token, {}, await header());
  assertEquals(await again.json(), one);
  assertEquals(one.token_type, "DPoP");
  assertEquals(
    await errorOf(await refresh(refresh_token)),
    "400 invalid_dpop_proof",
  );
});

test("a refresh token that is not bound becomes bound by a proof", async () => {
  const { bridge, provider, holder, header } = await boundWorld();
  const { redeem, refresh } = await flow({ bridge, provider });
  const first = await (await redeem()).json();
  const second = await (await refresh(first.refresh_token, {}, await header()))
    .json();
  assertEquals(decodeJwt(second.access_token).cnf, holder.cnf);
  assertEquals(
    await errorOf(await refresh(second.refresh_token)),
    "400 invalid_dpop_proof",
  );
});

const bad: readonly (readonly [
  why: string,
  claims: (world: World) => Readonly<Record<string, unknown>>,
])[] = [
  ["for another endpoint", () => ({ htu: `${ISSUER}/revoke` })],
  ["for the resource", () => ({ htu: RESOURCE })],
  ["for another method", () => ({ htm: "GET" })],
  ["that is old", ({ now }) => ({ iat: now() / 1000 - 61 })],
  ["that is ahead", ({ now }) => ({ iat: now() / 1000 + 61 })],
  ["without jti", () => ({ jti: undefined })],
];

for (const [why, claims] of bad) {
  test(`a proof ${why} gets 400, and uses up no code`, async () => {
    const made = await boundWorld();
    const { redeem } = await flow(made);
    const answer = await redeem({}, await made.header(claims(made)));
    assertEquals(answer.headers.has("www-authenticate"), false);
    assertEquals(await errorOf(answer), "400 invalid_dpop_proof");
    assertEquals((await redeem({}, await made.header())).status, 200);
  });
}

test("a proof is used once, and two are refused", async () => {
  const { bridge, provider, header } = await boundWorld();
  const { redeem, refresh } = await flow({ bridge, provider });
  const used = await header();
  const { refresh_token } = await (await redeem({}, used)).json();
  assertEquals(
    await errorOf(await refresh(refresh_token, {}, used)),
    "400 invalid_dpop_proof",
  );
  const [one, other] = [await header(), await header()];
  const two = { dpop: `${one.dpop}, ${other.dpop}` };
  assertEquals(
    await errorOf(await refresh(refresh_token, {}, two)),
    "400 invalid_dpop_proof",
  );
});

test("a code that is bound to a key (dpop_jkt) is redeemed by its holder alone", async () => {
  const { bridge, provider, holder, header, now } = await boundWorld();
  const thief = await testKeyHolder({ now });
  const parameters = { dpop_jkt: holder.cnf.jkt };
  const { redeem } = await flow({ bridge, provider }, { parameters });
  assertEquals(await errorOf(await redeem()), "400 invalid_dpop_proof");
  assertEquals(
    await errorOf(await redeem({}, await header({}, thief))),
    "400 invalid_grant",
  );
  assertEquals((await redeem({}, await header())).status, 200);
});

test("the metadata names the algorithms of proofs", async () => {
  const { bridge, instance } = await boundWorld();
  const path = "/.well-known/oauth-authorization-server";
  const metadata = await (await send(bridge, path)).json();
  assertEquals(metadata.dpop_signing_alg_values_supported, [
    "ES256",
    "EdDSA",
    "Ed25519",
  ]);
  const without = await (await send(instance({ dpop: null }), path)).json();
  assertEquals("dpop_signing_alg_values_supported" in without, false);
});

test("with dpop: null, proofs and dpop_jkt are ignored", async () => {
  const { bridge, provider, holder, header } = await boundWorld({ dpop: null });
  const parameters = { dpop_jkt: holder.cnf.jkt };
  const { redeem } = await flow({ bridge, provider }, { parameters });
  const answer = await (await redeem({}, await header({ htm: "GET" }))).json();
  assertEquals(answer.token_type, "Bearer");
  assertEquals(decodeJwt(answer.access_token).cnf, undefined);
});
