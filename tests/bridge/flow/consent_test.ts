import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { PROVIDER, s256 } from "../double.ts";
import {
  authorizePath,
  browser,
  clientId,
  consentForm,
  ISSUER,
  REDIRECT_URI,
  RESOURCE,
  type World,
  world,
} from "../world.ts";

/** A browser with the consent page in front of it. */
async function asked(here: World): Promise<{
  readonly visitor: ReturnType<typeof browser>;
  readonly form: Record<string, string>;
}> {
  const visitor = browser();
  const client_id = await clientId(here.bridge);
  const page = await visitor.get(here.bridge, authorizePath({ client_id }));
  return { visitor, form: await consentForm(page) };
}

test("approved, the browser goes to the provider with a state, PKCE and a nonce of ours", async () => {
  const here = world();
  const { visitor, form } = await asked(here);
  const response = await visitor.post(here.bridge, "/consent", form);
  assertEquals(response.status, 303);
  const url = new URL(response.headers.get("location") ?? "");
  const { state = "", nonce = "", code_challenge = "", ...others } = Object
    .fromEntries(url.searchParams);
  assertEquals(url.origin + url.pathname, `${PROVIDER}/authorize`);
  assertEquals(others, {
    client_id: "notes-bridge",
    response_type: "code",
    redirect_uri: `${ISSUER}/callback`,
    scope: "openid offline_access",
    code_challenge_method: "S256",
    prompt: "consent",
  });
  assertMatch(state, /^[\w-]{32}$/);
  assertMatch(nonce, /^[\w-]{43}$/);
  assertMatch(code_challenge, /^[\w-]{43}$/);
  assertEquals(code_challenge === await s256("v".repeat(64)), false);
  assertEquals(url.href.includes(RESOURCE), false);
});

test("denied, the client is told so, and the transaction is over", async () => {
  const here = world();
  const { visitor, form } = await asked(here);
  const deny = { ...form, decision: "deny" };
  const response = await visitor.post(here.bridge, "/consent", deny);
  const location = new URL(response.headers.get("location") ?? "");
  assertEquals(location.origin + location.pathname, REDIRECT_URI);
  assertEquals(Object.fromEntries(location.searchParams), {
    error: "access_denied",
    error_description: "The user denied access",
    state: "client state",
    iss: ISSUER,
  });
  assertEquals(visitor.cookies.size, 0);
  assertEquals(here.provider.requests, []);
  const again = await visitor.post(here.bridge, "/consent", form);
  assertEquals(again.status, 403);
});

test("only a form of this origin is accepted", async () => {
  const rows: [why: string, headers: Record<string, string>, status: number][] =
    [
      ["Origin", { origin: ISSUER }, 303],
      ["Sec-Fetch-Site", { "sec-fetch-site": "same-origin" }, 303],
      ["both", { origin: ISSUER, "sec-fetch-site": "same-origin" }, 303],
      ["a privacy tool that empties Origin", {
        origin: "null",
        "sec-fetch-site": "same-origin",
      }, 303],
      ["neither", {}, 403],
      ["a sandboxed page", { origin: "null" }, 403],
      ["another origin", { origin: "https://evil.example" }, 403],
      ["our host by http", { origin: ISSUER.replace("https", "http") }, 403],
      ["a longer host", { origin: `${ISSUER}.evil.example` }, 403],
      ["another site", { "sec-fetch-site": "cross-site" }, 403],
      ["a sibling", { origin: ISSUER, "sec-fetch-site": "same-site" }, 403],
      ["no page", { "sec-fetch-site": "none" }, 403],
      ["two that differ", {
        origin: "https://evil.example",
        "sec-fetch-site": "same-origin",
      }, 403],
    ];
  for (const [why, headers, status] of rows) {
    const here = world();
    const { visitor, form } = await asked(here);
    const response = await visitor.post(here.bridge, "/consent", form, headers);
    assertEquals(response.status, status, why);
  }
});

test("only this browser's form, with its own token, is accepted", async () => {
  const here = world();
  const one = await asked(here);
  const other = await asked(here);
  const rows: [why: string, form: Record<string, string>][] = [
    ["no token", { ...one.form, form: "" }],
    ["another token", { ...one.form, form: other.form.form! }],
    ["another browser's", other.form],
    ["no state", { ...one.form, state: "" }],
  ];
  for (const [why, form] of rows) {
    const response = await one.visitor.post(here.bridge, "/consent", form);
    assertEquals([response.status, response.headers.get("location")], [
      403,
      null,
    ], why);
  }
  const noDecision = { ...one.form, decision: "" };
  assertEquals(
    (await one.visitor.post(here.bridge, "/consent", noDecision)).status,
    400,
  );
  assertEquals(
    (await one.visitor.post(here.bridge, "/consent", one.form)).status,
    303,
  );
});

test("a form that is too large, repeats a field or is no form is refused", async () => {
  const here = world();
  const { visitor, form } = await asked(here);
  const cookie = [...visitor.cookies].map((pair) => pair.join("=")).join("; ");
  const body = `${new URLSearchParams(form)}`;
  const type = "application/x-www-form-urlencoded";
  for (
    const [sent, contentType] of [
      [`${body}&x=${"x".repeat(16_384)}`, type],
      [`${body}&decision=deny`, type],
      [body, "text/plain"],
      [JSON.stringify(form), "application/json"],
    ]
  ) {
    const response = await here.bridge.fetch(
      new Request(`${ISSUER}/consent`, {
        method: "POST",
        headers: { cookie, origin: ISSUER, "content-type": contentType! },
        body: sent!,
      }),
    );
    assertEquals(response.status, 403);
  }
});
