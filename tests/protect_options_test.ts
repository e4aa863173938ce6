import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import { AccessTokenError, AuthorizationServerError } from "../src/errors.ts";
import type { ProtectedResourceOptions } from "../src/options.ts";
import { protectResource } from "../src/protect_resource.ts";
import type { AccessTokenClaims } from "../src/types.ts";
import {
  callOf,
  ISSUER,
  METADATA,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";

/** Options that cannot be used, and what their author is told to change. */
const refused: readonly (readonly [
  why: string,
  options: Readonly<Record<string, unknown>>,
  message: string,
])[] = [
  [
    "a resource that is no URL",
    { metadata: { ...METADATA, resource: "/mcp" } },
    "write an absolute https URL",
  ],
  ["a resource with a fragment", {
    metadata: { ...METADATA, resource: "https://h/mcp#x" },
  }, "remove its query, fragment"],
  ["a resource with a query", {
    metadata: { ...METADATA, resource: "https://h/mcp?x" },
  }, "remove its query"],
  ["a resource of http elsewhere", {
    metadata: { ...METADATA, resource: "http://h/mcp" },
  }, "use https"],
  [
    "no issuer",
    { metadata: { ...METADATA, authorization_servers: [] } },
    "name at least one issuer",
  ],
  ["one issuer that is no list", {
    metadata: { ...METADATA, authorization_servers: ISSUER },
  }, "name at least one issuer"],
  ["an issuer of http elsewhere", {
    metadata: { ...METADATA, authorization_servers: ["http://as"] },
  }, "use https"],
  ["an issuer with a query", {
    metadata: { ...METADATA, authorization_servers: ["https://as?x"] },
  }, "remove its query"],
  ["no metadata", { metadata: undefined }, "write resource and"],
  ["a verifier that is no function", { verifyAccessToken: "jwt" }, "function"],
  ["an anonymous that is no function", { anonymous: true }, "function"],
  ["an otherwise that is no function", { otherwise: {} }, "function"],
  ["an onDecision that is no function", { onDecision: null }, "function"],
  ["the URL of an issuer's metadata", {
    metadata: {
      ...METADATA,
      authorization_servers: ["https://as/.well-known/openid-configuration"],
    },
  }, "write the issuer that the document at this URL names"],
  [
    "a misspelt option",
    { scope: { required: ["a"] } },
    "use metadata, metadataUrl, issuers",
  ],
  ["scopes that are a list", { scopes: ["a"] }, '{ required: ["notes:read"] }'],
  [
    "a misspelt member of scopes",
    { scopes: { require: ["a"] } },
    "use initial",
  ],
  ["offline_access among scopes_supported", {
    metadata: { ...METADATA, scopes_supported: ["offline_access"] },
  }, "remove it"],
  ["offline_access among the initial scopes", {
    scopes: { initial: ["offline_access"] },
  }, "remove it"],
  ["offline_access among the required scopes", {
    scopes: { required: ["offline_access"] },
  }, "remove it"],
  ["offline_access for an operation", {
    scopes: { operations: { "tools/call": { x: ["offline_access"] } } },
  }, "remove it"],
  ["a scope with a space", { scopes: { initial: ["a b"] } }, "without spaces"],
  ["an empty scope", { scopes: { required: [""] } }, "printable ASCII"],
  [
    "a scope that could end the challenge",
    { scopes: { required: ['a"'] } },
    "quotes",
  ],
  ["scopes that imply each other", {
    scopes: { implies: { a: ["b"], b: ["a"] } },
  }, "a implies b implies a"],
  ["rules for an issuer that is not trusted", {
    issuers: { "https://evil.example": {} },
  }, "not one of authorization_servers"],
  ["an issuer's algorithm that is none", {
    issuers: { [ISSUER]: { algorithms: ["none"] } },
  }, "use RS256"],
  ["an issuer's algorithm that has a secret", {
    issuers: { [ISSUER]: { algorithms: ["HS256"] } },
  }, "use RS256"],
  ["an issuer's jwks_uri of http elsewhere", {
    issuers: { [ISSUER]: { jwks_uri: "http://as/" } },
  }, "use https"],
  [
    "a typ that nobody knows",
    { issuers: { [ISSUER]: { typ: "JWT" } } },
    'use "at+jwt"',
  ],
  ["a path without a slash", { path: "mcp" }, "begin it with a slash"],
  ["a path with a query", { path: "/mcp?x" }, "begin it with a slash"],
  ["no bytes for bodies", { maxBodyBytes: 0 }, "use a positive number"],
  ["bytes that are no number", { maxBodyBytes: NaN }, "use a positive number"],
  ["no memory for tokens", { tokenCacheBytes: 0 }, "or null for no cache"],
  ["memory for tokens that is a string", { tokenCacheBytes: "8" }, "or null"],
  ["a negative tolerance", { clockToleranceSeconds: -1 }, "use 0 to 300"],
  ["a tolerance of more than 5 minutes", {
    clockToleranceSeconds: 301,
  }, "use 0 to 300"],
  ["a tolerance of an hour", { clockToleranceSeconds: 3600 }, "use 0 to 300"],
  [
    "a tolerance that is a string",
    { clockToleranceSeconds: "30" },
    "use 0 to 300",
  ],
  [
    "a metadataUrl of another origin",
    { metadataUrl: "http://localhost:8788/metadata" },
    "publish it on the resource's origin, http://localhost:8787",
  ],
  [
    "a metadataUrl of another scheme",
    { metadataUrl: "https://localhost:8787/metadata" },
    "publish it on the resource's origin",
  ],
  [
    "a metadataUrl that is a path",
    { metadataUrl: "/metadata" },
    "write an absolute https URL",
  ],
  [
    "a metadataUrl with a query",
    { metadataUrl: "http://localhost:8787/metadata?a" },
    "remove its query",
  ],
  [
    "a metadataUrl that would end its challenge",
    { metadataUrl: 'http://localhost:8787/"' },
    "Cannot use metadataUrl",
  ],
  [
    "the resource as metadataUrl",
    { metadataUrl: METADATA.resource },
    "use another path than that of the resource",
  ],
  [
    "the resource with a slash as metadataUrl",
    { metadataUrl: `${METADATA.resource}/` },
    "use another path than that of the resource",
  ],
  [
    "a metadataUrl where the resource is mounted",
    { metadataUrl: "http://localhost:8787/inner", path: "/inner" },
    "another document or resource is at /inner",
  ],
  [
    "a metadataUrl where the mirror is",
    {
      metadataUrl:
        "http://localhost:8787/.well-known/oauth-authorization-server",
    },
    "another document or resource is at /.well-known/oauth-authorization-server",
  ],
  [
    "a mirror of no issuer",
    { mirror: { issuer: "auth.example" } },
    "mirror.issuer",
  ],
  [
    "a mirror of http elsewhere",
    { mirror: { issuer: "http://as" } },
    "use https",
  ],
];

for (const [why, options, message] of refused) {
  test(`protectResource() cannot be made with ${why}`, () => {
    const error = assertThrows(
      () =>
        protectResource(() => new Response(), {
          metadata: METADATA,
          ...options,
        } as ProtectedResourceOptions),
      TypeError,
      message,
    );
    assert(error.message.startsWith("Cannot use "), error.message);
  });
}

test("protectResource() cannot be made without a handler, or without options", () => {
  const made = protectResource as (...given: unknown[]) => unknown;
  assertThrows(
    () => made(undefined, { metadata: METADATA }),
    TypeError,
    "Cannot use handler: give a function",
  );
  assertThrows(() => made(() => new Response()), TypeError, "with metadata");
});

test("protectResource() makes no request at construction", () => {
  assertEquals(protect().network.requests, []);
});

test("clockToleranceSeconds is 30 unless it is set", async () => {
  for (const [seconds, status] of [[-29, 200], [-30, 401]] as const) {
    const { handle, issuer, network } = protect();
    const exp = network.now() / 1000 + seconds;
    const token = await issuer.token({ exp });
    assertEquals((await handle(post({ token }))).status, status);
  }
  const { handle, issuer, network } = protect({ clockToleranceSeconds: 0 });
  const token = await issuer.token({ exp: network.now() / 1000 });
  assertEquals((await handle(post({ token }))).status, 401);
});

/** Credentials, and the status of an answer where anonymous requests have one. */
const credentials: readonly (readonly [
  why: string,
  headers: Readonly<Record<string, string>>,
  url: string,
  status: number,
])[] = [
  ["no credentials", {}, RESOURCE, 204],
  ["no credentials and a query", {}, `${RESOURCE}?x=access_token`, 204],
  ["a bad token", { authorization: "Bearer x" }, RESOURCE, 401],
  ["an empty field", { authorization: "" }, RESOURCE, 401],
  ["another scheme", { authorization: "Basic dTpw" }, RESOURCE, 401],
  ["two tokens", { authorization: "Bearer a, Bearer b" }, RESOURCE, 400],
  ["a token in the URL", {}, `${RESOURCE}?access_token=x`, 401],
  ["a page of the web", { origin: "https://evil.example" }, RESOURCE, 403],
];

for (const [why, headers, url, status] of credentials) {
  test(`anonymous answers ${status === 204 ? "" : "nothing with "}${why}`, async () => {
    const platform = {};
    const handed: unknown[] = [];
    const { handle, calls } = protect({
      anonymous: (...given) => {
        handed.push(...given);
        return new Response(null, { status: 204 });
      },
    });
    const request = post({ headers, url });
    assertEquals((await handle(request, platform)).status, status);
    assertEquals(handed.length, status === 204 ? 2 : 0);
    if (status === 204) assert(handed[0] === request && handed[1] === platform);
    assertEquals(calls, []);
  });
}

test("a response of anonymous is private, unless it says otherwise", async () => {
  for (
    const [own, sent] of [[undefined, "no-store"], [
      "max-age=60",
      "max-age=60, private",
    ], [
      "public, max-age=60",
      "public, max-age=60",
    ]] as const
  ) {
    const { handle } = protect({
      anonymous: () =>
        new Response("Hello", {
          headers: own === undefined ? {} : { "cache-control": own },
        }),
    });
    const response = await handle(post());
    assertEquals(response.headers.get("cache-control"), sent);
  }
});

test("anonymous can ask for a login", async () => {
  const { handle } = protect({
    anonymous: () =>
      Promise.reject(
        new AccessTokenError("no_credentials", { scope: ["notes:read"] }),
      ),
  });
  const response = await handle(post());
  assertEquals(response.status, 401);
  assertEquals(
    response.headers.get("www-authenticate"),
    `Bearer scope="notes:read", resource_metadata="${METADATA_URL}"`,
  );
});

test("anonymous does not keep accepted requests from the handler", async () => {
  const { handle, issuer } = protect({
    anonymous: () => new Response("anonymous"),
  });
  const response = await handle(post({ token: await issuer.token() }));
  assertEquals(await response.text(), "Hello");
});

/** What a verifier of somebody else's resolves to. */
const claims = (more: AccessTokenClaims = {}): AccessTokenClaims => ({
  iss: ISSUER,
  aud: RESOURCE,
  exp: 1_800_000_300,
  sub: "user-2",
  ...more,
});

test("verifyAccessToken takes the place of the default, and asks no issuer", async () => {
  const given: unknown[] = [];
  const platform = {};
  const { handle, network, calls } = protect({
    verifyAccessToken: (...args) => {
      given.push(...args);
      return Promise.resolve(claims({ scope: "a", client_id: "c" }));
    },
  });
  assertEquals(
    (await handle(post({ token: "opaque" }), platform)).status,
    200,
  );
  assertEquals(given.length, 2);
  assert(given[0] === "opaque" && given[1] === platform);
  const { authInfo } = calls[0]![1];
  assertEquals(authInfo.token, "opaque");
  assertEquals(authInfo.clientId, "c");
  assertEquals(authInfo.scopes, ["a"]);
  assertEquals(authInfo.extra?.sub, "user-2");
  assertEquals(network.requests, []);
});

/** What a verifier forgot to look at, and the resource does not. */
const forgotten: readonly (readonly [
  why: string,
  reason: string,
  claims: AccessTokenClaims,
])[] = [
  ["the issuer", "untrusted_issuer", claims({ iss: "https://evil.example" })],
  ["a missing issuer", "missing_claim", claims({ iss: undefined })],
  ["the audience", "wrong_audience", claims({ aud: "https://elsewhere" })],
  ["a missing audience", "missing_claim", claims({ aud: undefined })],
  ["expiry", "expired", claims({ exp: 1_799_999_970 })],
  ["a missing expiry", "missing_claim", claims({ exp: undefined })],
  ["nbf", "not_yet_valid", claims({ nbf: 1_800_000_031 })],
  ["cnf", "unsupported_confirmation", claims({ cnf: { jkt: "x" } })],
  ["everything", "missing_claim", {}],
];

for (const [why, reason, resolved] of forgotten) {
  test(`verifyAccessToken cannot skip ${why}`, async () => {
    const { handle, decisions, calls } = protect({
      verifyAccessToken: () => Promise.resolve(resolved),
    });
    assertEquals((await handle(post({ token: "opaque" }))).status, 401);
    const [decision] = decisions;
    assert(decision?.outcome === "refused");
    assertEquals(decision.reason, reason);
    assertEquals(calls, []);
  });
}

test("verifyAccessToken cannot skip the scopes", async () => {
  const { handle } = protect({
    scopes: { operations: { "tools/call": ["a"] } },
    verifyAccessToken: () => Promise.resolve(claims()),
  });
  const response = await handle(post({ token: "x", body: callOf("y") }));
  assertEquals(response.status, 403);
});

test("verifyAccessToken refuses by its errors", async () => {
  const errors = [
    [new AccessTokenError("inactive_token"), 401],
    [new AuthorizationServerError("introspection is down"), 503],
  ] as const;
  for (const [error, status] of errors) {
    const { handle } = protect({
      verifyAccessToken: () => Promise.reject(error),
    });
    const response = await handle(post({ token: "opaque" }));
    assertEquals(response.status, status);
    assertEquals(response.headers.has("www-authenticate"), status === 401);
    assertFalse((await response.text()).includes("introspection"));
  }
});

test("verifyAccessToken is not asked about what cannot be a token", async () => {
  let asked = 0;
  const { handle } = protect({
    verifyAccessToken: () => {
      asked++;
      return Promise.resolve(claims());
    },
  });
  for (const token of ["", "a b", "a,b", "x".repeat(20_000), "é"]) {
    assertEquals((await handle(post({ token }))).status >= 400, true);
  }
  assertEquals(asked, 0);
});

test("clockToleranceSeconds may be 300", async () => {
  const { handle, issuer, network } = protect({ clockToleranceSeconds: 300 });
  const exp = Math.floor(network.now() / 1000) - 299;
  const authorization = `Bearer ${await issuer.token({ exp })}`;
  const request = new Request(RESOURCE, { headers: { authorization } });
  assertEquals((await handle(request)).status, 200);
});
