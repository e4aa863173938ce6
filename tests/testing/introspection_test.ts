import { assertEquals } from "@std/assert";
import { SignJWT } from "jose";
import { test } from "node:test";
import {
  type ClientAuthenticationMethod,
  type TestIssuer,
  testIssuer,
  type TestIssuerOptions,
  testKey,
} from "../../src/testing/mod.ts";

const ISSUER = "https://auth.example.com";
const RESOURCE = "https://notes.example.com/mcp";
const CLIENT = {
  client_id: "notes:server",
  client_secret: "50 % + é:/",
  key: await testKey("ES256", "client"),
};
const STRANGER = await testKey("ES256", "client");

function setUp(
  options: Partial<TestIssuerOptions> = { client: CLIENT },
): Promise<TestIssuer> {
  return testIssuer({ issuer: ISSUER, audience: RESOURCE, ...options });
}

interface Question {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/** Asks about a token, and gives the status and the document. */
async function ask(
  issuer: TestIssuer,
  { form = {}, headers = {}, method = "POST" }: Question,
): Promise<readonly [status: number, document: unknown]> {
  const { platform, introspectionUrl } = issuer;
  const response = await platform.fetch(introspectionUrl, {
    method,
    headers,
    ...(method === "POST" && { body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  return [response.status, text === "" ? undefined : JSON.parse(text)];
}

function basic(id: string, secret: string): Record<string, string> {
  const [user, password] = [id, secret].map((part) =>
    `${new URLSearchParams({ x: part })}`.slice(2)
  );
  return { authorization: `Basic ${btoa(`${user}:${password}`)}` };
}

const BASIC = basic(CLIENT.client_id, CLIENT.client_secret);
const POST = {
  client_id: CLIENT.client_id,
  client_secret: CLIENT.client_secret,
};
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A client's JWT, and the members of the form that go with it. */
async function assertion(
  issuer: TestIssuer,
  changes: Readonly<Record<string, unknown>> = {},
  key = CLIENT.key,
): Promise<Record<string, string>> {
  const iat = issuer.platform.now() / 1000;
  const { client_id } = CLIENT;
  const client_assertion = await new SignJWT({
    iss: client_id,
    sub: client_id,
    aud: ISSUER,
    iat,
    exp: iat + 60,
    jti: crypto.randomUUID(),
    ...changes,
  }).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
  return { client_assertion, client_assertion_type: JWT_BEARER };
}

test("introspection returns the claims of a token to the client", async () => {
  const issuer = await setUp();
  const token = issuer.opaqueToken({ scope: "notes:read", sub: undefined });
  const iat = issuer.platform.now() / 1000;
  assertEquals(await ask(issuer, { headers: BASIC, form: { token } }), [200, {
    active: true,
    token_type: "Bearer",
    iss: ISSUER,
    aud: RESOURCE,
    client_id: "client-1",
    scope: "notes:read",
    iat,
    exp: iat + 300,
  }]);
});

test("introspection knows a signed token too, and no forged one", async () => {
  const issuer = await setUp();
  const token = await issuer.token();
  const [, document] = await ask(issuer, { headers: BASIC, form: { token } });
  assertEquals((document as { sub: string }).sub, "user-1");
  const forged = await issuer.token({}, {}, STRANGER);
  assertEquals(
    await ask(issuer, { headers: BASIC, form: { token: forged } }),
    [200, { active: false }],
  );
});

/** Why a token is not active. */
const inactive: readonly (readonly [
  why: string,
  make: (issuer: TestIssuer) => string,
])[] = [
  ["was never issued", () => "unknown"],
  ["was taken back", (issuer) => {
    const token = issuer.opaqueToken();
    issuer.revoke(token);
    return token;
  }],
  ["is expired", (issuer) => {
    const token = issuer.opaqueToken();
    issuer.platform.pass(300);
    return token;
  }],
  [
    "is not yet good",
    (issuer) => issuer.opaqueToken({ nbf: issuer.platform.now() / 1000 + 1 }),
  ],
];

for (const [why, make] of inactive) {
  test(`introspection says nothing of a token that ${why}, but that it is not active`, async () => {
    const issuer = await setUp();
    const token = make(issuer);
    assertEquals(await ask(issuer, { headers: BASIC, form: { token } }), [
      200,
      { active: false },
    ]);
  });
}

/** How the client shows who it is, and what is written down of it. */
const methods: readonly (readonly [
  why: string,
  method: ClientAuthenticationMethod,
  make: (issuer: TestIssuer) => Question | Promise<Question>,
])[] = [
  ["a secret in a field", "client_secret_basic", () => ({ headers: BASIC })],
  ["a secret in the form", "client_secret_post", () => ({ form: POST })],
  ["a JWT for the issuer", "private_key_jwt", async (issuer) => ({
    form: await assertion(issuer),
  })],
  ["a JWT for this endpoint", "private_key_jwt", async (issuer) => ({
    form: {
      ...await assertion(issuer, { aud: issuer.introspectionUrl }),
      client_id: CLIENT.client_id,
    },
  })],
];

for (const [why, method, make] of methods) {
  test(`introspection answers to ${why}, and writes it down`, async () => {
    const issuer = await setUp();
    const token = issuer.opaqueToken();
    const { form, headers = {} } = await make(issuer);
    const token_type_hint = "access_token";
    const [status] = await ask(issuer, {
      headers,
      form: { token, token_type_hint, ...form },
    });
    assertEquals(status, 200);
    assertEquals(issuer.introspections, [{ token, token_type_hint, method }]);
  });
}

/** A question that is not answered. */
const refused: readonly (readonly [
  why: string,
  answer: readonly [status: number, error?: string],
  make: (issuer: TestIssuer) => Question | Promise<Question>,
])[] = [
  ["nobody", [401, "invalid_client"], () => ({})],
  ["a client by its name alone", [401, "invalid_client"], () => ({
    form: { client_id: CLIENT.client_id },
  })],
  ["a secret without a name", [401, "invalid_client"], () => ({
    form: { client_secret: CLIENT.client_secret },
  })],
  ["another client", [401, "invalid_client"], () => ({
    headers: basic("other", CLIENT.client_secret),
  })],
  ["another secret", [401, "invalid_client"], () => ({
    headers: basic(CLIENT.client_id, "other"),
  })],
  ["another secret in the form", [401, "invalid_client"], () => ({
    form: { ...POST, client_secret: "other" },
  })],
  ["a secret that is not form-encoded", [401, "invalid_client"], () => ({
    headers: {
      authorization: `Basic ${btoa(`${CLIENT.client_id}:50 % + \xe9:/`)}`,
    },
  })],
  ["a bearer token", [401, "invalid_client"], (issuer) => ({
    headers: { authorization: `Bearer ${issuer.opaqueToken()}` },
  })],
  ["a secret in two places", [400, "invalid_request"], () => ({
    headers: BASIC,
    form: POST,
  })],
  ["a JWT of another key", [401, "invalid_client"], async (issuer) => ({
    form: await assertion(issuer, {}, STRANGER),
  })],
  ["a JWT for another issuer", [401, "invalid_client"], async (issuer) => ({
    form: await assertion(issuer, { aud: "https://else.example" }),
  })],
  ["a JWT by another client", [401, "invalid_client"], async (issuer) => ({
    form: await assertion(issuer, { iss: "other" }),
  })],
  ["a JWT of another client", [401, "invalid_client"], async (issuer) => ({
    form: await assertion(issuer, { sub: "other" }),
  })],
  ["a JWT that is expired", [401, "invalid_client"], async (issuer) => {
    const form = await assertion(issuer);
    issuer.platform.pass(60);
    return { form };
  }],
  ["a JWT that never expires", [401, "invalid_client"], async (issuer) => ({
    form: await assertion(issuer, { exp: undefined }),
  })],
  ["a JWT of no type", [401, "invalid_client"], async (issuer) => ({
    form: { ...await assertion(issuer), client_assertion_type: "jwt" },
  })],
  ["no token", [400, "invalid_request"], () => ({
    headers: BASIC,
    form: { token: "" },
  })],
  ["JSON", [400, "invalid_request"], () => ({
    headers: { ...BASIC, "content-type": "application/json" },
  })],
  ["GET", [405], () => ({ method: "GET", headers: BASIC })],
];

for (const [why, [status, error], make] of refused) {
  test(`introspection answers ${status} to ${why}, and writes nothing down`, async () => {
    const issuer = await setUp();
    const question = await make(issuer);
    const token = issuer.opaqueToken();
    const form = { token, ...question.form };
    assertEquals(
      await ask(issuer, { ...question, form }),
      [status, error && { error }],
    );
    assertEquals(issuer.introspections, []);
  });
}

test("introspection answers 400 to two tokens", async () => {
  const { platform, introspectionUrl } = await setUp();
  const response = await platform.fetch(introspectionUrl, {
    method: "POST",
    headers: BASIC,
    body: new URLSearchParams([["token", "a"], ["token", "b"]]),
  });
  assertEquals(response.status, 400);
});

test("introspection has a default client", async () => {
  const issuer = await setUp({});
  const { client_id, client_secret } = issuer.client;
  const headers = basic(client_id, `${client_secret}`);
  const token = issuer.opaqueToken();
  assertEquals((await ask(issuer, { headers, form: { token } }))[0], 200);
  const form = { ...await assertion(issuer), token };
  assertEquals((await ask(issuer, { form }))[0], 401);
});
