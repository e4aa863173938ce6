import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { openIdConnect } from "../../../src/bridge/mod.ts";
import { CLIENT_SECRET, PROVIDER } from "../double.ts";
import {
  authorizePath,
  type Browser,
  browser,
  clientId,
  consentForm,
  flow,
  ISSUER,
  REDIRECT_URI,
  type World,
  world,
} from "../world.ts";

/** A browser that has consented, and where the provider is asked. */
async function consented(
  here: World,
  visitor: Browser = browser(),
  state: string = "client state",
): Promise<{ readonly visitor: Browser; readonly location: string }> {
  const client_id = await clientId(here.bridge);
  const path = authorizePath({ client_id, state });
  const form = await consentForm(await visitor.get(here.bridge, path));
  const onward = await visitor.post(here.bridge, "/consent", form);
  return { visitor, location: onward.headers.get("location") ?? "" };
}

test("the client gets a code, its state to the byte, and exactly one iss", async () => {
  for (
    const state of [
      "client state",
      "a+b%20c&d=e#f",
      "é 漢字 \u{1f511}",
      "s".repeat(1024),
      '"<>\\^`{|}~',
    ]
  ) {
    const here = world();
    const { visitor, location } = await consented(here, browser(), state);
    const response = await visitor.get(
      here.bridge,
      here.provider.signIn(location),
    );
    assertEquals(response.status, 303);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(response.headers.get("referrer-policy"), "no-referrer");
    const url = new URL(response.headers.get("location") ?? "");
    assertEquals(url.origin + url.pathname, REDIRECT_URI);
    assertEquals(url.searchParams.getAll("state"), [state]);
    assertEquals(url.searchParams.getAll("iss"), [ISSUER]);
    assertEquals(url.searchParams.getAll("code").length, 1);
    assertEquals(visitor.cookies.size, 0);
  }
});

test("without a state the client gets none", async () => {
  const here = world();
  const { callback } = await flow(here, { parameters: { state: undefined } });
  assertEquals(callback.searchParams.has("state"), false);
});

test("what was consented to in one browser cannot be finished in another", async () => {
  const here = world();
  const attacker = await consented(here);
  const victim = browser();
  const url = here.provider.signIn(attacker.location);
  for (const visitor of [victim, (await consented(here)).visitor]) {
    const response = await visitor.get(here.bridge, url);
    assertEquals([response.status, response.headers.get("location")], [
      400,
      null,
    ]);
  }
});

test("a callback without consent is refused, even with the cookie", async () => {
  const here = world();
  const visitor = browser();
  const client_id = await clientId(here.bridge);
  const page = await visitor.get(here.bridge, authorizePath({ client_id }));
  const { state } = await consentForm(page);
  const response = await visitor.get(
    here.bridge,
    `/callback?code=x&state=${state}&iss=${PROVIDER}`,
  );
  assertEquals([response.status, response.headers.get("location")], [
    400,
    null,
  ]);
});

test("a callback is good once", async () => {
  const here = world();
  const { visitor, location } = await consented(here);
  const url = here.provider.signIn(location);
  assertEquals((await visitor.get(here.bridge, url)).status, 303);
  assertEquals((await visitor.get(here.bridge, url)).status, 400);
});

test("a person may take ten minutes to consent and ten to sign in, and no longer", async () => {
  for (const [seconds, status] of [[600, 303], [601, 400]] as const) {
    const here = world();
    const { visitor, location } = await consented(here);
    here.pass(seconds);
    const response = await visitor.get(
      here.bridge,
      here.provider.signIn(location),
    );
    assertEquals(response.status, status);
  }
});

test("an answer of another issuer, or without the iss that the provider promises, is not passed on", async () => {
  const here = world();
  for (const iss of ["https://evil.example", ""]) {
    const { visitor, location } = await consented(here);
    const url = here.provider.signIn(location, { iss });
    const response = await visitor.get(here.bridge, url.replace(/&iss=$/, ""));
    const { searchParams } = new URL(response.headers.get("location") ?? "");
    assertEquals(searchParams.get("error"), "server_error", iss);
    assertEquals(searchParams.has("code"), false);
  }
});

test("state and code must be there once", async () => {
  const here = world();
  const rows: [change: (url: string) => string, expected: string][] = [
    [(url) => `${url}&state=x`, "400"],
    [(url) => url.replace(/state=[^&]*/, ""), "400"],
    [(url) => `${url}&code=x`, "303 server_error"],
    [(url) => url.replace(/code=[^&]*&/, ""), "303 server_error"],
    [(url) => `${url}&iss=x`, "303 server_error"],
    [(url) => `${url}&x=${"x".repeat(8192)}`, "400"],
  ];
  for (const [change, expected] of rows) {
    const { visitor, location } = await consented(here);
    const response = await visitor.get(
      here.bridge,
      change(here.provider.signIn(location)),
    );
    const target = response.headers.get("location");
    const error = target === null
      ? ""
      : ` ${new URL(target).searchParams.get("error")}`;
    assertEquals(`${response.status}${error}`, expected);
  }
});

test("the provider's errors become errors of ours, and none of its words is repeated", async () => {
  const rows: [error: string, expected: string][] = [
    ["access_denied", "access_denied"],
    ["login_required", "access_denied"],
    ["consent_required", "access_denied"],
    ["server_error", "server_error"],
    ["temporarily_unavailable", "server_error"],
    ["<script>alert(1)</script>", "server_error"],
  ];
  for (const [error, expected] of rows) {
    const here = world();
    const { visitor, location } = await consented(here);
    const url = here.provider.signIn(location, {
      error,
      error_description: "<script>alert(2)</script>",
    });
    const response = await visitor.get(here.bridge, url);
    const target = response.headers.get("location") ?? "";
    assertEquals(new URL(target).searchParams.get("error"), expected);
    assertEquals(/alert/i.test(target), false);
    assertEquals(visitor.cookies.size, 0);
  }
});

test("after a change of the provider or the application, what was begun before is nothing", async () => {
  const here = world();
  const { visitor, location } = await consented(here);
  const changed = here.instance({
    upstream: openIdConnect({
      issuer: PROVIDER,
      client_id: "another-application",
      client_secret: CLIENT_SECRET,
    }),
  });
  const response = await visitor.get(changed, here.provider.signIn(location));
  assertEquals(response.status, 400);
});
