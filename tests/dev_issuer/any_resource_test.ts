import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { decodeJwt } from "jose";
import { after, test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { freePort } from "../e2e/example.ts";

const CALLBACK = "http://localhost:1/callback";
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** An issuer that was started for no particular resource. */
const server = await startDevIssuer({
  port: await freePort(),
  autoApprove: true,
});
after(() => server.close());

/** What the issuer answers where a client sends the browser. */
async function authorizeAt(
  issuer: string,
  client_id: string,
  asked: Readonly<Record<string, string>>,
): Promise<Response> {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...asked,
  });
  const response = await fetch(`${issuer}/authorize?${query}`, {
    redirect: "manual",
  });
  await response.body?.cancel();
  return response;
}

/** What the client receives. */
async function authorize(
  client_id: string,
  asked: Readonly<Record<string, string>>,
): Promise<URLSearchParams> {
  const { headers } = await authorizeAt(server.issuer, client_id, asked);
  return new URL(headers.get("location") ?? "about:blank").searchParams;
}

async function register(issuer: string = server.issuer): Promise<string> {
  const response = await fetch(`${issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    }),
  });
  return (await response.json()).client_id;
}

async function token(
  fields: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const body = new URLSearchParams(fields);
  const response = await fetch(`${server.issuer}/token`, {
    method: "POST",
    body,
  });
  return await response.json();
}

const resources: readonly string[] = [
  "http://localhost:8000/mcp",
  "http://127.0.0.1:3000/",
  "http://[::1]:9/mcp",
  "https://notes.localhost/mcp",
];

for (const resource of resources) {
  test(`startDevIssuer() without a resource issues tokens for ${resource}, with the scopes that were asked for`, async () => {
    const client_id = await register();
    const code = (await authorize(client_id, {
      resource,
      scope: "made:up other",
    })).get("code") ?? "";
    const first = await token({
      grant_type: "authorization_code",
      client_id,
      code,
      code_verifier: VERIFIER,
      redirect_uri: CALLBACK,
    });
    const second = await token({
      grant_type: "refresh_token",
      client_id,
      refresh_token: first.refresh_token ?? "",
    });
    for (const { access_token = "" } of [first, second]) {
      const { aud, scope, iss, sub } = decodeJwt(access_token);
      assertEquals({ aud, scope, iss, sub }, {
        aud: resource,
        scope: "made:up other",
        iss: server.issuer,
        sub: "developer",
      });
    }
  });
}

const refused: readonly (readonly [
  why: string,
  asked: Readonly<Record<string, string>>,
  description: RegExp,
])[] = [
  [
    "on another machine",
    { resource: "https://notes.example.com/mcp" },
    /resources on this machine/,
  ],
  [
    "whose name only begins like loopback",
    { resource: "http://localhost.example.com/mcp" },
    /resources on this machine/,
  ],
  [
    "whose user name looks like loopback",
    { resource: "http://localhost:1@example.com/mcp" },
    /resources on this machine/,
  ],
  ["that the client does not name", {}, /names no resource: it must send/],
];

for (const [why, asked, description] of refused) {
  test(`startDevIssuer() without a resource issues no code for a resource ${why}`, async () => {
    const answer = await authorize(await register(), { scope: "a", ...asked });
    assertEquals(answer.get("error"), "invalid_target");
    assertMatch(answer.get("error_description") ?? "", description);
    assert(!answer.has("code"));
  });
}

test("startDevIssuer() without a resource lets a client in that asks for no scope", async () => {
  const resource = "http://localhost:8000/mcp";
  assert((await authorize(await register(), { resource })).has("code"));
});

test("The sign-in page of an issuer without a resource names the one that the client asks for", async () => {
  const resource = "http://localhost:8000/mcp?notes";
  const { issuer, close } = await startDevIssuer({ port: await freePort() });
  try {
    const start = await authorizeAt(issuer, await register(issuer), {
      resource,
      scope: "made:up",
    });
    const cookie = start.headers.getSetCookie()
      .map((field) => field.split(";")[0]).join("; ");
    const location = start.headers.get("location") ?? "";
    const page = await fetch(new URL(location, issuer), {
      headers: { cookie },
    });
    const text = await page.text();
    assertStringIncludes(text, `<code>${resource}</code>`);
    assertStringIncludes(text, "<code>made:up</code>");
  } finally {
    await close();
  }
});
