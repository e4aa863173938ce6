import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { inspect } from "node:util";
import { errorsPrintedBy } from "../support/console.ts";
import {
  authorizePath,
  browser,
  clientId,
  consentForm,
  errorOf,
  flow,
  type World,
  world,
} from "./world.ts";

test("a problem is printed as one line, unless onProblem says otherwise", async () => {
  const printedBy = (
    onProblem?: null | ((problem: Error) => void),
  ): Promise<readonly unknown[]> =>
    errorsPrintedBy(async () => {
      const here = world({ onProblem });
      const login = await flow(here);
      here.provider.outages.set("/token", () =>
        new Response(null, { status: 500 }));
      assertEquals((await login.redeem()).status, 503);
    });
  const [line, ...others] = await printedBy();
  assertMatch(
    `${line}`,
    /^AuthorizationServerError: Cannot use the answer of Example ID: [^\n]+$/,
  );
  assertEquals(others, []);
  assertEquals(await printedBy(null), []);
  assertEquals(await printedBy(() => {}), []);
});

type Outage = () => Response | Promise<Response>;

const DISCOVERY = "/.well-known/openid-configuration";
const OUTAGES: readonly [why: string, outage: Outage][] = [
  ["it answers 500", () => new Response("oops", { status: 500 })],
  [
    "it answers a page",
    () => new Response("<title>", { headers: { "content-type": "text/html" } }),
  ],
  [
    "it redirects",
    () =>
      new Response(null, {
        status: 302,
        headers: { location: "https://evil.example" },
      }),
  ],
  [
    "it cannot be reached",
    () => Promise.reject(new TypeError("connection refused")),
  ],
];

/** What an instance that has never asked the provider learns of it, when that is back. */
const FAILURE_SECONDS = 6;

test("the provider is away when the person approves: a page says so, and loading it again goes on", async () => {
  for (const [why, outage] of OUTAGES) {
    const here = world();
    const visitor = browser();
    const client_id = await clientId(here.bridge);
    const page = await visitor.get(here.bridge, authorizePath({ client_id }));
    const form = await consentForm(page);
    here.provider.outages.set("*", outage);
    const response = await visitor.post(here.bridge, "/consent", form);
    assertEquals(response.status, 503, why);
    assertStringIncludes(await response.text(), "Nothing is lost");
    assertEquals(here.problems.length, 1, why);
    here.provider.outages.clear();
    here.pass(FAILURE_SECONDS);
    const again = await visitor.post(here.bridge, "/consent", form);
    assertEquals(again.status, 303, why);
  }
});

test("it is away when the person comes back, on an instance that does not know it: nothing is lost", async () => {
  const here = world();
  const visitor = browser();
  const client_id = await clientId(here.bridge);
  const form = await consentForm(
    await visitor.get(here.bridge, authorizePath({ client_id })),
  );
  const onward = await visitor.post(here.bridge, "/consent", form);
  const url = here.provider.signIn(onward.headers.get("location") ?? "");
  const other = here.instance({
    platform: { fetch: here.provider.fetch, now: here.now },
  });
  here.provider.outages.set(
    DISCOVERY,
    () => new Response(null, { status: 500 }),
  );
  const response = await visitor.get(other, url);
  assertEquals(response.status, 503);
  assertEquals(visitor.cookies.size, 1);
  here.provider.outages.clear();
  here.pass(FAILURE_SECONDS);
  assertEquals((await visitor.get(other, url)).status, 303);
});

test("it is away when the code is redeemed: 503, and the code is still good", async () => {
  for (const [why, outage] of OUTAGES) {
    const here = world();
    const login = await flow(here);
    here.provider.outages.set("/token", outage);
    const response = await login.redeem();
    assertEquals(response.headers.get("retry-after"), "5", why);
    assertEquals(await errorOf(response), "503 temporarily_unavailable", why);
    here.provider.outages.clear();
    assertEquals((await login.redeem()).status, 200, why);
  }
});

test("its keys are away when an ID token is to be verified: 503, and nobody is logged in", async () => {
  const here = world();
  const login = await flow(here);
  here.provider.outages.set("/jwks", () => new Response(null, { status: 500 }));
  assertEquals(
    await errorOf(await login.redeem()),
    "503 temporarily_unavailable",
  );
});

test("it lies about who signed in: 503, and nobody is logged in", async () => {
  const rows: [why: string, lies: World["provider"]["lies"]][] = [
    ["another issuer's ID token", { claims: { iss: "https://evil.example" } }],
    ["another application's", { claims: { aud: "another" } }],
    ["for several, and another party", {
      claims: { aud: ["notes-bridge", "another"], azp: "another" },
    }],
    ["of another login", { claims: { nonce: "another" } }],
    ["of a login without a nonce", { claims: { nonce: undefined } }],
    ["expired", { claims: { exp: 1_700_000_000 } }],
    ["from the future", { claims: { nbf: 1_900_000_000 } }],
    ["of nobody", { claims: { sub: undefined } }],
    ["of somebody who is no string", { claims: { sub: 1 } }],
    ["signed by somebody else", { strangersKey: true }],
    ["no ID token", { tokens: { id_token: undefined } }],
    ["not signed", { tokens: { id_token: "eyJhbGciOiJub25lIn0.e30." } }],
    ["no access token", { tokens: { access_token: undefined } }],
    ["a token of another type", { tokens: { token_type: "mac" } }],
    ["an access token that is none", { tokens: { access_token: 1 } }],
    ["an end that is none", { tokens: { expires_in: "soon" } }],
  ];
  for (const [why, lies] of rows) {
    const here = world();
    const login = await flow(here);
    here.provider.lies = lies;
    const response = await login.redeem();
    assertEquals(await errorOf(response), "503 temporarily_unavailable", why);
    assertEquals(here.problems.length, 1, why);
  }
});

test("metadata of another issuer, or that names an insecure endpoint, is not used", async () => {
  for (
    const metadata of [
      { issuer: "https://evil.example" },
      { authorization_endpoint: "http://id.example/authorize" },
      { authorization_endpoint: "javascript:alert(1)" },
      { authorization_endpoint: undefined },
    ]
  ) {
    const here = world();
    here.provider.lies = { metadata };
    const visitor = browser();
    const client_id = await clientId(here.bridge);
    const form = await consentForm(
      await visitor.get(here.bridge, authorizePath({ client_id })),
    );
    const response = await visitor.post(here.bridge, "/consent", form);
    assertEquals(response.status, 503);
  }
  const here = world();
  here.provider.lies = {
    metadata: { token_endpoint: "http://id.example/token" },
  };
  const login = await flow(here);
  assertEquals(
    await errorOf(await login.redeem()),
    "503 temporarily_unavailable",
  );
  assertEquals(here.provider.requests.includes("POST /token"), false);
});

test("an answer of more than 256 kB is not read to its end", async () => {
  const here = world();
  const login = await flow(here);
  let pulled = 0;
  here.provider.outages.set("/token", () =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          pulled++;
          controller.enqueue(new Uint8Array(65_536));
        },
      }),
      { headers: { "content-type": "application/json" } },
    ));
  assertEquals(
    await errorOf(await login.redeem()),
    "503 temporarily_unavailable",
  );
  assertEquals(pulled < 10, true, `${pulled}`);
});

test("nothing of a secret, a code or a token is in what operators are told", async () => {
  const here = world();
  const login = await flow(here);
  for (const [, outage] of OUTAGES) {
    here.provider.outages.set("/token", outage);
    await login.redeem();
  }
  here.provider.outages.clear();
  for (
    const tokens of [
      { token_type: undefined },
      { expires_in: "soon" },
      { id_token: "upstream-id-token" },
    ]
  ) {
    here.provider.lies = { tokens };
    await (await flow(here)).redeem();
  }
  here.provider.outages.set(
    "/token",
    () => new Response("upstream-access-1&scope=repo"),
  );
  await (await flow(here)).redeem();
  assertEquals(here.problems.length, OUTAGES.length + 4);
  for (const problem of here.problems) {
    // As a log prints it, with its causes and their members.
    const logged = inspect(problem, { depth: Infinity, showHidden: true });
    assertEquals(
      /code-\d|application's secret|upstream-/.test(logged),
      false,
      logged,
    );
  }
});
