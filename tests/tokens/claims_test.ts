import type { AuthInfo as SdkAuthInfo } from "@modelcontextprotocol/sdk/server/auth/types.js";
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  type AccessTokenJudge,
  accessTokenJudge,
  type AccessTokenRules,
} from "../../src/tokens/claims.ts";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
} from "../../src/errors.ts";
import type { AccessTokenClaims, AuthInfo } from "../../src/types.ts";
import { ISSUER, RESOURCE } from "../support/protected.ts";
import { issuer, network, refusedClaims } from "../support/tokens.ts";

const RULES: AccessTokenRules = {
  resource: RESOURCE,
  issuers: [ISSUER],
  rules: {},
  clockToleranceSeconds: 30,
  now: network.now,
};
const NOW = network.now() / 1000;
const OTHER = "https://auth.example.com";
const judge = accessTokenJudge(RULES);

function claimsWith(claims: AccessTokenClaims): AccessTokenClaims {
  return { ...issuer.claims(), ...claims };
}

function accept(claims: AccessTokenClaims): AuthInfo {
  return judge.accept("the.access.token", claimsWith(claims));
}

function reasonFor(
  claims: AccessTokenClaims,
  by: AccessTokenJudge = judge,
): AccessTokenErrorReason {
  const reasons = [
    () => by.check(claimsWith(claims)),
    () => by.accept("the.access.token", claimsWith(claims)),
  ].map((judgement) => assertThrows(judgement, AccessTokenError).reason);
  assertEquals(reasons[0], reasons[1]);
  return reasons[0]!;
}

for (const [why, reason, claims] of refusedClaims) {
  test(`accessTokenJudge() refuses ${why}`, () => {
    assertEquals(reasonFor(claims), reason);
  });
}

/** Claims that JSON cannot hold, as a verifier of somebody else's may give them. */
const foreign: readonly (readonly [
  why: string,
  reason: AccessTokenErrorReason,
  claims: AccessTokenClaims,
])[] = [
  ["exp of no number", "expired", { exp: NaN }],
  ["exp of infinity", "expired", { exp: Infinity }],
  ["exp of a bigint", "expired", { exp: 9_999_999_999n }],
  ["exp of a Date", "expired", { exp: new Date(9_999_999_999_000) }],
  ["nbf of no number", "not_yet_valid", { nbf: NaN }],
  ["iat of no number", "not_yet_valid", { iat: NaN }],
  ["aud of a URL object", "wrong_audience", { aud: new URL(RESOURCE) }],
  ["aud of a String object", "wrong_audience", { aud: Object(RESOURCE) }],
];

for (const [why, reason, claims] of foreign) {
  test(`accessTokenJudge() refuses ${why}`, () => {
    assertEquals(reasonFor(claims), reason);
  });
}

/** Claims that are as good as the usual ones. */
const accepted: readonly (readonly [why: string, claims: AccessTokenClaims])[] =
  [
    ["nothing unusual", {}],
    ["no iat", { iat: undefined }],
    ["iat in 30 s", { iat: NOW + 30 }],
    ["iat long ago", { iat: 0 }],
    ["nbf now", { nbf: NOW }],
    ["nbf in 30 s", { nbf: NOW + 30 }],
    ["exp 29.999 s ago", { exp: NOW - 29.999 }],
    ["exp in the year 31 690", { exp: 1e12 }],
    ["exp of 1e15", { exp: 1e15 }],
    ["exp of 1e18", { exp: 1e18 }],
    ["exp of a fraction", { exp: NOW + 0.5 }],
    ["aud in a list", { aud: [RESOURCE] }],
    ["aud among others", { aud: ["account", 7, null, RESOURCE] }],
    ["aud with its scheme in capitals", { aud: "HTTP://localhost:8787/mcp" }],
    ["aud with its host in capitals", { aud: "http://LocalHost:8787/mcp" }],
    ["no sub", { sub: undefined }],
  ];

for (const [why, claims] of accepted) {
  test(`accessTokenJudge() accepts ${why}`, () => {
    assertEquals(accept(claims).token, "the.access.token");
  });
}

/** Two identities, and whether one is the other. */
const identities: readonly (readonly [
  why: string,
  resource: string,
  aud: string,
  same: boolean,
])[] = [
  ["an origin with a slash", "https://h", "https://h/", true],
  ["an origin without the slash", "https://h/", "https://h", true],
  ["an origin in capitals", "https://h", "HTTPS://H/", true],
  ["the default port", "https://h/mcp", "https://h:443/mcp", true],
  ["no default port", "https://h:443/mcp", "https://h/mcp", true],
  [
    "capitals that were configured",
    "https://H.example/mcp",
    "https://h.example/mcp",
    true,
  ],
  ["http's default port", "https://h/mcp", "https://h:80/mcp", false],
  ["a path below an origin", "https://h", "https://h/mcp", false],
  ["the origin above a path", "https://h/mcp", "https://h/", false],
  ["two slashes for a path", "https://h", "https://h//", false],
  ["no slash at a path's end", "https://h/mcp/", "https://h/mcp", false],
  [
    "a host that a backslash ends",
    "https://h",
    "https://h\\@evil.example/",
    false,
  ],
  ["a host with a dot at its end", "https://h", "https://h.", false],
  [
    "a host of other letters that look alike",
    "https://h",
    "https://\uff48",
    false,
  ],
];

for (const [why, resource, aud, same] of identities) {
  test(`accessTokenJudge() takes ${why} for ${same ? "the" : "another"} resource`, () => {
    const by = accessTokenJudge({ ...RULES, resource });
    if (same) by.check(claimsWith({ aud }));
    else assertEquals(reasonFor({ aud }, by), "wrong_audience");
  });
}

test("accessTokenJudge() expects each issuer's own audience", () => {
  const other = "https://login.example/v2.0";
  const by = accessTokenJudge({
    ...RULES,
    issuers: [ISSUER, other],
    rules: { [other]: { audience: ["api://notes", "https://Notes.example/"] } },
  });
  by.check(claimsWith({ iss: ISSUER, aud: RESOURCE }));
  by.check(claimsWith({ iss: other, aud: "api://notes" }));
  by.check(claimsWith({ iss: other, aud: ["https://notes.example"] }));
  for (const [iss, aud] of [[other, RESOURCE], [ISSUER, "api://notes"]]) {
    assertEquals(reasonFor({ iss, aud }, by), "wrong_audience");
  }
});

test("accessTokenJudge() takes an audience that is no URL to the byte", () => {
  const by = accessTokenJudge({
    ...RULES,
    rules: { [ISSUER]: { audience: "Notes-API" } },
  });
  by.check(claimsWith({ aud: "Notes-API" }));
  assertEquals(reasonFor({ aud: "notes-api" }, by), "wrong_audience");
  assertEquals(reasonFor({ aud: RESOURCE }, by), "wrong_audience");
});

for (const clockToleranceSeconds of [0, 300]) {
  test(`accessTokenJudge() tolerates clocks that differ by ${clockToleranceSeconds} s, and no more`, () => {
    const by = accessTokenJudge({ ...RULES, clockToleranceSeconds });
    const exp = NOW - clockToleranceSeconds;
    const nbf = NOW + clockToleranceSeconds;
    by.check(claimsWith({ exp: exp + 0.001, nbf, iat: nbf }));
    assertEquals(reasonFor({ exp }, by), "expired");
    assertEquals(reasonFor({ nbf: nbf + 0.001 }, by), "not_yet_valid");
    assertEquals(reasonFor({ iat: nbf + 0.001 }, by), "not_yet_valid");
  });
}

/** Several things are wrong with a token, and the first of them is told. */
const firsts: readonly (readonly [
  reason: AccessTokenErrorReason,
  claims: AccessTokenClaims,
])[] = [
  ["missing_claim", { aud: undefined, iss: "https://evil.example" }],
  ["untrusted_issuer", { iss: "https://evil.example", aud: "x", exp: 0 }],
  ["wrong_audience", { aud: "x", exp: 0, cnf: {} }],
  ["expired", { exp: 0, nbf: 1e12, cnf: {} }],
  ["not_yet_valid", { nbf: 1e12, cnf: {} }],
];

for (const [reason, claims] of firsts) {
  test(`accessTokenJudge() tells of ${reason} before what comes after it`, () => {
    assertEquals(reasonFor(claims), reason);
  });
}

test("accept() gives what the MCP SDK calls AuthInfo, and no more", () => {
  const claims = claimsWith({ scope: "notes:read notes:write" });
  const authInfo = judge.accept("the.access.token", claims);
  const forTheSdk: SdkAuthInfo = authInfo;
  assertEquals(forTheSdk, {
    token: "the.access.token",
    clientId: "client-1",
    scopes: ["notes:read", "notes:write"],
    expiresAt: NOW + 300,
    resource: new URL(RESOURCE),
    extra: { iss: ISSUER, sub: "user-1", claims },
  });
  assert(authInfo.resource instanceof URL);
  assertEquals(typeof authInfo.expiresAt, "number");
});

test("accept() gives a frozen extra", () => {
  const { extra } = accept({});
  assert(Object.isFrozen(extra));
});

/** Claims, and the scopes that they grant. */
const scopes: readonly (readonly [
  why: string,
  claims: AccessTokenClaims,
  scopes: readonly string[],
])[] = [
  ["no scope claim", {}, []],
  ["a scope string", { scope: "a b" }, ["a", "b"]],
  ["a scope list", { scope: ["a", "b"] }, ["a", "b"]],
  ["a scope list of strings with spaces", { scope: ["a b", "c"] }, [
    "a",
    "b",
    "c",
  ]],
  ["an scp string (Entra)", { scp: "a b" }, ["a", "b"]],
  ["an scp list (Okta, Ory)", { scp: ["a", "b"] }, ["a", "b"]],
  ["scope before scp", { scope: "a", scp: "b" }, ["a"]],
  ["an empty scope before scp", { scope: "", scp: "admin" }, []],
  ["scp where scope is null", { scope: null, scp: "b" }, ["b"]],
  ["spaces around and between", { scope: "  a   b " }, ["a", "b"]],
  ["a scope twice", { scope: "a b a" }, ["a", "b"]],
  ["one odd scope of two with a tab between", { scope: "a\tb" }, ["a\tb"]],
  ["one odd scope of two with a line feed between", { scope: "a\nb c" }, [
    "a\nb",
    "c",
  ]],
  ["one odd scope of two with a comma between", { scope: "a,b" }, ["a,b"]],
  ["no scope of other types", { scope: ["a", 1, null, ["b"], {}] }, ["a"]],
  ["no scope of a number", { scope: 1 }, []],
  ["no scope of an object", { scope: { admin: true } }, []],
  ["no scope of true", { scope: true }, []],
  ["names of Object's members", { scope: "__proto__ constructor" }, [
    "__proto__",
    "constructor",
  ]],
];

for (const [why, claims, granted] of scopes) {
  test(`accept() reads ${why}`, () => {
    assertEquals(accept(claims).scopes, granted as string[]);
  });
}

/** Claims, and the client that they name. */
const clients: readonly (readonly [
  why: string,
  claims: AccessTokenClaims,
  clientId: string,
])[] = [
  ["client_id", { client_id: "a" }, "a"],
  ["client_id before azp and cid", { client_id: "a", azp: "b", cid: "c" }, "a"],
  ["azp (Keycloak, Entra)", { client_id: undefined, azp: "b", cid: "c" }, "b"],
  ["cid (Okta)", { client_id: undefined, cid: "c" }, "c"],
  ["azp where client_id is no string", { client_id: 1, azp: "b" }, "b"],
  ["no client, and never sub", { client_id: undefined, sub: "user-1" }, ""],
  ["no client of a list", { client_id: ["a"] }, ""],
];

for (const [why, claims, clientId] of clients) {
  test(`accept() names ${why}`, () => {
    assertEquals(accept(claims).clientId, clientId);
  });
}

test("accept() reads no claim that is inherited", () => {
  const claims = JSON.parse(
    JSON.stringify(claimsWith({ client_id: undefined })).replace(
      "{",
      '{"__proto__":{"scope":"admin","client_id":"evil","cnf":{}},',
    ),
  );
  const { scopes, clientId } = judge.accept("the.access.token", claims);
  assertEquals(scopes, []);
  assertEquals(clientId, "");
});

test("accept() gives each caller a list and a URL of its own", () => {
  const [first, second] = [accept({ scope: "a" }), accept({ scope: "a" })];
  first.scopes.push("admin");
  first.resource!.pathname = "/elsewhere";
  assertEquals(second.scopes, ["a"]);
  assertEquals(second.resource?.href, RESOURCE);
  assertEquals(accept({ scope: "a" }).resource?.href, RESOURCE);
});

test("accept() grants a remembered token what it grants, whatever an earlier handler did to its list", () => {
  const claims = Object.freeze(claimsWith({ scope: "a" }));
  const first = judge.accept("the.access.token", claims);
  first.scopes.push("admin");
  assertEquals(judge.accept("the.access.token", claims).scopes, ["a"]);
});

test("accept() reads claims anew that could have changed", () => {
  const claims: Record<string, unknown> = { ...claimsWith({ scope: "admin" }) };
  assertEquals(judge.accept("the.access.token", claims).scopes, ["admin"]);
  Object.assign(claims, { scope: "a", client_id: "client-2", sub: "user-2" });
  const { scopes, clientId, extra } = judge.accept("the.access.token", claims);
  assertEquals(scopes, ["a"]);
  assertEquals(clientId, "client-2");
  assertEquals(extra?.sub, "user-2");
});

const judgeOfTwo = accessTokenJudge({
  ...RULES,
  issuers: [ISSUER, OTHER],
  rules: { [OTHER]: { audience: "api://other" } },
});

/** Claims, why they are refused, and what the log is told of that. */
const compared: readonly (readonly [
  why: string,
  claims: AccessTokenClaims,
  reason: AccessTokenErrorReason,
  expected: readonly string[],
  received: readonly string[] | undefined,
])[] = [
  ["no issuer", { iss: undefined }, "missing_claim", ["iss"], undefined],
  ["no audience", { aud: undefined }, "missing_claim", ["aud"], undefined],
  ["no expiry", { exp: undefined }, "missing_claim", ["exp"], undefined],
  [
    "another issuer",
    { iss: "https://evil.example" },
    "untrusted_issuer",
    [ISSUER, OTHER],
    ["https://evil.example"],
  ],
  ["an issuer that is no string", { iss: { a: 1 } }, "untrusted_issuer", [
    ISSUER,
    OTHER,
  ], ["object"]],
  ["other audiences", { aud: ["a", "b"] }, "wrong_audience", [RESOURCE], [
    "a",
    "b",
  ]],
  [
    "another issuer's audience",
    { iss: OTHER, aud: RESOURCE },
    "wrong_audience",
    ["api://other"],
    [RESOURCE],
  ],
  ["no audience among them", { aud: [] }, "wrong_audience", [RESOURCE], []],
  ["its end", { exp: NOW - 30 }, "expired", [`exp after ${NOW - 30}`], [
    `${NOW - 30}`,
  ]],
  ["its beginning", { nbf: NOW + 31 }, "not_yet_valid", [
    `nbf until ${NOW + 30}`,
  ], [`${NOW + 31}`]],
  ["when it was issued", { iat: NOW + 31 }, "not_yet_valid", [
    `iat until ${NOW + 30}`,
  ], [`${NOW + 31}`]],
  ["a binding", { cnf: { jkt: "CANARY" } }, "unsupported_confirmation", [
    "no cnf",
  ], ["jkt"]],
  [
    "a forger who writes a log",
    { aud: "x\n2027 accepted\u001b[2K" },
    "wrong_audience",
    [
      RESOURCE,
    ],
    ["x\\u{a}2027 accepted\\u{1b}[2K"],
  ],
  [
    "a forger who fills a disk",
    { aud: Array(9999).fill("x".repeat(999)) },
    "wrong_audience",
    [
      RESOURCE,
    ],
    Array(16).fill(`${"x".repeat(256)}…`),
  ],
];

for (const [why, claims, reason, expected, received] of compared) {
  test(`check() tells the log what it compared: ${why}`, () => {
    const error = assertThrows(
      () => judgeOfTwo.check(claimsWith({ ...claims, sub: "CANARY" })),
      AccessTokenError,
    );
    assertEquals(error.message, `Cannot accept access token: ${reason}`);
    assertEquals(error.expected, expected);
    assertEquals(error.received, received);
    assertFalse(`${error.stack}${JSON.stringify(error)}`.includes("CANARY"));
  });
}

test("accessTokenJudge() cannot be made with rules for an issuer that is not trusted", () => {
  for (const stranger of ["https://evil.example", `${ISSUER}/`]) {
    assertThrows(
      () => accessTokenJudge({ ...RULES, rules: { [stranger]: {} } }),
      TypeError,
      `issuers["${stranger}"]: it is not one of authorization_servers`,
    );
  }
});
