import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import {
  type DevIssuerOptions,
  startDevIssuer,
} from "../../src/dev_issuer/mod.ts";
import { freePort } from "../e2e/example.ts";

const REDIRECT_URI = "http://localhost:1/callback";
/** RFC 7636, appendix B. */
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PUBLIC = {
  client_name: "A client",
  redirect_uris: [REDIRECT_URI],
  token_endpoint_auth_method: "none",
};
/** Of a client that authenticates, in the default way of RFC 7591. */
const CONFIDENTIAL = { redirect_uris: [REDIRECT_URI] };

const port = await freePort();
const issuer = `http://localhost:${port}`;

/** Does something while a server runs. Each is as new as after a restart. */
async function running<T>(
  work: () => Promise<T>,
  options: Partial<DevIssuerOptions> = {},
): Promise<T> {
  const server = await startDevIssuer({
    port,
    resource: "http://localhost:8787/mcp",
    scopes: ["notes:read"],
    autoApprove: true,
    fetch: null,
    ...options,
  });
  try {
    return await work();
  } finally {
    await server.close();
  }
}

interface Registered {
  readonly client_id: string;
  readonly client_secret?: string;
}

async function register(metadata: object): Promise<Registered> {
  const response = await fetch(`${issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(metadata),
  });
  assertEquals(response.status, 201);
  return await response.json();
}

/** The status of an authorization request, and the code. */
async function authorize(
  client_id: string,
  redirect_uri: string = REDIRECT_URI,
): Promise<readonly [status: number, code: string | null]> {
  const query = new URLSearchParams({
    client_id,
    redirect_uri,
    response_type: "code",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  const { status, headers, body } = await fetch(
    `${issuer}/authorize?${query}`,
    { redirect: "manual" },
  );
  await body?.cancel();
  const location = headers.get("location") ?? "about:blank";
  return [status, new URL(location).searchParams.get("code")];
}

/** The status of a login, and its `error`. */
async function login(client_id: string, secret?: string): Promise<unknown[]> {
  const [, code] = await authorize(client_id);
  const credentials = Buffer.from(
    `${encodeURIComponent(client_id)}:${encodeURIComponent(secret ?? "")}`,
  );
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: secret === undefined
      ? {}
      : { authorization: `Basic ${credentials.toString("base64")}` },
    body: new URLSearchParams({
      ...(secret === undefined && { client_id }),
      grant_type: "authorization_code",
      code: code ?? "",
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    }),
  });
  return [response.status, (await response.json()).error];
}

/** What an identifier holds. */
function contentsOf(client_id: string): Record<string, unknown> {
  const [, contents = ""] = client_id.split(".");
  return JSON.parse(Buffer.from(contents, "base64url").toString());
}

function identifierOf(contents: unknown): string {
  const text = JSON.stringify(contents);
  return `dev.${Buffer.from(text).toString("base64url")}`;
}

test("startDevIssuer() lets a client in that registered before a restart", async () => {
  const { client_id } = await running(() => register(PUBLIC));
  assertMatch(client_id, /^dev\.[\w-]+$/);
  assertEquals(await running(() => login(client_id)), [200, undefined]);
});

test("startDevIssuer() shows the name of such a client, and its own redirect URIs alone", async () => {
  const { client_id } = await running(() => register(PUBLIC));
  await running(async () => {
    const elsewhere = await authorize(client_id, "http://localhost:1/other");
    assertEquals(elsewhere, [400, null]);
  });
  assertEquals(contentsOf(client_id).client_name, "A client");
});

test("startDevIssuer() asks such a client for its secret, which its identifier does not tell", async () => {
  const { client_id, client_secret } = await running(() =>
    register(CONFIDENTIAL)
  );
  const { client_secret: hash } = contentsOf(client_id);
  assertNotEquals(hash, client_secret);
  await running(async () => {
    assertEquals(await login(client_id, client_secret!), [200, undefined]);
    for (const secret of [`${hash}`, "x", undefined]) {
      const [status, error] = await login(client_id, secret);
      assertEquals([status, error], [401, "invalid_client"]);
    }
  });
});

test("startDevIssuer() gives each registration an identifier of its own", async () => {
  const [one, other] = await running(async () => [
    await register(PUBLIC),
    await register(PUBLIC),
  ]);
  assertNotEquals(one!.client_id, other!.client_id);
});

test("startDevIssuer() gives a large registration an identifier that ends with the server", async () => {
  const client_name = "x".repeat(3000);
  const { client_id, client_secret } = await running(async () => {
    const client = await register({ ...CONFIDENTIAL, client_name });
    const secret = client.client_secret!;
    assertEquals(await login(client.client_id, secret), [200, undefined]);
    assertEquals((await login(client.client_id, "x"))[0], 401);
    return client;
  });
  assertMatch(client_id, /^[\w-]{16}$/);
  assertEquals((await running(() => login(client_id, client_secret)))[0], 401);
});

test("startDevIssuer() has no such clients where none may register", async () => {
  const { client_id } = await running(() => register(PUBLIC));
  const application = {
    client_id: "app",
    client_secret: "the secret of the application",
    callback: REDIRECT_URI,
  };
  await running(async () => {
    assertEquals(await authorize(client_id), [400, null]);
    const { client_secret } = application;
    assertEquals(await login("app", client_secret), [200, undefined]);
    assertEquals((await login("app", "x"))[0], 401);
  }, { application });
});

/** Identifiers that the server did not issue: what it would not register, it does not accept. */
const made: readonly (readonly [
  why: string,
  client_id: string,
  status: number,
])[] = [
  ["what every client may register", identifierOf(PUBLIC), 303],
  [
    "a redirect URI elsewhere",
    identifierOf({ ...PUBLIC, redirect_uris: ["https://evil.example/cb"] }),
    400,
  ],
  [
    "another redirect URI",
    identifierOf({ ...PUBLIC, redirect_uris: ["http://localhost:1/other"] }),
    400,
  ],
  [
    "redirect URIs of another type",
    identifierOf({ ...PUBLIC, redirect_uris: { 0: REDIRECT_URI } }),
    400,
  ],
  ["no redirect URI", identifierOf({}), 400],
  ["no secret where it needs one", identifierOf(CONFIDENTIAL), 400],
  [
    "another client's identifier",
    identifierOf({ ...PUBLIC, client_id: "other" }),
    303,
  ],
  ["a list", identifierOf([PUBLIC]), 400],
  ["nothing", "dev.", 400],
  ["no JSON", "dev.AAAA", 400],
  ["deep nesting", identifierOf("[".repeat(500)), 400],
  [
    "more than 2048 characters",
    identifierOf({ ...PUBLIC, unique: "x".repeat(2048) }),
    400,
  ],
];

test("startDevIssuer() accepts no identifier for more than a registration", async () => {
  await running(async () => {
    for (const [why, client_id, expected] of made) {
      const [status, code] = await authorize(client_id);
      assertEquals([status, code !== null], [expected, expected === 303], why);
    }
  });
});
