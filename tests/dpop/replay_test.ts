import { assert, assertEquals } from "@std/assert";
import { decodeJwt } from "jose";
import { test } from "node:test";
import { dpop, type DpopOptions } from "../../src/dpop/mod.ts";
import { MAX_REMEMBERED_PROOFS, proofMemory } from "../../src/dpop/replay.ts";
import { memoryStore, type Store } from "../../src/runtime/store.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { testKeyHolder } from "../../src/testing/mod.ts";
import type { AccessTokenClaims } from "../../src/types.ts";
import { METADATA, protect, RESOURCE } from "../support/protected.ts";
import { assertChallenge, dpopWorld } from "./world.ts";

test("dpop() accepts one of ten copies of a proof that arrive at once", async () => {
  const { send, proof, calls } = await dpopWorld();
  const copy = await proof();
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => send({ proof: copy })),
  );
  const statuses = responses.map(({ status }) => status).sort();
  assertEquals(statuses, [200, ...Array(9).fill(401)]);
  assertEquals(calls.length, 1);
  for (const response of responses.filter(({ ok }) => !ok)) {
    assertChallenge(response, "dpop", 401, "invalid_dpop_proof");
  }
});

test("dpop() rejects the jti of a proof in a newer one, for as long as the first is accepted", async () => {
  const { send, holder, token, network, decisions } = await dpopWorld();
  const request = { url: RESOURCE, method: "POST", token };
  const ahead = { jti: "one", iat: network.now() / 1000 + 60 };
  const first = await holder.proof(request, ahead);
  assertEquals((await send({ proof: first })).status, 200);
  for (const seconds of [1, 59, 60]) {
    network.pass(seconds);
    const newer = await holder.proof(request, { jti: "one" });
    assertEquals((await send({ proof: newer })).status, 401);
    assertEquals((await send({ proof: first })).status, 401);
  }
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  assertEquals(decision.reason, "replayed_proof");
  network.pass(2);
  assertEquals((await send({ proof: first })).status, 401);
});

test("dpop() rejects a copy that outlives the memory while its token is verified", async () => {
  let seconds = 0;
  const { send, holder, token, network } = await dpopWorld({}, {
    verifyAccessToken(token): Promise<AccessTokenClaims> {
      network.pass(seconds);
      return Promise.resolve(decodeJwt(token));
    },
  });
  const proof = await holder.proof(
    { url: RESOURCE, method: "POST", token },
    { iat: network.now() / 1000 + 60 },
  );
  assertEquals((await send({ proof })).status, 200);
  network.pass(119);
  seconds = 10;
  assertChallenge(await send({ proof }), "dpop", 401, "invalid_dpop_proof");
});

test("dpop() does not take one client's jti for another's", async () => {
  const { send, holder, token, network, issuer } = await dpopWorld();
  const other = await testKeyHolder({ now: network.now });
  const clients = [
    [holder, token],
    [other, await issuer.token({ cnf: other.cnf })],
  ] as const;
  for (const [client, token] of clients) {
    const proof = await client.proof(
      { url: RESOURCE, method: "POST", token },
      { jti: "one" },
    );
    assertEquals((await send({ token, proof })).status, 200);
  }
});

test("dpop() remembers a proof only after its signature and its binding were checked", async () => {
  const { issuer, holder, network } = await dpopWorld();
  const keys: string[] = [];
  const replay: Store = {
    ...memoryStore({ now: network.now }),
    set(key): Promise<boolean> {
      keys.push(key);
      return Promise.resolve(true);
    },
  };
  const { send, token, proof } = await dpopWorld({ replay });
  const good = await proof();
  const forged = `${good.slice(0, -6)}AAAAAA`;
  assertEquals((await send({ proof: forged })).status, 401);
  assertEquals((await send({ token: await issuer.token() })).status, 401);
  const stranger = await holder.proof({ url: RESOURCE, method: "POST", token });
  assertEquals((await send({ proof: stranger })).status, 401);
  assertEquals(keys.length, 0);
  assertEquals((await send({ proof: good })).status, 200);
  assertEquals(keys.length, 1);
  assert(keys[0]!.length < 64);
});

test("dpop() answers 503 without a challenge if the replay store fails", async () => {
  const replay: Store = {
    ...memoryStore(),
    set: () => Promise.reject(new Error("down")),
  };
  const { send, calls } = await dpopWorld({ replay });
  const response = await send();
  assertEquals(response.status, 503);
  assertEquals(response.headers.has("www-authenticate"), false);
  assertEquals(calls.length, 0);
});

test("proofMemory() holds its 100,000 newest proofs, and no more", async () => {
  const remember = proofMemory(RESOURCE, 60, () => 0);
  const isNew = (jti: number): Promise<boolean> =>
    remember("thumbprint", `${jti}`).then(() => true, () => false);
  for (let jti = 0; jti < MAX_REMEMBERED_PROOFS; jti++) {
    await remember("thumbprint", `${jti}`);
  }
  assertEquals([await isNew(0), await isNew(99_999)], [false, false]);
  await remember("thumbprint", "one more");
  assertEquals([await isNew(1), await isNew(0)], [false, true]);
});

/** What a second instance answers to a proof that the first has accepted. */
const instances: readonly (readonly [
  with_: string,
  options: () => Partial<DpopOptions>,
  status: number,
  error: string | undefined,
])[] = [
  ["neither a nonce nor a shared store", () => ({}), 200, undefined],
  ["nonces of the same secret", () => ({ nonce: SHARED }), 200, undefined],
  ["nonces of their own", () => ({ nonce: {} }), 401, "use_dpop_nonce"],
  ["a shared store", () => ({ replay: STORE }), 401, "invalid_dpop_proof"],
  [
    "a shared store and nonces of the same secret",
    () => ({
      nonce: SHARED,
      replay: STORE,
    }),
    401,
    "invalid_dpop_proof",
  ],
];
const SHARED = { secrets: ["a secret of thirty-two characters"] };
const STORE = memoryStore();

for (const [what, options, status, error] of instances) {
  test(`two instances with ${what}: the other one answers ${status} to the same proof`, async () => {
    const { issuer, network } = protect();
    const [one, other] = [options(), options()].map((options) =>
      protectResource(() => new Response("Hello"), {
        metadata: METADATA,
        platform: network,
        dpop: dpop({ mode: "required", ...options }),
      })
    );
    const holder = await testKeyHolder({ now: network.now });
    const token = await issuer.token({ cnf: holder.cnf });
    let nonce: string | undefined;
    let headers = await holder.headers({ url: RESOURCE, token });
    if (options().nonce !== undefined) {
      const asked = await one!(new Request(RESOURCE, { headers }));
      nonce = asked.headers.get("dpop-nonce")!;
      headers = await holder.headers({ url: RESOURCE, token, nonce });
    }
    const first = await one!(new Request(RESOURCE, { headers }));
    assertEquals(first.status, 200);
    const second = await other!(new Request(RESOURCE, { headers }));
    if (error === undefined) assertEquals(second.status, status);
    else assertChallenge(second, "dpop", status, error);
  });
}
