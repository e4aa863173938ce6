import { assert, assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import {
  authorizePath,
  browser,
  clientId,
  consentForm,
  ISSUER,
  send,
  world,
} from "../world.ts";

test("a cookie belongs to this host alone, is for no script and for no other site's requests", async () => {
  const { bridge } = world();
  const path = authorizePath({ client_id: await clientId(bridge) });
  const [cookie = ""] = (await send(bridge, path)).headers.getSetCookie();
  assertMatch(cookie, /^__Host-bridge-[\w-]{8}-[\w-]{32}=/);
  const attributes = cookie.split("; ").slice(1).map((one) =>
    one.toLowerCase()
  );
  assertEquals(attributes.sort(), [
    "httponly",
    "max-age=600",
    "path=/",
    "samesite=lax",
    "secure",
  ]);
});

test("on a loopback http issuer it is neither Secure nor __Host-, which browsers would not keep", async () => {
  const issuer = "http://localhost:8787";
  const { bridge } = world({ issuer, resources: [`${issuer}/mcp`] });
  const client_id = await clientId(bridge);
  const path = authorizePath({ client_id, resource: undefined });
  const [cookie = ""] = (await send(bridge, path)).headers.getSetCookie();
  assertMatch(cookie, /^bridge-/);
  assertEquals(/secure/i.test(cookie), false);
});

test("a browser has four flows at most: a fifth takes the oldest one's place", async () => {
  const here = world();
  const client_id = await clientId(here.bridge);
  const visitor = browser();
  const names: string[] = [];
  for (let i = 0; i < 6; i++) {
    await visitor.get(here.bridge, authorizePath({ client_id }));
    names.push([...visitor.cookies.keys()].at(-1)!);
    here.pass(1);
  }
  assertEquals([...visitor.cookies.keys()], names.slice(2));
});

test("cookies that do not open, or are too old, make room first", async () => {
  const here = world();
  const client_id = await clientId(here.bridge);
  const visitor = browser();
  await visitor.get(here.bridge, authorizePath({ client_id }));
  const [name = "", value = ""] = [...visitor.cookies][0]!;
  here.pass(601);
  const other = name.replace(/.{32}$/, "x".repeat(32));
  visitor.cookies.set(other, value).set("somebody-elses", "cookie");
  await visitor.get(here.bridge, authorizePath({ client_id }));
  const names = [...visitor.cookies.keys()];
  assertEquals(names.includes(name), false);
  assertEquals(names.includes(other), false);
  assertEquals(names.length, 2);
});

test("a cookie stays under 3.5 kB whatever is asked for, and four of them under 16 kB", async () => {
  const scopes_supported = Array.from({ length: 50 }, (_, i) => `scope:${i}`);
  const here = world({ scopes_supported });
  const redirect_uri = `https://client.example/${"a".repeat(489)}`;
  assertEquals(redirect_uri.length, 512);
  const client_id = await clientId(here.bridge, {
    redirect_uris: [redirect_uri],
  });
  for (
    const state of ["s".repeat(1024), "é".repeat(512), "\u0001".repeat(1024)]
  ) {
    const path = authorizePath({
      client_id,
      redirect_uri,
      state,
      scope: scopes_supported.join(" "),
    });
    const visitor = browser();
    const { status } = await visitor.get(here.bridge, path);
    const size = [...visitor.cookies].map((pair) =>
      pair.join("=")
    ).join("; ").length;
    assert(size <= 3500, `${size}`);
    assertEquals(status, size > 0 ? 200 : 400);
    if (!state.startsWith("\u0001")) assert(size > 0);
  }
});

test("a cookie fills its 3.5 kB, and is refused at the first byte more", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  const sizeWith = async (length: number): Promise<number> => {
    const path = authorizePath({ client_id, state: "\u0001".repeat(length) });
    const visitor = browser();
    await visitor.get(bridge, path);
    return [...visitor.cookies].map((pair) => pair.join("")).join("").length;
  };
  // Each character takes eight bytes more: six in JSON, and a third more in Base64.
  let [most, excess] = [0, 1024];
  while (excess - most > 1) {
    const middle = Math.floor((most + excess) / 2);
    if (await sizeWith(middle) > 0) most = middle;
    else excess = middle;
  }
  const size = await sizeWith(most);
  assert(size > 3500 - 8 && size <= 3500, `${size}`);
});

test("no more than sixteen cookies are looked at", async () => {
  const here = world();
  const client_id = await clientId(here.bridge);
  const visitor = browser();
  await visitor.get(here.bridge, authorizePath({ client_id }));
  const [name = ""] = visitor.cookies.keys();
  visitor.cookies.clear();
  for (let i = 0; i < 20; i++) {
    visitor.cookies.set(name.replace(/.{32}$/, `${i}`.padStart(32, "x")), "x");
  }
  await visitor.get(here.bridge, authorizePath({ client_id }));
  assertEquals(visitor.cookies.size, 20 - 16 + 1);
});

test("a transaction ends after ten minutes, and a cookie under another name is none", async () => {
  const here = world();
  const client_id = await clientId(here.bridge);
  const statusOf = async (
    change: (cookies: Map<string, string>, state: string) => string,
    seconds = 0,
  ): Promise<number> => {
    const visitor = browser();
    const page = await visitor.get(here.bridge, authorizePath({ client_id }));
    const form = await consentForm(page);
    const state = change(visitor.cookies, form.state!);
    here.pass(seconds);
    const answer = await visitor.post(here.bridge, "/consent", {
      ...form,
      state,
    });
    return answer.status;
  };
  assertEquals(await statusOf((_, state) => state), 303);
  assertEquals(await statusOf((_, state) => state, 600), 303);
  assertEquals(await statusOf((_, state) => state, 601), 403);
  assertEquals(
    await statusOf((cookies, state) => {
      const [[name = "", value = ""] = []] = cookies;
      const renamed = "y".repeat(32);
      cookies.clear();
      cookies.set(name.replace(state, renamed), value);
      return renamed;
    }),
    403,
  );
  assertEquals(
    await statusOf((cookies, state) => {
      cookies.clear();
      return state;
    }),
    403,
  );
  assertEquals(ISSUER.startsWith("https:"), true);
});
