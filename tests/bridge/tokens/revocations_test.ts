import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { AccessTokenError, AuthorizationServerError } from "../../../mod.ts";
import { memoryStore, type Store } from "../../../src/bridge/mod.ts";
import {
  errorOf,
  type Flow,
  flow,
  token,
  type World,
  world,
} from "../world.ts";

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function loggedIn(
  here: World,
): Promise<Tokens & { readonly login: Flow }> {
  const login = await flow(here);
  return { login, ...await (await login.redeem()).json() };
}

function revoke(here: World, login: Flow, what: string): Promise<Response> {
  return token(
    here.bridge,
    { token: what, client_id: login.client_id },
    "/revoke",
  );
}

/** A world whose instances share a store. */
function shared(): World & { readonly store: Store } {
  const store = memoryStore({ now: () => here.now() });
  const here: World = world({ store });
  return { ...here, store };
}

test("without a store, the provider's token is revoked", async () => {
  const here = world();
  const { login, refresh_token, access_token } = await loggedIn(here);
  assertEquals(here.provider.live.size, 2);
  assertEquals((await revoke(here, login, refresh_token)).status, 200);
  assertEquals([...here.provider.live], ["upstream-access-2"]);
  assertEquals((await revoke(here, login, access_token)).status, 200);
  assertEquals(here.provider.live.size, 0);
  assertEquals(
    await errorOf(await login.refresh(refresh_token)),
    "400 invalid_grant",
  );
});

test("only the client's own tokens are revoked, and the answer does not tell", async () => {
  const here = world();
  const { refresh_token, access_token } = await loggedIn(here);
  const stranger = await flow(here);
  for (const what of [refresh_token, access_token, "nothing", stranger.code]) {
    const response = await revoke(here, stranger, what);
    assertEquals([response.status, await response.text()], [200, "{}"]);
  }
  assertEquals(here.provider.live.size, 2);
  assertEquals(
    await errorOf(await revoke(here, stranger, "")),
    "400 invalid_request",
  );
  const unknown = await token(
    here.bridge,
    { token: "x", client_id: "nobody" },
    "/revoke",
  );
  assertEquals(await errorOf(unknown), "401 invalid_client");
});

test("a provider that cannot revoke now is 503: the client tries again", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  here.provider.outages.set(
    "/revoke",
    () => new Response(null, { status: 500 }),
  );
  assertEquals(
    await errorOf(await revoke(here, login, refresh_token)),
    "503 temporarily_unavailable",
  );
});

test("with a store, all tokens of one consent end at once, on every instance, and no others", async () => {
  const here = shared();
  const one = await loggedIn(here);
  const other = await loggedIn(here);
  const instance = here.instance();
  await revoke(here, one.login, one.refresh_token);
  const { reason } = await instance.verifyAccessToken(one.access_token).then(
    () => ({ reason: "none" }),
    (error) => error,
  );
  assertEquals(reason, "inactive_token");
  assertEquals(
    await errorOf(await one.login.refresh(one.refresh_token)),
    "400 invalid_grant",
  );
  assertEquals(
    (await instance.verifyAccessToken(other.access_token)).sub,
    "ada",
  );
  assertEquals((await other.login.refresh(other.refresh_token)).status, 200);
});

test("with a store, an administrator ends what a user has; who logs in again is in", async () => {
  const here = shared();
  const before = await loggedIn(here);
  await here.bridge.revokeUser("ada");
  await assertRejects(
    () => here.instance().verifyAccessToken(before.access_token),
    AccessTokenError,
  );
  assertEquals(
    await errorOf(await before.login.refresh(before.refresh_token)),
    "400 invalid_grant",
  );
  here.pass(1);
  const after = await loggedIn(here);
  assertEquals(
    (await here.bridge.verifyAccessToken(after.access_token)).sub,
    "ada",
  );
  assertEquals((await after.login.refresh(after.refresh_token)).status, 200);
  await assertRejects(
    () => world().bridge.revokeUser("ada"),
    TypeError,
    "store",
  );
});

test("with a store, a code that was issued before a user's tokens were ended gives none", async () => {
  const here = shared();
  const login = await flow(here);
  here.pass(1);
  await here.bridge.revokeUser("ada");
  here.pass(1);
  assertEquals(await errorOf(await login.redeem()), "400 invalid_grant");
  assertEquals((await (await flow(here)).redeem()).status, 200);
});

test("with a store, tokens that are being issued while a user's tokens are ended are ended too", async () => {
  for (const grant of ["code", "refresh token"]) {
    const store = memoryStore({ now: () => here.now() });
    let isEnding = false;
    const here: World = world({
      store,
      async authorize(_user, asked): Promise<readonly string[]> {
        if (isEnding) await here.bridge.revokeUser("ada");
        // The provider takes its time, or this instance's clock is ahead.
        here.pass(5);
        return asked;
      },
    });
    const { login, refresh_token } = await loggedIn(here);
    const next = await flow(here);
    isEnding = true;
    const tokens: Tokens = await (grant === "code"
      ? await next.redeem()
      : await login.refresh(refresh_token)).json();
    isEnding = false;
    const { reason } = await here.bridge.verifyAccessToken(tokens.access_token)
      .then(() => ({ reason: "none" }), (error) =>
        error);
    assertEquals(reason, "inactive_token", grant);
    assertEquals(
      await errorOf(await login.refresh(tokens.refresh_token)),
      "400 invalid_grant",
    );
    const { access_token } = await loggedIn(here);
    assertEquals(
      (await here.bridge.verifyAccessToken(access_token)).sub,
      "ada",
    );
  }
});

test("with a store, a refresh token that comes back after its minute of grace ends its family", async () => {
  const here = shared();
  const { login, refresh_token } = await loggedIn(here);
  const stolen = refresh_token;
  const renewed = await (await login.refresh(refresh_token)).json();
  here.pass(30);
  assertEquals(await (await login.refresh(stolen)).json(), renewed);
  here.pass(31);
  assertEquals(await errorOf(await login.refresh(stolen)), "400 invalid_grant");
  assertEquals(
    await errorOf(await login.refresh(renewed.refresh_token)),
    "400 invalid_grant",
  );
  await assertRejects(
    () => here.bridge.verifyAccessToken(renewed.access_token),
    AccessTokenError,
  );
});

test("with a store, instances that refresh at once ask the provider once", async () => {
  const here = shared();
  const login = await flow(here, {
    bridges: [here.bridge, here.instance(), here.instance()],
  });
  const { refresh_token } = await (await login.redeem()).json();
  const before =
    here.provider.requests.filter((one) => one === "POST /token").length;
  const answers = await Promise.all(
    [1, 2, 3].map(() => login.refresh(refresh_token)),
  );
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  assertEquals(bodies[1], bodies[0]);
  assertEquals(bodies[2], bodies[0]);
  const after =
    here.provider.requests.filter((one) => one === "POST /token").length;
  assertEquals(after - before, 1);
});

test("with a store, ten redemptions over three instances ask the provider once", async () => {
  const here = shared();
  const login = await flow(here, {
    bridges: [here.bridge, here.instance(), here.instance()],
  });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => login.redeem()),
  );
  assertEquals(answers.filter(({ ok }) => ok).length, 1);
  assertEquals(
    here.provider.requests.filter((one) => one === "POST /token").length,
    1,
  );
});

test("with a store, a large token of the provider's is kept there, and the claim is a reference", async () => {
  const here = shared();
  here.provider.lies = { tokens: { access_token: "large".repeat(600) } };
  const { access_token } = await loggedIn(here);
  assertEquals(access_token.length < 1500, true);
  const claims = await here.bridge.verifyAccessToken(access_token);
  const authInfo = { token: "", clientId: "", scopes: [], extra: { claims } };
  assertEquals(
    await here.instance().upstreamToken(authInfo),
    "large".repeat(600),
  );
  here.pass(3601);
  assertEquals(await here.bridge.upstreamToken(authInfo), undefined);
});

test("a store that fails is 503: what was revoked is not accepted because nobody can say so", async () => {
  let broken = false;
  const memory = memoryStore();
  const fail = <T>(work: () => Promise<T>): Promise<T> =>
    broken ? Promise.reject(new Error("redis is gone")) : work();
  const here = world({
    store: {
      get: (key) => fail(() => memory.get(key)),
      set: (...all) => fail(() => memory.set(...all)),
      delete: (key) => fail(() => memory.delete(key)),
    },
  });
  const { login, access_token, refresh_token } = await loggedIn(here);
  broken = true;
  await assertRejects(
    () => here.bridge.verifyAccessToken(access_token),
    AuthorizationServerError,
  );
  assertEquals(
    await errorOf(await login.refresh(refresh_token)),
    "503 temporarily_unavailable",
  );
  const next = await flow(here);
  assertEquals(
    await errorOf(await next.redeem()),
    "503 temporarily_unavailable",
  );
  broken = false;
  assertEquals((await next.redeem()).status, 200);
});
