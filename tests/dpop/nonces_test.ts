import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { test } from "node:test";
import { METADATA } from "../support/protected.ts";
import { assertChallenge, dpopWorld } from "./world.ts";

const SECRET = "a secret of thirty-two characters";
const OLDER = "the secret that it has replaced, as long";

test("dpop() asks for its nonce, and accepts a proof with it", async () => {
  const { send } = await dpopWorld({ nonce: {} });
  const asked = await send();
  assertChallenge(asked, "dpop", 401, "use_dpop_nonce");
  const nonce = nonceOf(asked);
  const response = await send({ nonce });
  assertEquals([response.status, nonceOf(response)], [200, nonce]);
  assertEquals(response.headers.get("cache-control"), "no-store");
});

test("dpop() accepts the nonce of the period before, and no older one", async () => {
  const { send, network } = await dpopWorld({
    nonce: { secrets: [SECRET] },
    maxAgeSeconds: 30,
  });
  network.pass(30 - network.now() / 1000 % 30);
  const nonce = nonceOf(await send());
  network.pass(59);
  const later = await send({ nonce });
  assertEquals(later.status, 200);
  assertNotEquals(nonceOf(later), nonce);
  network.pass(1);
  const late = await send({ nonce });
  assertChallenge(late, "dpop", 401, "use_dpop_nonce");
  assertEquals((await send({ nonce: nonceOf(late) })).status, 200);
});

const wrong: readonly (readonly [what: string, nonce: unknown])[] = [
  ["another string", "nonce"],
  ["an empty string", ""],
  ["a list", ["x"]],
  ["null", null],
];

for (const [what, nonce] of wrong) {
  test(`dpop() asks for its nonce if the proof has ${what}`, async () => {
    const { send, holder, token } = await dpopWorld({ nonce: {} });
    const url = "http://localhost:8787/mcp";
    const proof = await holder.proof({ url, method: "POST", token }, { nonce });
    const response = await send({ proof });
    assertChallenge(response, "dpop", 401, "use_dpop_nonce");
  });
}

test("dpop() does not let a nonce stand for the time of the proof", async () => {
  const { send, holder, token, network } = await dpopWorld({ nonce: {} });
  const nonce = nonceOf(await send());
  const url = "http://localhost:8787/mcp";
  const iat = network.now() / 1000 - 300;
  const proof = await holder.proof({ url, method: "POST", token, nonce }, {
    iat,
  });
  const response = await send({ proof });
  assertChallenge(response, "dpop", 401, "invalid_dpop_proof");
});

test("dpop() hands out nonces of the first secret, and accepts those of the others", async () => {
  const before = await dpopWorld({ nonce: { secrets: [OLDER] } });
  const after = await dpopWorld({ nonce: { secrets: [SECRET, OLDER] } });
  const old = nonceOf(await before.send());
  const response = await after.send({ nonce: old });
  assertEquals(response.status, 200);
  const fresh = nonceOf(response);
  assertNotEquals(fresh, old);
  assertEquals((await before.send({ nonce: fresh })).status, 401);
});

test("dpop() does not accept the nonce of another resource", async () => {
  const nonce = { secrets: [SECRET] };
  const one = await dpopWorld({ nonce });
  const resource = "http://localhost:8787/other";
  const other = await dpopWorld({ nonce }, {
    metadata: { ...METADATA, resource },
  });
  const { cnf } = other.holder;
  const token = await other.issuer.token({ aud: resource, cnf });
  const foreign = nonceOf(await one.send());
  const asked = await other.send({ url: resource, token, nonce: foreign });
  assertChallenge(asked, "dpop", 401, "use_dpop_nonce");
  const own = nonceOf(asked);
  const response = await other.send({ url: resource, token, nonce: own });
  assertEquals(response.status, 200);
});

test("dpop() keeps a response with a nonce out of caches", async () => {
  const world = await dpopWorld(
    { nonce: { secrets: [SECRET] } },
    {},
    () =>
      new Response("Hello", {
        headers: { "cache-control": "public, max-age=9" },
      }),
  );
  const asked = nonceOf(await world.send());
  const response = await world.send({ nonce: asked });
  assertEquals(response.headers.get("cache-control"), "no-store");
});

test("dpop() hands out no nonce that has expired", async () => {
  const { send, network, issuer } = await dpopWorld({ nonce: {} });
  await send();
  network.pass(3600);
  const response = await send({ token: await issuer.token({ exp: 1 }) });
  assertChallenge(response, "dpop", 401, "invalid_token");
  assertEquals(response.headers.has("dpop-nonce"), false);
});

test("dpop() hands out no nonce to a Bearer request, and none unless told to", async () => {
  const { send, issuer } = await dpopWorld({ nonce: {} });
  await send();
  const token = await issuer.token();
  const bearer = await send({ scheme: "Bearer", token });
  assertEquals([bearer.status, bearer.headers.has("dpop-nonce")], [200, false]);
  const plain = await dpopWorld();
  assertEquals((await plain.send()).headers.has("dpop-nonce"), false);
});

function nonceOf({ headers }: Response): string {
  const nonce = headers.get("dpop-nonce");
  assert(nonce !== null);
  // RFC 9449 §8.1: 1*NQCHAR.
  assertMatch(nonce, /^[!#-[\]-~]{43}$/);
  return nonce;
}
