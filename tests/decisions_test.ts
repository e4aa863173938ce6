import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { test } from "node:test";
import { accepted, type Refused, refused } from "../src/decisions.ts";
import {
  AccessTokenError,
  AuthorizationServerError,
  RequestError,
} from "../src/errors.ts";
import { answerNothing, testKey } from "../src/testing/mod.ts";
import {
  callOf,
  ISSUER,
  post,
  protect,
  type Protected,
  RESOURCE,
} from "./support/protected.ts";

const stranger = await testKey("ES256", "stranger");

const SCOPES = {
  operations: { "tools/call": { "*": [], purge_notes: ["notes:admin"] } },
};

test("accepted() contains the caller and the operations, without the token", () => {
  const decision = accepted(
    {
      token: "the.access.token",
      clientId: "client-1",
      scopes: ["a"],
      extra: { iss: ISSUER, sub: "user-1", claims: { jti: "x" } },
    },
    [{ method: "tools/call", name: "whoami" }],
  );
  assertEquals(decision, {
    outcome: "accepted",
    issuer: ISSUER,
    subject: "user-1",
    clientId: "client-1",
    scopes: ["a"],
    operations: [{ method: "tools/call", name: "whoami" }],
  });
});

test("refused() contains the reason, the status and the error", () => {
  const error = new AccessTokenError("expired");
  assertEquals(refused(error, 401), {
    outcome: "refused",
    reason: "expired",
    status: 401,
    error,
  });
  const request = new RequestError("body_too_large");
  assertEquals(refused(request, 413), {
    outcome: "refused",
    reason: "body_too_large",
    status: 413,
    error: request,
  });
});

test("refused() contains the compared values, of tokens and of requests", () => {
  const compared = { expected: ["a"], received: ["b", "c"] };
  for (
    const error of [
      new AccessTokenError("wrong_audience", compared),
      new RequestError("origin_not_allowed", compared),
    ]
  ) {
    const { expected, received } = refused(error, 401) as Refused;
    assertEquals({ expected, received }, compared);
  }
});

test("refused() reports an unreachable issuer as unavailable", () => {
  const error = new AuthorizationServerError("away");
  assertEquals(refused(error, 503), { outcome: "unavailable", error });
});

test("onDecision receives an accepted request before its handler runs", async () => {
  const { handle, issuer, decisions } = protect(
    { scopes: SCOPES },
    () => new Response(`${decisions.length}`),
  );
  const token = await issuer.token({ scope: "notes:read" });
  const response = await handle(post({ token, body: callOf("whoami") }));
  assertEquals(await response.text(), "1");
  assertEquals(decisions, [{
    outcome: "accepted",
    issuer: ISSUER,
    subject: "user-1",
    clientId: "client-1",
    scopes: ["notes:read"],
    operations: [{ method: "tools/call", name: "whoami" }],
  }]);
});

test("onDecision receives every operation of a batch", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  const body = [
    callOf("a"),
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 1, result: {} },
    callOf("b"),
  ];
  await handle(post({ token: await issuer.token(), body }));
  const [decision] = decisions;
  assert(decision?.outcome === "accepted");
  assertEquals(decision.operations, [
    { method: "tools/call", name: "a" },
    { method: "notifications/initialized" },
    { method: "tools/call", name: "b" },
  ]);
});

test("onDecision receives why a request was rejected, which the response does not say", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  await handle(post());
  await handle(post({ token: await issuer.token({ aud: "x" }) }));
  await handle(
    post({ token: await issuer.token(), body: callOf("purge_notes") }),
  );
  await handle(post({ headers: { origin: "https://evil.example" } }));
  const told = decisions.map((decision) =>
    decision.outcome === "refused" ? [decision.reason, decision.status] : []
  );
  assertEquals(told, [
    ["no_credentials", 401],
    ["wrong_audience", 401],
    ["insufficient_scope", 403],
    ["origin_not_allowed", 403],
  ]);
});

const OTHER = "https://other.example";

/** Requests that are refused, and what the log is told of why. */
const compared: readonly (readonly [
  why: string,
  reason: string,
  expected: readonly string[] | undefined,
  received: readonly string[] | undefined,
  request: (guarded: Protected) => Promise<Request> | Request,
])[] = [
  ["nothing to compare", "no_credentials", undefined, undefined, () => post()],
  [
    "no JWT",
    "malformed_token",
    undefined,
    undefined,
    () => post({ token: "opaque" }),
  ],
  [
    "a scheme that may be a token",
    "unsupported_scheme",
    undefined,
    undefined,
    () => post({ headers: { authorization: "opaque" } }),
  ],
  [
    "another audience",
    "wrong_audience",
    [RESOURCE],
    [OTHER],
    async ({ issuer }) => post({ token: await issuer.token({ aud: OTHER }) }),
  ],
  [
    "several audiences",
    "wrong_audience",
    [RESOURCE],
    [OTHER, "b"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ aud: [OTHER, "b"] }) }),
  ],
  [
    "another issuer",
    "untrusted_issuer",
    [ISSUER],
    [OTHER],
    async ({ issuer }) => post({ token: await issuer.token({ iss: OTHER }) }),
  ],
  [
    "no issuer",
    "missing_claim",
    ["iss"],
    undefined,
    async ({ issuer }) =>
      post({ token: await issuer.token({ iss: undefined }) }),
  ],
  [
    "no audience",
    "missing_claim",
    ["aud"],
    undefined,
    async ({ issuer }) =>
      post({ token: await issuer.token({ aud: undefined }) }),
  ],
  [
    "no end",
    "missing_claim",
    ["exp"],
    undefined,
    async ({ issuer }) =>
      post({ token: await issuer.token({ exp: undefined }) }),
  ],
  [
    "its end",
    "expired",
    ["exp after 1799999970"],
    ["1799999970"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ exp: 1_799_999_970 }) }),
  ],
  [
    "another type",
    "wrong_type",
    ["at+jwt", "JWT", "no typ"],
    ["logout+jwt"],
    async ({ issuer }) =>
      post({ token: await issuer.token({}, { typ: "logout+jwt" }) }),
  ],
  [
    "an ID token",
    "wrong_type",
    ["an access token"],
    ["at_hash"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ at_hash: "CANARY" }) }),
  ],
  [
    "an ID token by its use",
    "wrong_type",
    ["an access token"],
    ["token_use id"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ token_use: "id" }) }),
  ],
  [
    "a refresh token",
    "wrong_type",
    ["an access token"],
    ["typ Refresh"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ typ: "Refresh" }) }),
  ],
  [
    "another key",
    "unknown_key",
    undefined,
    ["alg ES256", "kid stranger"],
    async ({ issuer }) => post({ token: await issuer.token({}, {}, stranger) }),
  ],
  ["too little scope", "insufficient_scope", ["notes:admin"], [
    "notes:read",
    "other",
  ], async ({ issuer }) =>
    post({
      token: await issuer.token({ scope: "notes:read other" }),
      body: callOf("purge_notes"),
    })],
  [
    "an old login",
    "insufficient_user_authentication",
    ["acr gold", "max_age 60"],
    ["acr lead", "auth_time 5"],
    async ({ issuer }) =>
      post({
        token: await issuer.token({ acr: "lead", auth_time: 5 }),
        body: callOf("pay"),
      }),
  ],
  [
    "a page",
    "origin_not_allowed",
    undefined,
    ["https://evil.example"],
    () => post({ headers: { origin: "https://evil.example" } }),
  ],
  [
    "a forged line",
    "untrusted_issuer",
    [ISSUER],
    ["a\\u{a}accepted"],
    async ({ issuer }) =>
      post({ token: await issuer.token({ iss: "a\naccepted" }) }),
  ],
];

for (const [why, reason, expected, received, request] of compared) {
  test(`onDecision receives what was expected and received, and the client does not: ${why}`, async () => {
    const guarded = protect({
      scopes: {
        ...SCOPES,
        authentication: {
          operations: {
            "tools/call": {
              pay: { acr_values: ["gold"], max_age: 60 },
              "*": {},
            },
          },
        },
      },
    });
    const { handle, decisions } = guarded;
    const response = await handle(await request(guarded));
    const [decision] = decisions;
    assert(decision?.outcome === "refused");
    assertEquals(
      [decision.reason, decision.expected, decision.received],
      [reason, expected, received],
    );
    const sent = `${await response.text()}${
      JSON.stringify([...response.headers])
    }`;
    for (const value of received ?? []) {
      assertFalse(sent.includes(value), value);
    }
    assertFalse(JSON.stringify(decisions).includes("CANARY"));
  });
}

test("a Host that is not allowed is named to the log, with the option that allows it", async () => {
  const { handle, decisions } = protect();
  const headers = { host: "evil.example:8787" };
  const request = new Request(RESOURCE.replace("localhost", "evil.example"), {
    method: "POST",
    headers,
  });
  const response = await handle(request);
  assertEquals(response.status, 403);
  const { error_description } = await response.json();
  assertEquals(error_description, "Host not allowed by cors.hosts");
  const [decision] = decisions;
  assert(decision?.outcome === "refused");
  assertEquals(decision.received, ["evil.example"]);
  assertEquals(
    decision.error.message,
    'Cannot accept request: host_not_allowed: the request\'s host is "evil.example", allow it by cors.hosts',
  );
});

test("an Origin that is not allowed is named to the log, with those that are", async () => {
  const origins = ["https://app.example"];
  const { handle, decisions } = protect({ cors: { origins } });
  await handle(post({ headers: { origin: "https://evil.example" } }));
  const [decision] = decisions;
  assert(decision?.outcome === "refused");
  assertEquals(decision.expected, origins);
  assertEquals(decision.received, ["https://evil.example"]);
  assertStringIncludes(decision.error.message, "allow it by cors.origins");
});

/** Scopes that are granted, and those that the body of a 403 names. */
const missing: readonly (readonly [
  why: string,
  granted: string,
  named: string,
])[] = [
  ["all of them", "other", "notes:read notes:write"],
  ["all but one", "notes:read", "notes:write"],
  ["all but one that is implied", "notes:all", "notes:write"],
];

for (const [why, scope, named] of missing) {
  test(`a 403's body names the missing scopes: ${why}`, async () => {
    const { handle, issuer } = protect({
      scopes: {
        operations: { "tools/call": ["notes:read", "notes:write"] },
        implies: { "notes:all": ["notes:read"] },
      },
    });
    const token = await issuer.token({ scope });
    const response = await handle(post({ token, body: callOf("x") }));
    assertEquals(response.status, 403);
    assertStringIncludes(
      response.headers.get("www-authenticate") ?? "",
      'scope="notes:read notes:write"',
    );
    assertEquals(await response.json(), {
      error: "insufficient_scope",
      error_description:
        `The operation needs more scope than the access token has: ${named}`,
    });
  });
}

test("a 403's body names what a handler says is missing, as far as it can be a scope", async () => {
  for (
    const [options, tail] of [
      [{}, ""],
      [{ scope: ["a", "b"] }, ": a b"],
      [{ scope: ["a", "b"], missing: ["b", "c d", "e\r\nf"] }, ": b"],
    ] as const
  ) {
    const { handle, issuer } = protect({}, () => {
      throw new AccessTokenError("insufficient_scope", options);
    });
    const response = await handle(post({ token: await issuer.token() }));
    assertEquals(
      (await response.json()).error_description,
      `The operation needs more scope than the access token has${tail}`,
    );
  }
});

test("onDecision receives a request without credentials before it is answered", async () => {
  const { handle, decisions } = protect({
    anonymous: () => new Response(`${decisions.length}`),
  });
  const response = await handle(post());
  assertEquals(await response.text(), "1");
  assertEquals(decisions, [{ outcome: "anonymous" }]);
});

test("onDecision receives no params of an operation, which may be secret", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  const body = {
    method: "tools/call",
    params: { name: "a", arguments: { password: "CANARY" } },
  };
  await handle(post({ token: await issuer.token(), body }));
  assertEquals(decisions.length, 1);
  assertFalse(JSON.stringify(decisions).includes("CANARY"));
});

test("onDecision receives a request that could not be decided", async () => {
  const { handle, issuer, network, decisions } = protect();
  network.outage = answerNothing();
  await handle(post({ token: await issuer.token() }));
  const [decision] = decisions;
  assert(decision?.outcome === "unavailable");
  assertInstanceOf(decision.error, AuthorizationServerError);
});

test("onDecision receives an error that the handler throws", async () => {
  const { handle, issuer, decisions } = protect({}, () => {
    throw new AccessTokenError("insufficient_user_authentication");
  });
  await handle(post({ token: await issuer.token() }));
  assertEquals(
    decisions.map(({ outcome }) => outcome),
    ["accepted", "refused"],
  );
});

test("onDecision is not called for public documents, preflights and other paths", async () => {
  const { handle, decisions } = protect();
  for (
    const path of [
      "/.well-known/oauth-protected-resource/mcp",
      "/.well-known/oauth-authorization-server",
      "/elsewhere",
    ]
  ) await handle(new Request(`http://localhost:8787${path}`));
  await handle(
    new Request("http://localhost:8787/mcp", { method: "OPTIONS" }),
  );
  assertEquals(decisions, []);
});

test("onDecision's own errors are thrown on", async () => {
  const broken = new Error("log is full");
  const { handle, calls, issuer } = protect({
    onDecision: () => {
      throw broken;
    },
  });
  const token = await issuer.token();
  for (const request of [post(), post({ token })]) {
    assertEquals(
      await assertRejects(async () => await handle(request)),
      broken,
    );
  }
  assertEquals(calls.length, 0);
});
