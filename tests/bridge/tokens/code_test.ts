import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { OAuthBridgeOptions } from "../../../src/bridge/mod.ts";
import { s256 } from "../double.ts";
import {
  authorizePath,
  browser,
  clientId,
  consentForm,
  errorOf,
  flow,
  ISSUER,
  REDIRECT_URI,
  RESOURCE,
  send,
  token,
  VERIFIER,
  world,
} from "../world.ts";

const REDEEMED = "POST /token";

test("what is wrong with the request is found before the provider is asked, and uses nothing up", async () => {
  const here = world({ resources: [RESOURCE, `${ISSUER}/other`] });
  const login = await flow(here);
  const other = await clientId(here.bridge);
  const rows: [
    why: string,
    form: Record<string, string | undefined>,
    error: string,
  ][] = [
    ["no code", { code: undefined }, "400 invalid_request"],
    ["no verifier", { code_verifier: undefined }, "400 invalid_request"],
    [
      "another verifier",
      { code_verifier: "w".repeat(64) },
      "400 invalid_grant",
    ],
    [
      "the challenge as verifier",
      { code_verifier: "v".repeat(42) },
      "400 invalid_grant",
    ],
    [
      "another redirect URI",
      { redirect_uri: `${REDIRECT_URI}2` },
      "400 invalid_grant",
    ],
    ["no redirect URI", { redirect_uri: undefined }, "400 invalid_grant"],
    ["another client", { client_id: other }, "400 invalid_grant"],
    ["no client", { client_id: undefined }, "401 invalid_client"],
    ["an unknown client", { client_id: "nobody" }, "401 invalid_client"],
    [
      "another resource of ours",
      { resource: `${ISSUER}/other` },
      "400 invalid_target",
    ],
    [
      "a resource of nobody's",
      { resource: "https://evil.example" },
      "400 invalid_target",
    ],
    ["the provider's code itself", { code: "code-1" }, "400 invalid_grant"],
    ["a client_id as code", { code: login.client_id }, "400 invalid_grant"],
    ["no grant type", { grant_type: undefined }, "400 invalid_request"],
    [
      "another grant type",
      { grant_type: "password" },
      "400 unsupported_grant_type",
    ],
    [
      "the client's own credentials",
      { grant_type: "client_credentials" },
      "400 unsupported_grant_type",
    ],
  ];
  for (const [why, form, error] of rows) {
    assertEquals(await errorOf(await login.redeem(form)), error, why);
  }
  assertEquals(here.provider.requests.includes(REDEEMED), false);
  const good = await login.redeem({ resource: `${RESOURCE}?x=1` });
  assertEquals(good.status, 200);
});

test("ten redemptions of one code at once: one success, in one instance and in several", async () => {
  for (const instances of [1, 3]) {
    const here = world();
    const bridges = Array.from({ length: instances }, () => here.instance());
    const login = await flow(here, { bridges });
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => login.redeem()),
    );
    const outcomes = await Promise.all(
      responses.map(async (response) =>
        response.ok ? "200" : await errorOf(response)
      ),
    );
    assertEquals(outcomes.sort(), [
      "200",
      ...Array.from({ length: 9 }, () => "400 invalid_grant"),
    ]);
    const asked = here.provider.requests.filter((one) => one === REDEEMED);
    assertEquals(asked.length, instances);
  }
});

test("a code that was redeemed is refused in every spelling, before the provider is asked", async () => {
  const here = world();
  const login = await flow(here);
  assertEquals((await login.redeem()).status, 200);
  const alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // The last character holds two bits of the tag; decoders ignore the other four.
  for (const last of alphabet) {
    const code = login.code.slice(0, -1) + last;
    assertEquals(
      await errorOf(await login.redeem({ code })),
      "400 invalid_grant",
    );
  }
  const asked = here.provider.requests.filter((one) => one === REDEEMED);
  assertEquals(asked.length, 1);
});

test("a callback that is loaded twice gives one login", async () => {
  const here = world();
  const visitor = browser();
  const client_id = await clientId(here.bridge);
  const form = await consentForm(
    await visitor.get(here.bridge, authorizePath({ client_id })),
  );
  const onward = await visitor.post(here.bridge, "/consent", form);
  const url = here.provider.signIn(onward.headers.get("location") ?? "");
  const cookies = [...visitor.cookies];
  const statuses: number[] = [];
  for (let i = 0; i < 2; i++) {
    // Both requests leave before the first answer deletes the cookie.
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    const back = await visitor.get(here.bridge, url);
    const { searchParams } = new URL(back.headers.get("location") ?? "");
    const response = await token(here.bridge, {
      grant_type: "authorization_code",
      client_id,
      code: searchParams.get("code") ?? "",
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    });
    statuses.push(response.status);
  }
  assertEquals(statuses, [200, 400]);
  const asked = here.provider.requests.filter((one) => one === REDEEMED);
  assertEquals(asked.length, 1);
});

test("a verifier has 43 to 128 characters, whatever the challenge was made of", async () => {
  for (
    const [length, status] of [[42, 400], [43, 200], [128, 200], [129, 400]]
  ) {
    const code_verifier = "w".repeat(length!);
    const code_challenge = await s256(code_verifier);
    const login = await flow(world(), { parameters: { code_challenge } });
    assertEquals((await login.redeem({ code_verifier })).status, status);
  }
});

test("a code is good for five minutes", async () => {
  for (const [seconds, status] of [[300, 200], [301, 400]] as const) {
    const here = world();
    const login = await flow(here);
    here.pass(seconds);
    assertEquals((await login.redeem()).status, status);
  }
});

test("a code of another issuer or another secret is nothing here", async () => {
  const here = world();
  const login = await flow(here);
  const others: Partial<OAuthBridgeOptions>[] = [
    { issuer: `${ISSUER}/a`, resources: [RESOURCE] },
    { secrets: ["another secret of thirty-two bytes"] },
  ];
  for (const options of others) {
    const bridge = here.instance(options);
    const response = await token(bridge, {
      grant_type: "authorization_code",
      client_id: await clientId(bridge),
      code: login.code,
      code_verifier: "v".repeat(64),
      redirect_uri: REDIRECT_URI,
    });
    assertEquals(await errorOf(response), "400 invalid_grant");
  }
});

test("a redirect URI that the client did not name need not be named again", async () => {
  const here = world();
  const parameters = { redirect_uri: undefined };
  const login = await flow(here, { parameters });
  assertEquals((await login.redeem({ redirect_uri: undefined })).status, 200);
});

test("authorize decides who gets what, after the provider has said who it is", async () => {
  const rows: [
    why: string,
    granted: readonly string[] | null,
    expected: string,
  ][] = [
    ["everything", ["notes:read", "notes:write"], "notes:read notes:write"],
    ["less", ["notes:read"], "notes:read"],
    ["more than was consented to", ["notes:read", "admin"], "notes:read"],
    ["nothing", [], ""],
    ["nobody", null, "400 invalid_grant"],
  ];
  for (const [why, granted, expected] of rows) {
    const asked: unknown[] = [];
    const here = world({
      authorize: (user, scopes) => {
        asked.push([user.sub, scopes]);
        return granted;
      },
    });
    const scope = "notes:read notes:write unknown";
    const login = await flow(here, { parameters: { scope } });
    const response = await login.redeem();
    assertEquals(
      response.ok ? (await response.json()).scope : await errorOf(response),
      expected,
      why,
    );
    assertEquals(asked, [["ada", ["notes:read", "notes:write"]]]);
  }
});

test("what authorize returns by mistake grants nothing: not a string that contains a scope, either", async () => {
  for (const granted of ["notes:read notes:write", true, undefined, {}]) {
    const here = world({ authorize: () => granted as never });
    const login = await flow(here);
    const error = await login.redeem().then(
      (response) => response.status,
      (error) => error,
    );
    assert(error === 500 || error instanceof TypeError, `${error}`);
  }
});

test("a client that names no scope gets all, and one that names unknown ones alone gets none", async () => {
  for (
    const [scope, expected] of [
      [undefined, "notes:read notes:write"],
      ["unknown offline_access", ""],
      ["notes:write unknown", "notes:write"],
    ]
  ) {
    const here = world();
    const login = await flow(here, { parameters: { scope } });
    assertEquals((await (await login.redeem()).json()).scope, expected);
  }
});

test("every answer of /token is no-store, and open to any origin", async () => {
  const here = world();
  const login = await flow(here);
  for (
    const form of [{ code: undefined }, { client_id: undefined }, {}]
  ) {
    const response = await login.redeem(form);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
  }
  const preflight = await send(here.bridge, "/token", {
    method: "OPTIONS",
    headers: {
      origin: "https://inspector.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,mcp-protocol-version",
    },
  });
  assertEquals(preflight.status, 204);
  assertEquals(
    preflight.headers.get("access-control-allow-headers"),
    "content-type,mcp-protocol-version",
  );
});

test("a body that is too large, repeats a parameter or is no form is an invalid request", async () => {
  const here = world();
  const { client_id } = await flow(here);
  const type = "application/x-www-form-urlencoded";
  const rows: [body: string, type: string][] = [
    [`client_id=${client_id}&x=${"x".repeat(16_384)}`, type],
    [`client_id=${client_id}&client_id=${client_id}`, type],
    [`client_id=${client_id}`, "application/json"],
    [`client_id=${client_id}`, "text/plain"],
  ];
  for (const [body, contentType] of rows) {
    const response = await send(here.bridge, "/token", {
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
    assertEquals(await errorOf(response), "400 invalid_request");
  }
});

test("a client that authenticates by the header is told that it must not", async () => {
  const here = world();
  const { client_id } = await flow(here);
  const response = await send(here.bridge, "/token", {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${client_id}:secret`)}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: `grant_type=refresh_token&client_id=${client_id}`,
  });
  assertEquals(response.headers.get("www-authenticate"), "Basic");
  assertEquals(await errorOf(response), "401 invalid_client");
});
