import { extractWWWAuthenticateParams } from "@modelcontextprotocol/sdk/client/auth.js";
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { test } from "node:test";
import { parseChallenges } from "../../src/http/www_authenticate.ts";
import {
  AccessTokenError,
  type AccessTokenErrorOptions,
  type AccessTokenErrorReason,
  AuthorizationServerError,
  RequestError,
  type RequestErrorReason,
} from "../../src/errors.ts";
import { isKnownError, refuse } from "../../src/http/error_responses.ts";

const METADATA_URL =
  "https://notes.example.com/.well-known/oauth-protected-resource/mcp";
const PARAMS = { resourceMetadata: METADATA_URL, scope: ["notes:read"] };

type Row = readonly [status: number, error: string | undefined, words: string];
const NO_TOKEN: Row = [
  401,
  undefined,
  "An access token is required in the Authorization header",
];
const NOT_A_TOKEN: Row = [
  401,
  "invalid_token",
  "The access token is malformed or cannot be verified",
];
const NOT_FOR_US: Row = [
  401,
  "invalid_token",
  "The access token was not issued for this resource",
];
const NOT_NOW: Row = [
  401,
  "invalid_token",
  "The access token is expired or not yet valid",
];

const NO_PROOF: Row = [
  401,
  "invalid_dpop_proof",
  "The DPoP proof is missing or not valid",
];

/** What the client is told for each reason: far less than the log. */
const challenges: Readonly<Record<AccessTokenErrorReason, Row>> = {
  no_credentials: NO_TOKEN,
  unsupported_scheme: NO_TOKEN,
  multiple_credentials: [
    400,
    "invalid_request",
    "The request carries more than one access token",
  ],
  malformed_token: NOT_A_TOKEN,
  wrong_type: NOT_A_TOKEN,
  unsupported_algorithm: NOT_A_TOKEN,
  unknown_key: NOT_A_TOKEN,
  bad_signature: NOT_A_TOKEN,
  missing_claim: NOT_A_TOKEN,
  untrusted_issuer: NOT_FOR_US,
  wrong_audience: NOT_FOR_US,
  inactive_token: NOT_NOW,
  not_yet_valid: NOT_NOW,
  expired: NOT_NOW,
  unsupported_confirmation: [
    401,
    "invalid_token",
    "The access token is bound in a way that is not supported",
  ],
  wrong_binding: [
    401,
    "invalid_token",
    "The access token needs a proof of the key it is bound to",
  ],
  invalid_proof: NO_PROOF,
  replayed_proof: NO_PROOF,
  nonce_required: [
    401,
    "use_dpop_nonce",
    "The DPoP proof needs the nonce in DPoP-Nonce",
  ],
  insufficient_scope: [
    403,
    "insufficient_scope",
    "The operation needs more scope than the access token has",
  ],
  insufficient_user_authentication: [
    401,
    "insufficient_user_authentication",
    "The operation needs a stronger or more recent login",
  ],
};

for (const [name, [status, error, words]] of Object.entries(challenges)) {
  const reason = name as AccessTokenErrorReason;
  test(`refuse() answers ${reason} with ${status} and a challenge`, async () => {
    const response = refuse(new AccessTokenError(reason), PARAMS);
    assertEquals(response.status, status);
    assertEquals(response.headers.get("content-type"), "application/json");
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(
      response.headers.get("www-authenticate"),
      (error === undefined ? "Bearer " : `Bearer error="${error}", `) +
        `scope="notes:read", resource_metadata="${METADATA_URL}"` +
        (error === undefined ? "" : `, error_description="${words}"`),
    );
    assertEquals(await response.json(), {
      ...(error !== undefined && { error }),
      error_description: words,
    });
  });

  test(`refuse() answers ${reason} with what clients' patterns cannot misread`, () => {
    const response = refuse(new AccessTokenError(reason), PARAMS);
    const field = response.headers.get("www-authenticate")!;
    assertMatch(field, /^Bearer [ -~]+$/);
    assertFalse(field.includes("\\"));
    assertFalse(words.includes("="));
    assertEquals(parseChallenges(field).length, 1);
    const read = extractWWWAuthenticateParams(response);
    assertEquals(read.resourceMetadataUrl?.href, METADATA_URL);
    assertEquals(read.scope, "notes:read");
    assertEquals(read.error, error);
  });
}

const requestErrors: Readonly<
  Record<RequestErrorReason, readonly [status: number, body: unknown]>
> = {
  host_not_allowed: [403, {
    error: "forbidden",
    error_description: "Host not allowed by cors.hosts",
  }],
  origin_not_allowed: [403, {
    error: "forbidden",
    error_description: "Origin not allowed by cors.origins",
  }],
  body_not_json: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32700,
      message: "Parse error: the body is not JSON in UTF-8",
    },
  }],
  body_not_a_message: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32600,
      message: "Invalid Request: not a message or a flat batch",
    },
  }],
  body_too_large: [413, {
    jsonrpc: "2.0",
    error: {
      code: -32600,
      message: "Invalid Request: the body is too large",
    },
  }],
  body_encoded: [415, {
    jsonrpc: "2.0",
    error: {
      code: -32600,
      message: "Invalid Request: send UTF-8 without Content-Encoding",
    },
  }],
  header_malformed: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32020,
      message: "Header mismatch: Mcp-Method or Mcp-Name cannot be read",
    },
  }],
  header_contradicts_body: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32020,
      message:
        "Header mismatch: Mcp-Method or Mcp-Name does not match the body",
    },
  }],
  ambiguous_uri: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32602,
      message:
        "Invalid params: the URI has dot segments, backslashes, control characters or escaped unreserved characters",
    },
  }],
  uri_too_long: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32602,
      message:
        "Invalid params: the URI has more than 8192 characters, or its host more than 255",
    },
  }],
  method_not_allowed: [405, {
    jsonrpc: "2.0",
    error: { code: -32000, message: "Method not allowed" },
  }],
  session_malformed: [400, {
    jsonrpc: "2.0",
    error: {
      code: -32600,
      message: "Invalid Request: send one Mcp-Session-Id of visible ASCII",
    },
  }],
  foreign_session: [404, {
    jsonrpc: "2.0",
    error: { code: -32001, message: "Session not found" },
    id: null,
  }],
};

for (const [reason, [status, body]] of Object.entries(requestErrors)) {
  test(`refuse() answers ${reason} with ${status} and no challenge, since no token would help`, async () => {
    const response = refuse(
      new RequestError(reason as RequestErrorReason),
      PARAMS,
    );
    assertEquals(response.status, status);
    assertEquals(await response.json(), body);
    assertEquals(response.headers.get("content-type"), "application/json");
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertFalse(response.headers.has("www-authenticate"));
  });
}

for (
  const [retryAfterSeconds, written] of [[undefined, "5"], [60, "60"]] as const
) {
  test(`refuse() answers 503 with Retry-After ${written} while the issuer is unreachable, without a challenge`, async () => {
    const response = refuse(
      new AuthorizationServerError("Cannot read https://auth.example.com", {
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      }),
      PARAMS,
    );
    assertEquals(response.status, 503);
    assertEquals(response.headers.get("retry-after"), written);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertFalse(response.headers.has("www-authenticate"));
    assertEquals(await response.json(), {
      error: "temporarily_unavailable",
      error_description: "The authorization server cannot be reached",
    });
  });
}

/** The scopes of an error and of the resource, and those that the challenge names. */
const scopes: readonly (readonly [
  why: string,
  ofError: readonly string[] | undefined,
  ofResource: readonly string[],
  named: string | null,
])[] = [
  ["the resource's scopes", undefined, ["a", "b"], "a b"],
  ["the error's own scopes", ["c", "d"], ["a"], "c d"],
  ["no scope where the resource has none", undefined, [], null],
  ["no scope where the error has none", [], ["a"], null],
  ["no scope that is empty", [""], [], null],
  ["none that would end the field", ["a\r\nx: y", "b"], ["a"], "b"],
  ["none that clients misread", ['a"', "b\\", "c d", "é", "e"], ["a"], "e"],
  ["none where no scope can be one", ["\u20ac"], ["a"], null],
];

for (const [why, ofError, ofResource, named] of scopes) {
  test(`refuse() names ${why}`, () => {
    for (const reason of ["insufficient_scope", "expired"] as const) {
      const error = new AccessTokenError(
        reason,
        ofError === undefined ? {} : { scope: ofError },
      );
      const response = refuse(error, { ...PARAMS, scope: ofResource });
      const field = response.headers.get("www-authenticate")!;
      const [challenge] = parseChallenges(field);
      assertEquals(challenge?.params.scope ?? null, named);
      assertEquals(field.includes("scope="), named !== null);
    }
  });
}

/** What an error's body says of the scopes that are missing. */
const missing: readonly (readonly [
  why: string,
  reason: AccessTokenErrorReason,
  options: AccessTokenErrorOptions,
  named: string,
])[] = [
  ["those that are missing", "insufficient_scope", {
    scope: ["a", "b"],
    missing: ["b"],
  }, ": b"],
  ["all, where nobody knows which", "insufficient_scope", {
    scope: ["a", "b"],
  }, ": a b"],
  ["none, where there are none", "insufficient_scope", {}, ""],
  ["none that cannot be one", "insufficient_scope", {
    scope: ["a"],
    missing: ['"', "b\n"],
  }, ""],
  ["none of another refusal", "expired", { scope: ["a"] }, ""],
];

for (const [why, reason, options, named] of missing) {
  test(`refuse() names ${why} in the body`, async () => {
    const response = refuse(new AccessTokenError(reason, options), PARAMS);
    const { error_description } = await response.json();
    assertEquals(error_description, challenges[reason][2] + named);
  });
}

/** What is asked of a login, and how a challenge says it. */
const logins: readonly (readonly [
  why: string,
  asked: AccessTokenErrorOptions,
  written: string,
])[] = [
  [
    "which logins do",
    { acr_values: ["urn:a:2", "urn:a:1"] },
    ', acr_values="urn:a:2 urn:a:1"',
  ],
  ["how old it may be", { max_age: 300 }, ', max_age="300"'],
  ["that it must be new", { max_age: 0 }, ', max_age="0"'],
  ["both", { acr_values: ["a"], max_age: 5 }, ', acr_values="a", max_age="5"'],
  [
    "no value that cannot be one",
    { acr_values: ["a b", '"', "c"] },
    ', acr_values="c"',
  ],
  ["no age that cannot be one", { max_age: NaN }, ""],
  ["no age before the login", { max_age: -1 }, ""],
  ["no part of a second", { max_age: 1.5 }, ""],
  ["no age without end", { max_age: Infinity }, ""],
];

for (const [why, asked, written] of logins) {
  test(`refuse() says of a login ${why}, before the free text`, () => {
    const error = new AccessTokenError("insufficient_user_authentication", {
      scope: ["a", "b"],
      ...asked,
    });
    const response = refuse(error, PARAMS);
    assertEquals(response.status, 401);
    assertEquals(
      response.headers.get("www-authenticate"),
      `Bearer error="insufficient_user_authentication", scope="a b", resource_metadata="${METADATA_URL}"` +
        `${written}, error_description="The operation needs a stronger or more recent login"`,
    );
  });
}

/** Each alone, since the challenge of an error that brings nothing of its own is remembered. */
const alone: readonly (readonly [
  why: string,
  options: AccessTokenErrorOptions,
  written: string,
])[] = [
  ["scope", { scope: ["c"] }, 'scope="c"'],
  ["acr_values", { acr_values: ["gold"] }, 'acr_values="gold"'],
  ["max_age", { max_age: 60 }, 'max_age="60"'],
  ["max_age of 0", { max_age: 0 }, 'max_age="0"'],
];

for (const [why, options, written] of alone) {
  test(`refuse() says ${why} alone, and to nobody else`, () => {
    const params = { ...PARAMS };
    const reason = "insufficient_user_authentication";
    const challengeOf = (given?: AccessTokenErrorOptions): string =>
      refuse(new AccessTokenError(reason, given), params)
        .headers.get("www-authenticate")!;
    const bare = challengeOf();
    assertFalse(bare.includes(written));
    assert(challengeOf(options).includes(written));
    assertEquals(challengeOf(), bare);
    const [challenge] = parseChallenges(challengeOf(options));
    assertEquals(
      challenge?.params.scope,
      options.scope?.join(" ") ?? "notes:read",
    );
  });
}

test("refuse() says nothing of causes", async () => {
  const cause = new Error("CANARY");
  for (
    const error of [
      new AccessTokenError("bad_signature", { cause }),
      new RequestError("body_not_json", { cause }),
      new AuthorizationServerError("CANARY", { cause }),
    ]
  ) {
    const response = refuse(error, PARAMS);
    const told = await response.text() + [...response.headers];
    assertFalse(told.includes("CANARY"));
  }
});

test("isKnownError() knows what was thrown on purpose, and nothing else", () => {
  assert(isKnownError(new AccessTokenError("expired")));
  assert(isKnownError(new RequestError("body_not_json")));
  assert(isKnownError(new AuthorizationServerError("away")));
  const others = [
    new Error("x"),
    new TypeError("x"),
    { name: "AccessTokenError", reason: "expired" },
    new Response(null, { status: 401 }),
    "expired",
    undefined,
    null,
  ];
  assertEquals(others.filter(isKnownError), []);
});
