import {
  assert,
  assertEquals,
  assertFalse,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import type { CorsOptions } from "../src/http/cors.ts";
import type { AuthContext } from "../src/types.ts";
import { answerNothing } from "../src/testing/mod.ts";
import {
  callOf,
  ISSUER,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";

const SCOPES = {
  initial: ["notes:read"],
  operations: { "tools/call": { "*": ["notes:read"] } },
};
const EVIL = { origin: "https://evil.example" };

test("protectResource() answers a request without credentials with a challenge that has no error", async () => {
  const { handle, calls } = protect({ scopes: SCOPES });
  for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]) {
    const response = await handle(new Request(RESOURCE, { method }));
    assertEquals(response.status, 401);
    assertEquals(
      response.headers.get("www-authenticate"),
      `Bearer scope="notes:read", resource_metadata="${METADATA_URL}"`,
    );
    assertEquals(response.headers.get("cache-control"), "no-store");
  }
  assertEquals(calls, []);
});

test("protectResource() hands on an accepted request with its caller", async () => {
  const { handle, issuer, calls } = protect();
  const token = await issuer.token({ scope: "a b" });
  const request = post({ token, body: { n: 1 } });
  const response = await handle(request);
  assertEquals(await response.text(), "Hello");
  const [handed, context] = calls[0]!;
  assertStrictEquals(handed, request);
  const exp = issuer.claims().exp as number;
  assertEquals(context, {
    authInfo: {
      token,
      clientId: "client-1",
      scopes: ["a", "b"],
      expiresAt: exp,
      resource: new URL(RESOURCE),
      extra: {
        iss: ISSUER,
        sub: "user-1",
        claims: { ...issuer.claims(), scope: "a b" },
      },
    },
  });
});

test("protectResource() hands on what the caller is, frozen to the last claim", async () => {
  const { handle, issuer, calls } = protect();
  await handle(post({ token: await issuer.token({ act: { sub: ["x"] } }) }));
  const found: unknown[] = [calls[0]![1].authInfo.extra];
  for (const value of found) {
    if (typeof value !== "object" || value === null) continue;
    assert(Object.isFrozen(value), JSON.stringify(value));
    found.push(...Object.values(value));
  }
});

test("protectResource() hands on what the runtime gave with the request", async () => {
  const platform = { waitUntil: () => {} };
  const { handle, issuer } = protect(
    {},
    (_, __, given) => Response.json(given === platform),
  );
  const response = await handle(
    post({ token: await issuer.token() }),
    platform,
  );
  assertEquals(await response.json(), true);
});

/** Several things are wrong with a request, and which of them it is refused for. */
const orders: readonly (readonly [
  why: string,
  status: number,
  reason: string,
  claims: Readonly<Record<string, unknown>> | undefined,
  body: unknown,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["Host before Origin", 403, "host_not_allowed", undefined, undefined, {
    ...EVIL,
    host: "evil.example",
  }],
  [
    "Origin before a missing token",
    403,
    "origin_not_allowed",
    undefined,
    undefined,
    EVIL,
  ],
  [
    "Origin before a bad token",
    403,
    "origin_not_allowed",
    { exp: 0 },
    undefined,
    EVIL,
  ],
  [
    "Origin though the token is good",
    403,
    "origin_not_allowed",
    {},
    undefined,
    EVIL,
  ],
  [
    "a missing token before a bad body",
    401,
    "no_credentials",
    undefined,
    [[]],
    {},
  ],
  ["a bad token before a bad body", 401, "expired", { exp: 0 }, [[]], {}],
  [
    "a bad token before a missing scope",
    401,
    "expired",
    { exp: 0 },
    callOf("x"),
    {},
  ],
  [
    "a bad body before a missing scope",
    400,
    "body_not_a_message",
    {},
    [[]],
    {},
  ],
  ["a missing scope last", 403, "insufficient_scope", {}, callOf("x"), {}],
];

for (const [why, status, reason, claims, body, headers] of orders) {
  test(`protectResource() judges ${why}`, async () => {
    const { handle, issuer, decisions, calls } = protect({ scopes: SCOPES });
    const token = claims === undefined ? {} : {
      token: await issuer.token(claims),
    };
    const request = post({ ...token, body, headers });
    const response = await handle(request);
    assertEquals(response.status, status);
    const [decision] = decisions;
    assert(decision?.outcome === "refused");
    assertEquals(decision.reason, reason);
    assertEquals(calls, []);
    if (status === 401) assertFalse(request.bodyUsed);
  });
}

/** Where a request to a resource on this machine comes from and to whom, and whether it is let in. */
const senders: readonly (readonly [
  why: string,
  headers: Readonly<Record<string, string>>,
  isLetIn: boolean,
])[] = [
  ["a page of this machine", { origin: "http://localhost:6274" }, true],
  [
    "a page of this machine by its address",
    { origin: "http://127.0.0.1" },
    true,
  ],
  ["a page of the web", EVIL, false],
  ["a page without an origin", { origin: "null" }, false],
  ["a host that begins like this machine", {
    origin: "http://localhost.evil.example",
  }, false],
  ["a name that leads here", { host: "evil.example:8787" }, false],
  ["another name of this machine", { host: "127.0.0.1:8787" }, true],
];

for (const [why, headers, isLetIn] of senders) {
  test(`protectResource() ${isLetIn ? "lets in" : "refuses with 403"} ${why}, on this machine`, async () => {
    const { handle, issuer } = protect();
    const response = await handle(
      post({ token: await issuer.token(), headers }),
    );
    assertEquals(response.status, isLetIn ? 200 : 403);
    assertEquals(
      response.headers.get("access-control-allow-origin"),
      isLetIn ? headers.origin ?? null : null,
    );
    assertFalse(response.headers.has("www-authenticate"));
  });
}

test("protectResource() answers a preflight before it asks for a token", async () => {
  const { handle, calls, network } = protect();
  const response = await handle(
    new Request(RESOURCE, {
      method: "OPTIONS",
      headers: {
        origin: "http://localhost:6274",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, mcp-param-x",
      },
    }),
  );
  assertEquals(response.status, 204);
  assertFalse(response.headers.has("www-authenticate"));
  const allowed = response.headers.get("access-control-allow-headers")!;
  assert(allowed.includes("Authorization") && allowed.includes("mcp-param-x"));
  assertEquals(calls, []);
  assertEquals(network.requests, []);
});

test("protectResource() lets browsers read every answer, refusals included", async () => {
  const { handle, issuer, network } = protect({ scopes: SCOPES });
  const headers = { origin: "http://localhost:6274" };
  const good = await issuer.token({ scope: "notes:read" });
  const requests = [
    post({ headers }),
    post({ headers, token: "bad" }),
    post({ headers, token: good, url: `${RESOURCE}?access_token=x` }),
    post({ headers, token: await issuer.token(), body: callOf("x") }),
    post({ headers, token: good, body: [[]] }),
    post({ headers, token: good }),
  ];
  const responses = await Promise.all(requests.map((each) => handle(each)));
  network.pass(86_400);
  network.outage = answerNothing();
  responses.push(await handle(post({ headers, token: await issuer.token() })));
  assertEquals(
    responses.map(({ status }) => status),
    [401, 401, 400, 403, 400, 200, 503],
  );
  for (const { headers } of responses) {
    assertEquals(
      headers.get("access-control-allow-origin"),
      "http://localhost:6274",
    );
    const exposed = headers.get("access-control-expose-headers")!;
    assert(exposed.includes("WWW-Authenticate"));
    assert(exposed.includes("Retry-After"));
  }
});

/** What a client may send to be taken for somebody else's. */
const fields: readonly (readonly [name: string, value: string])[] = [
  ["host", "127.0.0.1:1"],
  ["x-forwarded-host", "evil.example"],
  ["x-forwarded-proto", "https"],
  ["x-forwarded-prefix", "/evil"],
  ["forwarded", "host=evil.example;proto=https"],
  ["x-original-url", "/.well-known/oauth-protected-resource"],
];

for (const [name, value] of fields) {
  test(`protectResource() is who it is, whatever ${name} says`, async () => {
    const { handle, issuer } = protect();
    const headers = { [name]: value };
    const challenged = await handle(post({ headers }));
    assertEquals(
      challenged.headers.get("www-authenticate"),
      `Bearer resource_metadata="${METADATA_URL}"`,
    );
    const document = await handle(new Request(METADATA_URL, { headers }));
    assertEquals((await document.json()).resource, RESOURCE);
    const token = await issuer.token({ aud: "http://evil.example/mcp" });
    assertEquals((await handle(post({ token, headers }))).status, 401);
    const good = await issuer.token();
    assertEquals((await handle(post({ token: good, headers }))).status, 200);
  });
}

test("protectResource() is who it is, whatever host the URL has", async () => {
  const { handle, issuer } = protect({ cors: { hosts: () => true } });
  const url = "http://internal:3000/mcp";
  const response = await handle(post({ url }));
  assertEquals(
    response.headers.get("www-authenticate"),
    `Bearer resource_metadata="${METADATA_URL}"`,
  );
  const wrong = await issuer.token({ aud: url });
  assertEquals((await handle(post({ url, token: wrong }))).status, 401);
  const token = await issuer.token();
  assertEquals((await handle(post({ url, token }))).status, 200);
});

test("protectResource() judges every request anew", async () => {
  const { handle, issuer, network } = protect();
  const token = await issuer.token();
  const statuses: number[] = [];
  for (const request of [post({ token }), post(), post({ token })]) {
    request.headers.set("mcp-session-id", "s1");
    statuses.push((await handle(request)).status);
  }
  network.pass(330);
  statuses.push((await handle(post({ token }))).status);
  assertEquals(statuses, [200, 401, 200, 401]);
});

test("protectResource() keeps callers apart who come at once", async () => {
  const { handle, issuer } = protect(
    {},
    async (_, { authInfo }: AuthContext) => {
      await Promise.resolve();
      return new Response(`${authInfo.extra?.sub}`);
    },
  );
  const names = Array.from({ length: 20 }, (_, i) => `user-${i}`);
  const answers = await Promise.all(names.map(async (sub) => {
    const response = await handle(post({ token: await issuer.token({ sub }) }));
    return await response.text();
  }));
  assertEquals(answers, names);
});

test("protectResource() on this machine keeps its Origin and Host checks where an option is there and unset", async () => {
  const unset = { origins: undefined, hosts: undefined };
  const { handle } = protect({ cors: unset as unknown as CorsOptions });
  for (
    const headers of [{ origin: "https://evil.example" }, {
      host: "evil.example",
    }]
  ) {
    const response = await handle(post({ headers }));
    assertEquals(response.status, 403);
  }
});
