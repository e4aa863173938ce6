import { assert, assertEquals, assertRejects } from "@std/assert";
import { after, test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { publicFetch } from "../../src/dev_issuer/public_fetch.ts";
import { freePort } from "../e2e/example.ts";

const REDIRECT_URI = "http://localhost:1/callback";
const fetched: string[] = [];

const port = await freePort();
const server = await startDevIssuer({
  port,
  resource: "http://localhost:8787/mcp",
  scopes: ["notes:read"],
  autoApprove: true,
  fetch: (url, init) => {
    fetched.push(`${init?.redirect} ${url}`);
    return Promise.resolve(Response.json({
      client_id: url,
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    }));
  },
});
after(() => server.close());

const CLIENT_ID = "https://client.example/document";
/** RFC 7636, appendix B. */
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/** As a page would send its visitor's browser there. */
async function authorize(client_id: string, scope = ""): Promise<Response> {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: REDIRECT_URI,
    response_type: "code",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    ...(scope !== "" && { scope }),
  });
  const response = await fetch(`${server.issuer}/authorize?${query}`, {
    redirect: "manual",
  });
  await response.body?.cancel();
  return response;
}

test("The development authorization server fetches a client's document from the internet, and follows no redirect", async () => {
  const { headers } = await authorize(CLIENT_ID);
  assert(headers.get("location")?.startsWith(`${REDIRECT_URI}?code=`));
  assertEquals(fetched.splice(0), ["manual https://client.example/document"]);
});

/** As a client exchanges its code, or refreshes. */
async function token(form: Record<string, string>): Promise<Response> {
  return await fetch(`${server.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: CLIENT_ID, ...form }),
  });
}

test("The development authorization server grants offline_access without prompt=consent, and again at a refresh", async () => {
  const scope = "notes:read offline_access";
  const { headers } = await authorize(CLIENT_ID, scope);
  const code = new URL(headers.get("location")!).searchParams.get("code")!;
  const tokens = await (await token({
    grant_type: "authorization_code",
    code,
    code_verifier: VERIFIER,
    redirect_uri: REDIRECT_URI,
  })).json();
  const { refresh_token } = tokens;
  const again = await token({
    grant_type: "refresh_token",
    refresh_token,
    scope,
  });
  // Of the access token: offline_access is none of its scopes.
  assertEquals((await again.json()).scope, "notes:read");
  fetched.splice(0);
});

test("The development authorization server offers no client ID metadata documents if fetch is null", async () => {
  const { issuer, close } = await startDevIssuer({
    port: await freePort(),
    resource: "http://localhost:8787/mcp",
    scopes: ["notes:read"],
    fetch: null,
  });
  try {
    const url = `${issuer}/.well-known/oauth-authorization-server`;
    const metadata = await (await fetch(url)).json();
    assertEquals(metadata.client_id_metadata_document_supported, undefined);
    assertEquals(metadata.registration_endpoint, `${issuer}/register`);
  } finally {
    await close();
  }
});

const inside: readonly string[] = [
  "https://127.0.0.1:8443/client",
  "https://localhost/client",
  "https://a.localhost/client",
  "https://localhost./client",
  "https://[::1]/client",
  "https://[::ffff:127.0.0.1]/client",
  "https://0x7f.1/client",
  "https://10.0.0.1/client",
  "https://169.254.169.254/client",
  "https://metadata.google.internal/client",
  "https://[fd00::1]/client",
  "https://[2002:7f00:1::]/client",
  "https://printer/client",
];

for (const url of inside) {
  test(`The development authorization server does not fetch ${url}`, async () => {
    assertEquals((await authorize(url)).status, 400);
    assertEquals(fetched.splice(0), []);
  });
}

test("publicFetch() fetches nothing but https", async () => {
  const fetch = publicFetch(() => Promise.resolve(new Response()));
  for (
    const url of ["http://client.example/", "data:,{}", "file:///etc/passwd"]
  ) {
    await assertRejects(() => fetch(url), TypeError);
  }
  assertEquals((await fetch("https://client.example/")).status, 200);
});

test("publicFetch() parses no URL of more than 8192 characters", async () => {
  const fetch = publicFetch(() => Promise.resolve(new Response()));
  const url = `https://client.example/${"a".repeat(8192)}`;
  await assertRejects(() => fetch(url), TypeError);
});

const redirectUris:
  readonly (readonly [why: string, uri: string, status: number])[] = [
    ["http on localhost", REDIRECT_URI, 201],
    ["http on 127.0.0.1", "http://127.0.0.1/callback", 201],
    ["an app's own scheme on localhost", "evilapp://localhost/cb", 400],
    ["an app's own scheme on 127.0.0.1", "evilapp://127.0.0.1/cb", 400],
    ["an app's own scheme", "evilapp:/cb", 400],
    [
      "a host that begins like loopback",
      "http://127.0.0.1.evil.example/cb",
      400,
    ],
    ["a host that ends like loopback", "http://evillocalhost/cb", 400],
    ["https elsewhere", "https://evil.example/cb", 400],
  ];

for (const [why, uri, status] of redirectUris) {
  const verb = status === 201 ? "registers" : "does not register";
  test(`The development authorization server, approving by itself, ${verb} ${why}`, async () => {
    const response = await register({ redirect_uris: [uri] });
    assertEquals(response.status, status);
  });
}

test("The development authorization server reads no request of more than 8192 bytes", async () => {
  const long = { redirect_uris: [`http://localhost/${"a".repeat(8192)}`] };
  assertEquals((await register(long)).status, 413);
  const response = await fetch(
    `${server.issuer}/authorize?${"a".repeat(8192)}`,
  );
  await response.body?.cancel();
  assertEquals(response.status, 413);
});

async function register(metadata: object): Promise<Response> {
  const response = await fetch(`${server.issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token_endpoint_auth_method: "none", ...metadata }),
  });
  await response.body?.cancel();
  return response;
}
