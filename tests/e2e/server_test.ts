import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { parseChallenges } from "../../mod.ts";
import {
  type Algorithm,
  newKey,
  segment,
  startIssuer,
  type TokenOptions,
} from "../contract/issuer.ts";
import {
  eventually,
  type Example,
  freePort,
  runExample,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
  type Variables,
} from "./example.ts";

const METADATA = "/.well-known/oauth-protected-resource/mcp";
const RESOURCE_DOCUMENTS: readonly string[] = [
  METADATA,
  "/.well-known/oauth-protected-resource",
  "/mcp/.well-known/oauth-protected-resource",
];
const SERVER_DOCUMENTS: readonly string[] = [
  "/.well-known/oauth-authorization-server",
  "/.well-known/oauth-authorization-server/mcp",
  "/.well-known/openid-configuration",
  "/.well-known/openid-configuration/mcp",
  "/mcp/.well-known/openid-configuration",
];
const NOWHERE: readonly string[] = [
  "/nothing",
  "/index.html",
  "/favicon.ico",
  "/mcpx",
  "/healthcheck/x",
  "/.well-known/nothing",
  "/.well-known/oauth-protected-resource/nothing",
];
const ALGORITHMS: readonly Algorithm[] = [
  "RS256",
  "PS256",
  "ES256",
  "ES384",
  "EdDSA",
];

// Started here, since a hook may take no more than 5 s on Bun.
/** It trusts the development authorization server that it starts. */
const embedded = await startExample();
const issuer = await startIssuer({
  document: "oauth-authorization-server",
  algorithms: ALGORITHMS,
});
/** It trusts an issuer with a path: `http://localhost:<port>/tenant1`. */
const tenant = await startExample({
  MCP_AUTHORIZATION_SERVERS: issuer.identifier,
});
after(async () => {
  await Promise.all([embedded.stop(), tenant.stop(), issuer.turnOff()]);
});

/** Calls a tool. */
function call(
  { resource }: Example,
  name: string,
  authorization?: string,
): Promise<Response> {
  return fetch(resource, {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: {} },
    }),
  });
}

/** What a tool answered. */
async function textOf(response: Response): Promise<string> {
  const body = await response.text();
  assertEquals(response.status, 200, body);
  return JSON.parse(body).result.content[0].text;
}

async function documentAt(
  { origin }: Example,
  path: string,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}${path}`);
  assertEquals(response.status, 200, path);
  return await response.json();
}

/** How a token is asked for. No error: nothing was wrong with what was brought, since nothing was. */
interface Expected {
  readonly status?: number;
  readonly error?: string;
  readonly scope?: string;
}

/** Asserts that a response asks for a token, and says where to get one and with which scope. */
async function assertChallenge(
  response: Response,
  { origin }: Example,
  { status = 401, error, scope = "notes:read" }: Expected = {},
): Promise<void> {
  assertEquals(response.status, status, await response.text());
  assertChallengeField(response.headers.get("www-authenticate"), {
    ...(error === undefined ? {} : { error }),
    scope,
    resource_metadata: `${origin}${METADATA}`,
  });
}

function assertChallengeField(
  field: string | null,
  expected: Readonly<Record<string, string>>,
): void {
  const [challenge, ...others] = parseChallenges(field ?? "");
  const { error_description, ...params } = challenge?.params ?? {};
  assertEquals(error_description !== undefined, "error" in expected);
  assertEquals(params, expected);
  assertEquals(others, []);
}

test("examples/server.ts: /healthcheck answers OK", async () => {
  const response = await fetch(`${embedded.origin}/healthcheck`);
  assertEquals(response.status, 200);
  assertEquals(await response.text(), "OK");
});

test("examples/server.ts: / is a page that runs its own script alone, for a person with a browser", async () => {
  const response = await fetch(`${embedded.origin}/`);
  const { status, headers } = response;
  const text = await response.text();
  assertEquals(status, 200);
  assertMatch(headers.get("content-type") ?? "", /^text\/html\b/);
  const policy = headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  const [, nonce = ""] = /script-src 'nonce-([\w-]+)'(?:;|$)/.exec(policy) ??
    [];
  const scripts = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  assertEquals(scripts, [`<script nonce="${nonce}">`]);
  assertMatch(text, /<title>[^<]+<\/title>/);
  for (
    const word of [embedded.resource, "Inspector", "mcp-remote", "VS Code"]
  ) {
    assertStringIncludes(text, word);
  }
});

test("examples/server.ts: the well-known documents name the resource and the true issuer", async () => {
  for (const path of RESOURCE_DOCUMENTS) {
    const document = await documentAt(embedded, path);
    assertEquals(document.resource, embedded.resource, path);
    assertEquals(document.authorization_servers, [embedded.issuer], path);
  }
  for (const path of SERVER_DOCUMENTS) {
    const document = await documentAt(embedded, path);
    assertEquals(document.issuer, embedded.issuer, path);
    assertEquals(document.token_endpoint, `${embedded.issuer}/token`, path);
  }
});

test("examples/server.ts: /mcp asks for a token, whatever the method", async () => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const response = await fetch(embedded.resource, { method });
    await assertChallenge(response, embedded);
  }
});

test("examples/server.ts: there is nothing anywhere else", async () => {
  for (const path of NOWHERE) {
    const { status, headers } = await fetch(`${embedded.origin}${path}`);
    assertEquals(status, 404, path);
    assertEquals(headers.get("www-authenticate"), null, path);
  }
});

test("examples/server.ts prints where it listens and how to try it", async () => {
  const { resource, issuer } = embedded;
  const text = await embedded.printed(/^ +curl .*\n/m);
  for (
    const line of [
      `MCP server +${resource}$`,
      `Authorization server +${issuer} .*DEVELOPMENT`,
      ` +MCP Inspector +npx .*inspector.* ${resource}$`,
      ` +mcp-remote +npx .*mcp-remote.* ${resource}$`,
      ` +VS Code +code .*${resource}`,
      ` +curl +curl .* ${resource}$`,
    ]
  ) assertMatch(text, new RegExp(`^${line}`, "m"));
});

test("examples/server.ts prints a curl command that shows the challenge", async () => {
  const text = await embedded.printed(/^ +curl .*\n/m);
  const command = /^ +curl +(curl .*)$/m.exec(text)?.[1] ?? "";
  const answer = await runCurl(command);
  assertMatch(answer, /^HTTP\/1\.1 401\b/);
  const [, field = null] = /^www-authenticate: (.*)$/im.exec(answer) ?? [];
  assertChallengeField(field, {
    scope: "notes:read",
    resource_metadata: `${embedded.origin}${METADATA}`,
  });
});

/** Runs it as it stands. Where there is no curl, does what it says. */
async function runCurl(command: string): Promise<string> {
  const { status, stdout } = spawnSync("sh", ["-c", command], {
    encoding: "utf8",
  });
  if (status !== 127) return stdout.replaceAll("\r", "");
  const [, method = "", url = ""] = /^curl -i -X (\w+) (\S+)$/.exec(command) ??
    [];
  const response = await fetch(url, { method });
  const fields = [...response.headers].map((field) => field.join(": "));
  return [`HTTP/1.1 ${response.status}`, ...fields].join("\n");
}

const BAD_VARIABLES: readonly (readonly [why: string, Variables])[] = [
  ["a port that is no number", { PORT: "http" }],
  ["a port that nobody could know", { PORT: "0" }],
  ["a port that is too high", { PORT: "65536" }],
  ["an empty port", { PORT: "" }],
  ["a bad second port", { AUTH_PORT: "-1" }],
  ["one port for both servers", { AUTH_PORT: "7000", PORT: "7000" }],
  ["a host with a scheme", { HOST: "http://localhost" }],
  ["a resource that is no URL", { MCP_RESOURCE: "notes" }],
  ["a resource in plain http", { MCP_RESOURCE: "http://a.example/mcp" }],
  ["a resource with a query", { MCP_RESOURCE: "https://a.example/mcp?b=c" }],
  ["a resource with a fragment", { MCP_RESOURCE: "https://a.example/mcp#b" }],
  ["an empty list of issuers", { MCP_AUTHORIZATION_SERVERS: "" }],
  ["an issuer in plain http", {
    MCP_AUTHORIZATION_SERVERS: "http://a.example",
  }],
  ["a second issuer that is no URL", {
    MCP_AUTHORIZATION_SERVERS: "https://a.example, b",
  }],
  ["a variable that it does not know", {
    MCP_AUTHORIZATION_SERVER: "https://a.example",
  }],
  ["an approval that is neither yes nor no", { AUTH_AUTO_APPROVE: "yes" }],
  ["an approval for a resource that others can reach", {
    AUTH_AUTO_APPROVE: "1",
    MCP_RESOURCE: "https://a.example/mcp",
  }],
];

for (const [why, variables] of BAD_VARIABLES) {
  test(`examples/server.ts refuses ${why} in one line`, {
    timeout,
  }, async () => {
    const { status, stdout, stderr } = await runExample(variables);
    const [name = ""] = Object.keys(variables);
    assertMatch(stderr, new RegExp(`^Cannot use ${name}=.+: .+\n$`));
    assertEquals({ status, stdout }, { status: 1, stdout: "" });
  });
}

for (const name of ["PORT", "AUTH_PORT"] as const) {
  test(`examples/server.ts says that ${name} is in use, and what to do`, {
    timeout,
  }, async () => {
    const { origin, issuer } = embedded;
    const { port } = new URL(name === "PORT" ? origin : issuer);
    const { status, stdout, stderr } = await runExample({
      PORT: `${await freePort()}`,
      AUTH_PORT: `${await freePort()}`,
      [name]: port,
    });
    assertMatch(stderr, new RegExp(`^Port ${port} is in use: .+\n$`));
    assertMatch(stderr, new RegExp(`\\bset ${name}\\b`));
    assertEquals({ status, stdout }, { status: 1, stdout: "" });
  });
}

test("examples/server.ts lets a page of this machine in, and lets it see the challenge", async () => {
  const origin = "http://localhost:6274";
  const fields = ["authorization", "content-type", "mcp-protocol-version"];
  const preflight = await fetch(embedded.resource, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": fields.join(","),
    },
  });
  assertEquals(preflight.status, 204);
  assertEquals(preflight.headers.get("access-control-allow-origin"), origin);
  const allowed = preflight.headers.get("access-control-allow-headers") ?? "";
  for (const field of fields) {
    assertMatch(allowed, new RegExp(`(?:^|, *)${field}(?:,|$)`, "i"));
  }
  const headers = { origin };
  const refused = await fetch(embedded.resource, { method: "POST", headers });
  assertEquals(refused.headers.get("access-control-allow-origin"), origin);
  const exposed = refused.headers.get("access-control-expose-headers") ?? "";
  assertMatch(exposed, /(?:^|, *)www-authenticate(?:,|$)/i);
  await assertChallenge(refused, embedded);
});

test("examples/server.ts lets no other page in, except to its documents", async () => {
  const headers = {
    origin: "https://evil.example",
    "access-control-request-method": "POST",
  };
  for (const method of ["OPTIONS", "POST"]) {
    const response = await fetch(embedded.resource, { method, headers });
    assertEquals(response.status, 403);
    assertEquals(response.headers.get("www-authenticate"), null);
    assertEquals(response.headers.get("access-control-allow-origin"), null);
  }
  const document = await fetch(`${embedded.origin}${METADATA}`, { headers });
  assertEquals(document.status, 200);
  assertEquals(document.headers.get("access-control-allow-origin"), "*");
});

for (const alg of ALGORITHMS) {
  test(`examples/server.ts accepts a token signed with ${alg}`, async () => {
    const token = await issuer.token(tenant.resource, {
      alg,
      claims: { sub: "ada", client_id: "tests", scope: "notes:read" },
    });
    const response = await call(tenant, "whoami", `Bearer ${token}`);
    assertEquals(JSON.parse(await textOf(response)), {
      sub: "ada",
      client: "tests",
      scopes: ["notes:read"],
    });
  });
}

function sign(options?: TokenOptions): Promise<string> {
  return issuer.token(tenant.resource, options);
}

const BAD_TOKENS: readonly (readonly [
  why: string,
  make: () => Promise<string>,
])[] = [
  ["an expired token", () => sign({ claims: { exp: 1 } })],
  [
    "a token for another resource",
    () => sign({ claims: { aud: `${tenant.origin}/other` } }),
  ],
  [
    "a token of the issuer's other tenant",
    () => sign({ claims: { iss: issuer.sibling } }),
  ],
  [
    "a token signed with somebody's own key",
    async () =>
      sign({ key: { ...await newKey("ES256"), kid: issuer.key("ES256").kid } }),
  ],
  [
    "a token that nobody signed",
    async () =>
      [segment({ alg: "none" }), (await sign()).split(".")[1], ""].join("."),
  ],
  [
    "a token that is bound to a key",
    () => sign({ claims: { cnf: { jkt: "x" } } }),
  ],
  [
    "an ID token",
    () => sign({ header: { typ: "JWT" }, claims: { at_hash: "x" } }),
  ],
];

for (const [why, make] of BAD_TOKENS) {
  test(`examples/server.ts refuses ${why}`, async () => {
    const response = await call(tenant, "whoami", `Bearer ${await make()}`);
    await assertChallenge(response, tenant, { error: "invalid_token" });
  });
}

test("examples/server.ts refuses two tokens", async () => {
  const token = await sign();
  const two = `Bearer ${token}, Bearer ${token}`;
  await assertChallenge(await call(tenant, "whoami", two), tenant, {
    status: 400,
    error: "invalid_request",
  });
});

test(
  "examples/server.ts starts while its issuer is away, blames no token for it, and goes on when the issuer is back",
  {
    timeout,
  },
  async () => {
    const away = await startIssuer({
      document: "oauth-authorization-server",
      algorithms: ["ES256"],
    });
    await away.turnOff();
    const server = await startExample({
      MCP_AUTHORIZATION_SERVERS: away.identifier,
    });
    try {
      const { authorization_servers } = await documentAt(server, METADATA);
      assertEquals(authorization_servers, [away.identifier]);
      await assertChallenge(await call(server, "whoami"), server);
      for (const path of SERVER_DOCUMENTS) {
        const { status } = await fetch(`${server.origin}${path}`);
        assertEquals(status, 502, path);
      }
      const token = await away.token(server.resource);
      const { status, headers } = await call(
        server,
        "whoami",
        `Bearer ${token}`,
      );
      assertEquals(status, 503);
      assertMatch(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
      assertEquals(headers.get("www-authenticate"), null);

      await away.turnOn();
      await eventually("service", async () => {
        const response = await call(server, "whoami", `Bearer ${token}`);
        if (response.status === 200) return true;
        assertEquals(response.status, 503, await response.text());
        return undefined;
      });
      for (const path of SERVER_DOCUMENTS) {
        assertEquals(await documentAt(server, path), away.metadata, path);
      }
    } finally {
      await server.stop();
      await away.turnOff();
    }
  },
);
