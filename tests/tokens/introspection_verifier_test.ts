import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { base64url } from "jose";
import { test } from "node:test";
import type { ClientCredentials } from "../../src/issuers/client_authentication.ts";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
} from "../../src/errors.ts";
import { MAX_JSON_BYTES } from "../../src/issuers/fetch_json.ts";
import { MAX_OPEN } from "../../src/issuers/coalesce.ts";
import {
  introspectionVerifier,
  type IntrospectionVerifierOptions,
} from "../../src/tokens/introspection_verifier.ts";
import { metadataUrls } from "../../src/issuers/metadata.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { AuthInfo, IssuerRules } from "../../src/types.ts";
import {
  CLIENT,
  ENDPOINT,
  type Introspected,
  introspected,
  SECRET,
  textOf,
} from "../support/introspected.ts";
import {
  answerJson,
  answerNothing,
  type ClientAuthenticationMethod,
  testNetwork,
} from "../../src/testing/mod.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  ISSUER,
  KEY,
  METADATA,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "../support/protected.ts";
import {
  INTROSPECTION_ANSWERS,
  INTROSPECTION_REQUESTS,
} from "../vectors/introspection.ts";

const TOKEN = "mF_9.B5f-4.1JqM";

function segment(value: unknown): string {
  return base64url.encode(JSON.stringify(value));
}

/** Why a token is refused. */
async function reasonFor(
  { verify }: Pick<Introspected, "verify">,
  token = TOKEN,
): Promise<AccessTokenErrorReason> {
  const { reason } = await assertRejects(() => verify(token), AccessTokenError);
  return reason;
}

async function failureOf(
  { verify }: Introspected,
  token = TOKEN,
): Promise<AuthorizationServerError> {
  return await assertRejects(() => verify(token), AuthorizationServerError);
}

for (const example of INTROSPECTION_REQUESTS) {
  const { where, what, client, token, headers, params } = example;
  test(`introspectionVerifier() sends ${where}, ${what}`, async () => {
    const self = introspected({ client });
    await self.verify(token);
    const [form] = self.forms;
    assertEquals(Object.fromEntries(form!.headers), headers);
    assertEquals(Object.fromEntries(form!.params), {
      token_type_hint: "access_token",
      ...params,
    });
  });
}

for (const example of INTROSPECTION_ANSWERS) {
  const { where, what, answer, issuer, resource, now, verdict } = example;
  test(`protectResource() on the answer of ${where}, ${what}: ${verdict}`, async () => {
    const network = testNetwork();
    network.pass(now - network.now() / 1000);
    const introspection_endpoint = "https://server.example.com/introspect";
    network.serve(introspection_endpoint, answerJson(answer));
    const verdicts: unknown[] = [];
    let caller: AuthInfo | undefined;
    const handle = protectResource((_, { authInfo }) => {
      caller = authInfo;
      return new Response();
    }, {
      metadata: { resource, authorization_servers: [issuer] },
      platform: network,
      verifyAccessToken: introspectionVerifier({
        issuer,
        client: CLIENT,
        introspection_endpoint,
        platform: network,
      }),
      onDecision: (decision) =>
        void verdicts.push(
          "reason" in decision ? decision.reason : decision.outcome,
        ),
    });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { status } = await handle(new Request(resource, { headers }));
    assertEquals(verdicts, [verdict]);
    assertEquals(status, verdict === "accepted" ? 200 : 401);
    if (verdict !== "accepted") return;
    assertEquals(caller?.clientId, "l238j323ds-23ij4");
    assertEquals(caller?.scopes, ["read", "write", "dolphin"]);
    assertEquals(caller?.expiresAt, 1419356238);
    assertEquals(caller?.extra?.["claims"], answer);
  });
}

/** What an answer has in place of the usual, and why it is refused. */
const refused: readonly (readonly [
  why: string,
  reason: AccessTokenErrorReason,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["a token that is not active", "inactive_token", { active: false }],
  ["another issuer's token", "untrusted_issuer", { iss: "https://evil" }],
  ["an issuer that is a list", "untrusted_issuer", { iss: [ISSUER] }],
  ["a token of the type DPoP that names no key", "wrong_type", {
    token_type: "DPoP",
  }],
  ["a type that only begins like it", "wrong_type", {
    token_type: "DPoPs",
    cnf: { jkt: "x" },
  }],
  ["a refresh token, by token_type", "wrong_type", {
    token_type: "refresh_token",
  }],
  ["a refresh token of Keycloak", "wrong_type", { token_type: "Refresh" }],
  ["a refresh token of Ory, by token_use", "wrong_type", {
    token_use: "refresh_token",
  }],
  ["an ID token of Keycloak, by typ", "wrong_type", { typ: "ID" }],
  ["a refresh token of Keycloak, by typ", "wrong_type", { typ: "Refresh" }],
  ["an offline token of Keycloak", "wrong_type", { typ: "Offline" }],
  ["a token_type that ends like a bearer's", "wrong_type", {
    token_type: "notbearer",
  }],
  ["a token_type that begins like a bearer's", "wrong_type", {
    token_type: "bearer_pop",
  }],
  ["a token_type that ends like an access token's", "wrong_type", {
    token_type: "not_access_token",
  }],
  ["a token_type that begins like an access token's", "wrong_type", {
    token_type: "access_token_pop",
  }],
  ["a token_use that ends like an access token's", "wrong_type", {
    token_use: "no_access",
  }],
  ["a token_use that begins like an access token's", "wrong_type", {
    token_use: "access_token_exchange",
  }],
  ["a token_use in upper case", "wrong_type", { token_use: "ACCESS" }],
  ["a token_type that is an object", "wrong_type", { token_type: {} }],
  ["a token_type that is a list", "wrong_type", { token_type: ["Bearer"] }],
  ["a token_use that is a list", "wrong_type", { token_use: ["access"] }],
];

for (const [why, reason, claims] of refused) {
  test(`introspectionVerifier() refuses ${why}`, async () => {
    const self = introspected();
    self.answer = () => Response.json({ ...self.claims(), ...claims });
    assertEquals(await reasonFor(self), reason);
  });
}

/** What an answer may have too. */
const accepted: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["no token_type", { token_type: undefined }],
  ["a token_type in lower case", { token_type: "bearer" }],
  ["a token_type of access_token (IdentityServer)", {
    token_type: "access_token",
  }],
  ["a token_use of access_token (Ory)", { token_use: "access_token" }],
  ["a typ of Bearer (Keycloak)", { typ: "Bearer" }],
  ["a typ that ends like another token's", { typ: "valid" }],
  ["a typ that begins like another token's", { typ: "Identity" }],
  ["members that nobody knows", { constructor: 1, nested: { list: [null] } }],
];

for (const [why, claims] of accepted) {
  test(`introspectionVerifier() takes an answer with ${why}`, async () => {
    const self = introspected();
    const answer = { ...self.claims(), ...claims };
    self.answer = () => Response.json(answer);
    assertEquals(
      await self.verify(TOKEN),
      JSON.parse(JSON.stringify(answer)),
    );
  });
}

/** The members that RFC 7662, RFC 7800, RFC 9470 and providers define, all of them optional but one. */
const OPTIONAL_MEMBERS = [
  "acr",
  "act",
  "auth_time",
  "azp",
  "cid",
  "client_id",
  "cnf",
  "exp",
  "iat",
  "iss",
  "jti",
  "nbf",
  "scope",
  "scp",
  "sub",
  "token_type",
  "token_use",
  "typ",
  "username",
];

for (const member of OPTIONAL_MEMBERS) {
  test(`introspectionVerifier() takes a ${member} that is null for one that is absent`, async () => {
    const given: unknown[] = [];
    const self = introspected({
      claims: (claims) => {
        given.push(claims);
        return claims;
      },
    });
    const resolved: unknown[] = [];
    for (const value of [undefined, null]) {
      self.answer = () => Response.json({ ...self.claims(), [member]: value });
      resolved.push(await self.verify(`${TOKEN}${value}`));
    }
    assertEquals(resolved[1], resolved[0]);
    assertEquals(given[1], given[0]);
  });
}

test("protectResource() accepts an opaque token whose optional members are all null", async () => {
  const self = introspected({ audience: null });
  const absent = Object.fromEntries(
    ["aud", ...OPTIONAL_MEMBERS].map((name) => [name, null]),
  );
  self.answer = () =>
    Response.json({ ...absent, active: true, token_type: "Bearer" });
  const { handle, calls } = protect({
    platform: self.network,
    verifyAccessToken: self.verify,
  });
  assertEquals((await handle(post({ token: TOKEN }))).status, 200);
  const { clientId, scopes, extra } = calls[0]![1].authInfo;
  assertEquals([clientId, scopes], ["", []]);
  assertEquals([extra?.iss, extra?.sub], [ISSUER, undefined]);
});

test("introspectionVerifier() resolves to frozen claims", async () => {
  const self = introspected();
  self.answer = () => Response.json({ ...self.claims(), a: { b: [] } });
  const claims = await self.verify(TOKEN);
  assert(Object.isFrozen(claims));
  assert(Object.isFrozen((claims["a"] as { b: unknown }).b));
});

/** What the endpoint answers that is no verdict, and what the message tells. */
const failures: readonly (readonly [
  why: string,
  answer: () => Response | Promise<Response>,
  message: string,
])[] = [
  [
    "a refusal of this client",
    () => new Response(`{"error":"${SECRET} ${TOKEN}"}`, { status: 401 }),
    "answered 401: it refused this client, check client_id, client_secret",
  ],
  [
    "that this client is forbidden",
    () => new Response(null, { status: 403 }),
    "answered 403: it refused this client, check client_id, client_secret",
  ],
  ["a bad request", () => new Response(TOKEN, { status: 400 }), "answered 400"],
  [
    "that there is nothing",
    () => new Response(null, { status: 404 }),
    "answered 404: check introspection_endpoint",
  ],
  [
    "that another method is wanted",
    () => new Response(null, { status: 405 }),
    "answered 405: check introspection_endpoint",
  ],
  [
    "that it is asked too often",
    () => new Response(null, { status: 429 }),
    "answered 429: it is asked too often, check cacheSeconds",
  ],
  ["its own failure", () => new Response(null, { status: 500 }), "500"],
  ["a success without content", () => new Response(null, { status: 204 }), ""],
  [
    "a redirect, which is not followed",
    () =>
      new Response(null, {
        status: 307,
        headers: { location: `https://evil.example/?token=${TOKEN}` },
      }),
    "answered 307: check introspection_endpoint",
  ],
  ["a page", () => new Response("<!doctype html>"), "not a JSON object"],
  ["a list", () => Response.json([{ active: true }]), "not a JSON object"],
  [
    "a signed JWT (RFC 9701)",
    () => new Response(`${segment({ active: true })}.${TOKEN}`),
    "not a JSON object",
  ],
  [
    "more than 256 KiB",
    () => Response.json({ active: true, x: "x".repeat(MAX_JSON_BYTES) }),
    "Cannot read",
  ],
  ["no active", () => Response.json({ aud: TOKEN }), "neither true nor false"],
  [
    "an active that is a string",
    () => Response.json({ active: "true" }),
    "neither true nor false",
  ],
  [
    "an active that is a number",
    () => Response.json({ active: 1 }),
    "neither true nor false",
  ],
  [
    "an active that is null",
    () => Response.json({ active: null }),
    "neither true nor false",
  ],
  [
    "nothing: no connection",
    () => Promise.reject(new TypeError("Connection refused")),
    "Cannot read",
  ],
  [
    "nothing in time",
    () => Promise.reject(new DOMException("Too late", "TimeoutError")),
    "Cannot read",
  ],
];

for (const [why, answer, message] of failures) {
  test(`introspectionVerifier() is unavailable where the endpoint answers ${why}`, async () => {
    const self = introspected();
    self.answer = answer;
    const error = await failureOf(self);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.message, ENDPOINT);
    assertEquals(self.network.requests, [ENDPOINT]);
    for (const secret of [TOKEN, SECRET, btoa(SECRET), "Basic", "s3cr3t"]) {
      assertFalse(textOf(error).includes(secret), secret);
    }
  });
}

test("introspectionVerifier() posts, follows no redirect, and can give up", async () => {
  const inits: RequestInit[] = [];
  const network = testNetwork();
  const verify = introspectionVerifier({
    issuer: ISSUER,
    client: CLIENT,
    introspection_endpoint: ENDPOINT,
    platform: {
      now: network.now,
      fetch: (_, init) => {
        inits.push(init);
        return Promise.resolve(Response.json({ active: true }));
      },
    },
  });
  await verify(TOKEN);
  const [{ method, redirect, signal }] = inits as [RequestInit];
  assertEquals([method, redirect], ["POST", "manual"]);
  assert(signal instanceof AbortSignal);
});

/** How the line answers, where a token is good for the verifier or not. */
const answers: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
  status: number,
  description: string | undefined,
])[] = [
  ["is active", {}, 200, undefined],
  [
    "is not active",
    { active: false },
    401,
    "The access token is expired or not yet valid",
  ],
  [
    "is another issuer's",
    { iss: "https://evil.example" },
    401,
    "The access token was not issued for this resource",
  ],
  [
    "is for another resource",
    { aud: "https://other.example" },
    401,
    "The access token was not issued for this resource",
  ],
  [
    "is for nobody",
    { aud: undefined },
    401,
    "The access token is malformed or cannot be verified",
  ],
  [
    "has expired",
    { exp: 1_700_000_000 },
    401,
    "The access token is expired or not yet valid",
  ],
  [
    "expires at no time",
    { exp: "soon" },
    401,
    "The access token is expired or not yet valid",
  ],
  [
    "is not valid yet",
    { nbf: 1_900_000_000 },
    401,
    "The access token is expired or not yet valid",
  ],
  [
    "is bound to a key",
    { cnf: { jkt: "x" } },
    401,
    "The access token is bound in a way that is not supported",
  ],
  ["names no issuer", { iss: undefined }, 200, undefined],
  ["says no end", { exp: undefined }, 200, undefined],
  ["has null for both", { iss: null, exp: null }, 200, undefined],
];

for (const [why, claims, status, description] of answers) {
  test(`protectResource() answers ${status} to a token that ${why}`, async () => {
    const self = introspected();
    self.answer = () => Response.json({ ...self.claims(), ...claims });
    const { handle } = protect({
      platform: self.network,
      verifyAccessToken: self.verify,
    });
    const response = await handle(post({ token: TOKEN }));
    assertEquals(response.status, status);
    assertEquals(
      response.headers.get("www-authenticate") ?? undefined,
      description &&
        `Bearer error="invalid_token", resource_metadata="${METADATA_URL}", error_description="${description}"`,
    );
  });
}

test("protectResource() answers 503 without a challenge where the endpoint refuses this client", async () => {
  const self = introspected();
  self.answer = () => new Response(null, { status: 401 });
  const { handle, decisions } = protect({
    platform: self.network,
    verifyAccessToken: self.verify,
  });
  const response = await handle(post({ token: TOKEN }));
  assertEquals(response.status, 503);
  assertEquals(response.headers.get("retry-after"), "5");
  assertEquals(response.headers.get("www-authenticate"), null);
  assertEquals(decisions.map(({ outcome }) => outcome), ["unavailable"]);
});

test("introspectionVerifier() gives a token that says no end the life of its answer, and 10 s at least", async () => {
  for (const [cacheSeconds, life] of [[60, 60], [1, 10], [null, 10]] as const) {
    const self = introspected({ cacheSeconds });
    self.answer = () => Response.json({ ...self.claims(), exp: undefined });
    const { exp } = await self.verify(TOKEN);
    assertEquals(exp, self.network.now() / 1000 + life);
  }
});

test("introspectionVerifier() reads answers by claims, before it judges them", async () => {
  const self = introspected({
    claims: ({ username, ...claims }) => ({
      ...claims,
      iss: ISSUER,
      sub: username,
    }),
  });
  self.answer = () =>
    Response.json({ ...self.claims(), iss: "localhost", username: "jdoe" });
  const claims = await self.verify(TOKEN);
  assertEquals([claims.iss, claims.sub], [ISSUER, "jdoe"]);
});

test("introspectionVerifier() reads an answer by its own claims in place of the resource's rules, and by one of them", async () => {
  const map =
    (by: string): IssuerRules["claims"] => ({ scope, ...claims }) => ({
      ...claims,
      scope: `${scope} ${by}`,
    });
  const scopes: unknown[] = [];
  for (const claims of [undefined, map("verifier")]) {
    const { network, verify } = introspected({ claims });
    const { handle } = protect(
      {
        platform: network,
        verifyAccessToken: verify,
        issuers: { [ISSUER]: { claims: map("rules") } },
      },
      (_request, { authInfo }) => {
        scopes.push(authInfo.scopes);
        return new Response();
      },
    );
    await handle(
      new Request(RESOURCE, { headers: { authorization: `Bearer ${TOKEN}` } }),
    );
  }
  assertEquals(scopes, [["notes:read", "rules"], ["notes:read", "verifier"]]);
});

test("introspectionVerifier() refuses and remembers what claims refuses", async () => {
  const self = introspected({
    claims: () => {
      throw new AccessTokenError("missing_claim");
    },
  });
  assertEquals(await reasonFor(self), "missing_claim");
  assertEquals(await reasonFor(self), "missing_claim");
  assertEquals(self.forms.length, 1);
});

test("introspectionVerifier() takes no failure of claims for the issuer's", async () => {
  const self = introspected({
    claims: () => {
      throw new RangeError("a mistake");
    },
  });
  await assertRejects(() => self.verify(TOKEN), RangeError, "a mistake");
});

/** What an answer says of whom a token is for, where its endpoint is bound to the resource, and what becomes of it. */
const audiences: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
  status: number,
])[] = [
  ["nobody", { aud: undefined }, 200],
  ["nobody, as null", { aud: null }, 200],
  ["nobody, as a list of none", { aud: [] }, 200],
  ["this resource", {}, 200],
  ["another resource", { aud: "https://other.example" }, 401],
  ["a list of others", { aud: ["https://other.example"] }, 401],
  ["nobody, and it may be a refresh token", {
    aud: undefined,
    token_type: undefined,
  }, 401],
  ["nobody, and its token_type is null", {
    aud: null,
    token_type: null,
  }, 401],
  ["nobody, and it is bound to a key", { aud: undefined, cnf: {} }, 401],
  ["nobody, and it has expired", { aud: undefined, exp: 1 }, 401],
];

for (const [why, claims, status] of audiences) {
  test(`protectResource() answers ${status} with audience null where a token is for ${why}`, async () => {
    const self = introspected({ audience: null });
    self.answer = () => Response.json({ ...self.claims(), ...claims });
    const { handle } = protect({
      platform: self.network,
      verifyAccessToken: self.verify,
    });
    for (let use = 0; use < 2; use++) { // the second by what is remembered
      assertEquals((await handle(post({ token: TOKEN }))).status, status);
    }
  });
}

test("protectResource() takes a token without aud by no other verifier of the same issuer", async () => {
  const { handle, issuer } = protect();
  const token = await issuer.token({ aud: undefined });
  assertEquals((await handle(post({ token }))).status, 401);
});

/** Types that JSON can hold and no string can be made of. */
for (const claim of ["token_type", "token_use"]) {
  test(`introspectionVerifier() refuses a ${claim} that is an object, and says what it is`, async () => {
    const self = introspected();
    const object = { toString: 1, valueOf: 1 };
    self.answer = () => Response.json({ ...self.claims(), [claim]: object });
    const error = await assertRejects(
      () => self.verify(TOKEN),
      AccessTokenError,
    );
    assertEquals(error.reason, "wrong_type");
    assertEquals(error.received, [`${claim} object`]);
  });
}

test("introspectionVerifier() finds its endpoint when the first token comes", async () => {
  const network = testNetwork();
  network.outage = answerNothing();
  const verify = introspectionVerifier({
    issuer: ISSUER,
    client: CLIENT,
    platform: network,
  });
  assertEquals(network.requests, []);
  await assertRejects(() => verify(TOKEN), AuthorizationServerError);
  network.outage = undefined;
  network.pass(5);
  const { metadataUrl } = publishIssuer(network, {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  const self = introspected({}, network);
  network.serve(
    metadataUrl,
    answerJson({ issuer: ISSUER, introspection_endpoint: ENDPOINT }),
  );
  assertEquals((await verify(TOKEN)).sub, "user-1");
  assertEquals(self.forms.length, 1);
});

/** What an issuer's metadata may not name. */
const endpoints: readonly (readonly [
  why: string,
  issuer: string,
  endpoint: unknown,
])[] = [
  ["nothing", "https://auth.example.com", undefined],
  ["a list", "https://auth.example.com", ["https://auth.example.com/i"]],
  ["http", "https://auth.example.com", "http://auth.example.com/i"],
  [
    "http on loopback, for one that is not",
    "https://auth.example.com",
    ENDPOINT,
  ],
  ["http elsewhere, for one on loopback", ISSUER, "http://auth.example.com/i"],
  ["another scheme", ISSUER, "file:///introspect"],
  ["no URL", ISSUER, "/introspect"],
];

for (const [why, issuer, introspection_endpoint] of endpoints) {
  test(`introspectionVerifier() sends nothing where the issuer names ${why}`, async () => {
    const network = testNetwork();
    const urls = metadataUrls(issuer);
    network.serve(urls[0]!, answerJson({ issuer, introspection_endpoint }));
    const verify = introspectionVerifier({
      issuer,
      client: CLIENT,
      platform: network,
    });
    await assertRejects(
      () => verify(TOKEN),
      AuthorizationServerError,
      "its introspection_endpoint is missing or not https",
    );
    assertEquals(
      network.requests,
      introspection_endpoint === undefined ? urls : urls.slice(0, 1),
    );
  });
}

/** Tokens that name an issuer in the clear. */
const named: readonly (readonly [why: string, token: string])[] = [
  ["a JWT", `${segment({ alg: "RS256" })}.${segment({ iss: "https://a" })}.AA`],
  [
    "a JWT in another spelling",
    `${segment({})}.${segment({ iss: "https://a" })}==.A.B.C`,
  ],
  [
    "a JWT without a signature",
    `${segment({ alg: "none" })}.${segment({ iss: "https://a" })}.`,
  ],
  [
    "an encrypted JWT, by its header",
    `${segment({ enc: "A128GCM", iss: "https://a" })}.AA.AA.AA.AA`,
  ],
  ["an issuer that is no string", `e30.${segment({ iss: 0 })}.AA`],
];

for (const [why, token] of named) {
  test(`introspectionVerifier() does not send another issuer's token: ${why}`, async () => {
    const self = introspected();
    assertEquals(await reasonFor(self, token), "untrusted_issuer");
    assertEquals(self.forms, []);
  });
}

test("introspectionVerifier() asks about a JWT of its own issuer", async () => {
  const self = introspected();
  const token = `${segment({ alg: "none" })}.${segment({ iss: ISSUER })}.AA`;
  assertEquals((await self.verify(token)).sub, "user-1");
});

test("introspectionVerifier() asks once for 30 s, and then again", async () => {
  const self = introspected();
  const first = await self.verify(TOKEN);
  self.network.pass(29.999);
  assertStrictEquals(await self.verify(TOKEN), first);
  assertEquals(self.forms.length, 1);
  self.answer = () => Response.json({ active: false });
  self.network.pass(0.001);
  assertEquals(await reasonFor(self), "inactive_token");
  assertEquals(self.forms.length, 2);
});

test("introspectionVerifier() asks once for cacheSeconds", async () => {
  const self = introspected({ cacheSeconds: 2 });
  for (const [seconds, count] of [[0, 1], [1.999, 1], [0.001, 2]] as const) {
    self.network.pass(seconds);
    await self.verify(TOKEN);
    assertEquals(self.forms.length, count);
  }
});

test("introspectionVerifier() counts an answer's age from before it was asked for", async () => {
  const self = introspected();
  self.answer = () => {
    self.network.pass(4);
    return Response.json(self.claims());
  };
  await self.verify(TOKEN);
  self.network.pass(26);
  await self.verify(TOKEN);
  assertEquals(self.forms.length, 2);
});

test("introspectionVerifier() uses no answer past the token's exp", async () => {
  const self = introspected();
  const exp = self.network.now() / 1000 + 10;
  self.answer = () => Response.json({ ...self.claims(), exp });
  for (const [seconds, count] of [[0, 1], [9.999, 1], [0.001, 2]] as const) {
    self.network.pass(seconds);
    await self.verify(TOKEN);
    assertEquals(self.forms.length, count);
  }
});

test("introspectionVerifier() introspects a token at every use if cacheSeconds is null", async () => {
  const self = introspected({ cacheSeconds: null });
  await self.verify(TOKEN);
  await self.verify(TOKEN);
  self.answer = () => Response.json({ active: false });
  assertEquals(await reasonFor(self), "inactive_token");
  self.answer = () => Response.json(self.claims());
  await self.verify(TOKEN);
  assertEquals(self.forms.length, 4);
});

test("introspectionVerifier() trusts nothing from before the clock was set back", async () => {
  const self = introspected();
  await self.verify(TOKEN);
  self.network.pass(-1);
  await self.verify(TOKEN);
  assertEquals(self.forms.length, 2);
});

test("introspectionVerifier() remembers for 5 s that a token is not active", async () => {
  const self = introspected();
  self.answer = () => Response.json({ active: false });
  for (const [seconds, count] of [[0, 1], [4.999, 1], [0.001, 2]] as const) {
    self.network.pass(seconds);
    assertEquals(await reasonFor(self), "inactive_token");
    assertEquals(self.forms.length, count);
  }
  self.network.pass(5);
  self.answer = () => Response.json(self.claims());
  assertEquals((await self.verify(TOKEN)).sub, "user-1");
});

test("introspectionVerifier() remembers it for no longer than cacheSeconds", async () => {
  const self = introspected({ cacheSeconds: 1 });
  self.answer = () => Response.json({ active: false });
  await reasonFor(self);
  self.network.pass(1);
  await reasonFor(self);
  assertEquals(self.forms.length, 2);
});

test("introspectionVerifier() keeps a good token through a flood of bad ones", async () => {
  const self = introspected();
  await self.verify(TOKEN);
  self.answer = () => Response.json({ active: false });
  for (let i = 0; i < 2000; i++) {
    await reasonFor(self, `${i}`.padStart(4000, "x"));
  }
  const before = self.forms.length;
  assertEquals((await self.verify(TOKEN)).sub, "user-1");
  assertEquals(self.forms.length, before);
  assertEquals(
    await reasonFor(self, "0".padStart(4000, "x")),
    "inactive_token",
  );
  assertEquals(self.forms.length, before + 1); // 1 MiB of them is remembered, and no more
});

test("introspectionVerifier() remembers answers by their length", async () => {
  const self = introspected();
  self.answer = () =>
    Response.json({ ...self.claims(), x: "x".repeat(200_000) });
  for (let i = 0; i < 14; i++) await self.verify(`token-${i}`);
  await self.verify("token-13");
  assertEquals(self.forms.length, 14);
  await self.verify("token-0");
  assertEquals(self.forms.length, 15); // 8 MiB hold 13 of them
});

test("introspectionVerifier() does not ask for 5 s about a token whose inquiry failed", async () => {
  const self = introspected();
  self.answer = () => new Response(null, { status: 500 });
  const first = await failureOf(self);
  self.network.pass(4.999);
  assertStrictEquals(await failureOf(self), first);
  assertEquals(self.forms.length, 1);
  self.network.pass(0.001);
  self.answer = () => Response.json(self.claims());
  assertEquals((await self.verify(TOKEN)).sub, "user-1");
});

test("introspectionVerifier() does not let the failure of one token block others", async () => {
  const self = introspected();
  self.answer = (token) =>
    token === "evil"
      ? new Response(null, { status: 400 })
      : Response.json(self.claims());
  await failureOf(self, "evil");
  assertEquals((await self.verify(TOKEN)).sub, "user-1");
});

test("introspectionVerifier() asks about tokens that it has vouched for though made-up ones make the endpoint fail", async () => {
  const self = introspected();
  await self.verify(TOKEN);
  self.network.pass(30);
  self.answer = (token) =>
    token === TOKEN
      ? Response.json(self.claims())
      : new Response(null, { status: 400 });
  for (let i = 0; i < 40; i++) await failureOf(self, `evil-${i}`);
  assertEquals(self.forms.length, 1 + 16);
  assertEquals((await self.verify(TOKEN)).sub, "user-1");
});

test("introspectionVerifier() asks once for a hundred requests with one token", async () => {
  const self = introspected({ cacheSeconds: null });
  const answer = Promise.withResolvers<Response>();
  self.answer = () => answer.promise;
  const all = Array.from({ length: 100 }, () => self.verify(TOKEN));
  answer.resolve(Response.json(self.claims()));
  assertEquals(new Set(await Promise.all(all)).size, 1);
  assertEquals(self.forms.length, 1);
});

test("introspectionVerifier() refuses a hundred requests with one token by one answer", async () => {
  const self = introspected({ cacheSeconds: null });
  self.answer = () => Response.json({ active: false });
  const all = Array.from({ length: 100 }, () => reasonFor(self));
  assertEquals(new Set(await Promise.all(all)), new Set(["inactive_token"]));
  assertEquals(self.forms.length, 1);
});

test("protectResource() answers 503 to what a flood of made-up tokens has too many of", async () => {
  const self = introspected();
  await self.verify("honest");
  self.network.pass(30);
  const answer = Promise.withResolvers<void>();
  self.answer = async (token) => {
    if (token !== "honest") await answer.promise;
    return Response.json(
      token === "honest" ? self.claims() : { active: false },
    );
  };
  const { handle } = protect({
    platform: self.network,
    verifyAccessToken: self.verify,
  });
  const flood = Array.from(
    { length: 200 },
    (_, i) => handle(post({ token: `evil-${i}` })),
  );
  const honest = await handle(post({ token: "honest" }));
  assertEquals(honest.status, 200);
  answer.resolve();
  const responses = await Promise.all(flood);
  const away = responses.filter(({ status }) => status === 503);
  assertEquals(away.length, 200 - MAX_OPEN);
  assertEquals(away[0]?.headers.get("retry-after"), "1");
  assertEquals(away[0]?.headers.get("www-authenticate"), null);
  assertEquals(self.forms.length, 2 + MAX_OPEN);
});

test("introspectionVerifier() takes over from a request that was cancelled while it asked", async () => {
  const self = introspected();
  self.answer = () => new Promise(() => {});
  self.verify(TOKEN).catch(() => {}); // its runtime has given it up, and nobody hears how it ends
  const waiting = self.verify(TOKEN);
  while (self.forms.length === 0) await new Promise(setImmediate);
  self.network.pass(10);
  self.answer = () => Response.json(self.claims());
  assertEquals((await waiting).sub, "user-1");
  assertEquals(self.forms.length, 2);
});

test("introspectionVerifier() hands its asking to the request's waitUntil", async () => {
  const self = introspected();
  const work: Promise<unknown>[] = [];
  const request = {
    waitUntil: (promise: Promise<unknown>) => void work.push(promise),
  };
  await self.verify(TOKEN, request);
  assertEquals(await Promise.all(work), [undefined]);
});

/** How the issuer that `/testing` has is asked. */
const methods: readonly (readonly [
  method: ClientAuthenticationMethod,
  client: ClientCredentials,
])[] = [
  ["client_secret_basic", { client_id: "notes:1", client_secret: SECRET }],
  ["client_secret_post", {
    client_id: "notes:1",
    client_secret: SECRET,
    method: "client_secret_post",
  }],
  ["private_key_jwt", {
    client_id: "notes:1",
    private_key: KEY.privateKey,
    kid: KEY.kid,
  }],
];

for (const [method, client] of methods) {
  test(`protectResource() takes the test issuer's opaque tokens by ${method}, and none that were taken back`, async () => {
    const platform = testNetwork();
    const issuer = publishIssuer(platform, {
      issuer: ISSUER,
      audience: RESOURCE,
      keys: [KEY],
      client: { client_id: "notes:1", client_secret: SECRET, key: KEY },
    });
    const { handle, calls } = protect({
      platform,
      verifyAccessToken: introspectionVerifier({
        issuer: ISSUER,
        client,
        platform,
      }),
    });
    const token = issuer.opaqueToken({ scope: "notes:read" });
    assertEquals((await handle(post({ token }))).status, 200);
    assertEquals(calls[0]?.[1].authInfo.scopes, ["notes:read"]);
    const token_type_hint = "access_token";
    assertEquals(issuer.introspections, [{ token, token_type_hint, method }]);
    issuer.revoke(token);
    platform.pass(30);
    assertEquals((await handle(post({ token }))).status, 401);
  });
}

/** Options that cannot be used, and what the message says. */
const unusable: readonly (readonly [
  why: string,
  options: Readonly<Record<string, unknown>>,
  message: string,
])[] = [
  ["an issuer that is not https", { issuer: "http://a.example" }, "use https"],
  ["an issuer that is no URL", { issuer: "auth" }, "Cannot use issuer"],
  [
    "an endpoint that is not https",
    { issuer: "https://a.example", introspection_endpoint: "http://a.example" },
    "Cannot use introspection_endpoint: use https",
  ],
  [
    "an endpoint with a password in it",
    {
      issuer: "https://a.example",
      introspection_endpoint: "https://u:p@a.example",
    },
    "no credentials in the URL",
  ],
  [
    "metadata that is not https",
    { issuer: "https://a.example", metadata_url: "http://a.example" },
    "Cannot use metadata_url: use https",
  ],
  [
    "http for what the metadata names",
    { introspection_endpoint: undefined, allowHttp: true },
    "set it only together with the URL that it is for, introspection_endpoint or metadata_url",
  ],
  ["an audience", { audience: RESOURCE }, "Cannot use audience"],
  ["a cache of no time", { cacheSeconds: 0 }, "or null for no cache"],
  ["a cache of less", { cacheSeconds: -1 }, "Cannot use cacheSeconds: use"],
  ["a cache of an hour", { cacheSeconds: 3600 }, "a number up to 60"],
  ["a cache of no number", { cacheSeconds: NaN }, "Cannot use cacheSeconds"],
  ["a cache of a string", { cacheSeconds: "30" }, "Cannot use cacheSeconds"],
  ["no secret", { client: { client_id: "notes" } }, "Cannot use client_secret"],
];

for (const [why, options, message] of unusable) {
  test(`introspectionVerifier() cannot be made with ${why}`, () => {
    assertThrows(
      () => introspected(options as unknown as IntrospectionVerifierOptions),
      TypeError,
      message,
    );
  });
}

test("the issuer that is asked has to be one that the resource names", async () => {
  const self = introspected();
  const { handle } = protect({
    metadata: {
      ...METADATA,
      authorization_servers: ["https://other.example"],
    },
    platform: self.network,
    verifyAccessToken: self.verify,
  });
  assertEquals((await handle(post({ token: TOKEN }))).status, 401);
});
