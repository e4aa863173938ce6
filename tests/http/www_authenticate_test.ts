import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { extractWWWAuthenticateParams as readAsSdk2 } from "@modelcontextprotocol/client";
import { extractWWWAuthenticateParams as readAsSdk1 } from "@modelcontextprotocol/sdk/client/auth.js";
import { test } from "node:test";
import {
  formatChallenge,
  parseChallenges,
} from "../../src/http/www_authenticate.ts";

type Read = readonly (readonly [scheme: string, params: object])[];

const readable: readonly (readonly [why: string, field: string, read: Read])[] =
  [
    ["an empty field as no challenge", "", []],
    ["commas with nothing between them as no challenge", ", ,\t,", []],
    ["a lone scheme", "Bearer", [["bearer", {}]]],
    ["RFC 6750's challenge without a token", 'Bearer realm="example"', [
      ["bearer", { realm: "example" }],
    ]],
    [
      "RFC 6750's challenge for an expired token",
      'Bearer realm="example", error="invalid_token", error_description="The access token expired"',
      [["bearer", {
        realm: "example",
        error: "invalid_token",
        error_description: "The access token expired",
      }]],
    ],
    [
      "RFC 9110's example of two challenges",
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [["basic", { realm: "simple" }], ["newauth", {
        realm: "apps",
        type: "1",
        title: 'Login to "apps"',
      }]],
    ],
    [
      "RFC 9449's example, whose first scheme has no parameter",
      'Bearer, DPoP algs="ES256 PS256"',
      [["bearer", {}], ["dpop", { algs: "ES256 PS256" }]],
    ],
    [
      "the same parameter of two schemes",
      "Bearer error=a, DPoP error=b",
      [["bearer", { error: "a" }], ["dpop", { error: "b" }]],
    ],
    ["scheme and names in any case", "BEARER Realm=X", [
      ["bearer", { realm: "X" }],
    ]],
    ["bad white space around an equals sign", "Bearer a\t= \t1 , b =2", [
      ["bearer", { a: "1", b: "2" }],
    ]],
    ["several spaces behind the scheme", "Bearer   a=1", [
      ["bearer", { a: "1" }],
    ]],
    ["empty elements among the parameters", ",Bearer a=1,, ,b=2,", [
      ["bearer", { a: "1", b: "2" }],
    ]],
    ["an empty quoted-string", 'Bearer a=""', [["bearer", { a: "" }]]],
    [
      "what looks like a challenge inside quotes as text",
      'Bearer a="b, Basic c=d, e=\\"f"',
      [["bearer", { a: 'b, Basic c=d, e="f' }]],
    ],
    [
      "an escaped backslash before the closing quote",
      'Bearer a="\\\\", DPoP',
      [["bearer", { a: "\\" }], ["dpop", {}]],
    ],
    [
      "an escaped letter as that letter",
      'Bearer a="\\n\\u0041"',
      [["bearer", { a: "nu0041" }]],
    ],
    ["every character that a token may have", "!#$%&'*+-.^_`|~09azAZ", [
      ["!#$%&'*+-.^_`|~09azaz", {}],
    ]],
    [
      "parameters that are named like what every object has",
      "Bearer constructor=a, toString=b, __proto__=c",
      [["bearer", { constructor: "a", tostring: "b", ["__proto__"]: "c" }]],
    ],
  ];

for (const [why, field, read] of readable) {
  test(`parseChallenges() reads ${why}`, () => {
    assertEquals(
      parseChallenges(field).map(({ scheme, params }) => [scheme, params]),
      read.map(([scheme, params]) => [scheme, params]),
    );
  });
}

const unreadable: readonly (readonly [why: string, field: string])[] = [
  ["a quoted-string without an end", 'Bearer a="b'],
  ["a quoted-string that ends in a backslash", 'Bearer a="b\\"'],
  ["text right behind a quoted-string", 'Bearer a="b"c'],
  ["two quoted-strings in a row", 'Bearer a="b""c"'],
  ["a URL without quotes", "Bearer resource_metadata=https://h/x"],
  ["a parameter without a scheme", 'realm="x"'],
  ["a parameter without a value", "Bearer a="],
  ["a parameter without a name", 'Bearer ="a"'],
  ["a quoted name", 'Bearer "a"=b'],
  ["a quoted scheme", '"Bearer" a=b'],
  ["two schemes without a comma", "Bearer DPoP a=b"],
  ["two parameters without a comma", "Bearer a=b c=d"],
  ["semicolons for commas", "Bearer a=b; c=d"],
  ["a parameter that comes again", 'Bearer scope="a", error=x, Scope="b"'],
  [
    "a parameter named __proto__ that comes again",
    "A __proto__=a, __proto__=b",
  ],
  ["a token68", "Negotiate YWJj"],
  ["a token68 with padding", "Negotiate YWJj=="],
  ["a colon", "Bearer a=b:c"],
  ["a line break", "Bearer a=b,\r\n c=d"],
  ["a letter outside ASCII", "Béarer"],
];

for (const [why, field] of unreadable) {
  test(`parseChallenges() throws a SyntaxError at ${why}`, () => {
    assertThrows(() => parseChallenges(field), SyntaxError, "Cannot read");
  });
}

test("parseChallenges() says at which offset it stopped", () => {
  assertThrows(
    () => parseChallenges("  Bearer a=b, (c"),
    SyntaxError,
    "at offset 14",
  );
  assertThrows(() => parseChallenges("Bearer a="), SyntaxError, "too early");
});

test("parseChallenges() keeps what it could not read out of its message", () => {
  for (const field of ['Bearer SECRET="', "SECRET=a", "Bearer SECRET SECRET"]) {
    const { message } = assertThrows(() => parseChallenges(field), SyntaxError);
    assertFalse(message.includes("SECRET"));
  }
});

/** Fields over which a pattern that goes back, or a copy for each step, would not end in a test's time. */
const floods: readonly (readonly [why: string, field: string])[] = [
  ["white space", `Bearer${" ".repeat(3e5)}(`],
  ["white space before each equals sign", `Bearer a${" \t".repeat(2e5)}`],
  ["open quotes", `Bearer a="${"\\".repeat(3e5 + 1)}`],
  ["quotes", `Bearer a=${'"'.repeat(3e5 + 1)}`],
  ["token characters", `${"a".repeat(3e5)}(`],
];

for (const [why, field] of floods) {
  test(`parseChallenges() gives up on a flood of ${why} in one pass`, () => {
    assertThrows(() => parseChallenges(field), SyntaxError);
  });
}

test("parseChallenges() reads a hundred thousand challenges in one pass", () => {
  assertEquals(parseChallenges("A a=b,".repeat(1e5)).length, 1e5);
});

const SCOPED = {
  error: "insufficient_scope",
  scope: "notes:read notes:write",
  resource_metadata: "https://h/.well-known/oauth-protected-resource/mcp",
};

test("formatChallenge() quotes every value, in the order given", () => {
  assertEquals(
    formatChallenge({ scheme: "Bearer", params: { b: "1", a: "", c: "x=y" } }),
    'Bearer b="1", a="", c="x=y"',
  );
});

test("formatChallenge() leaves undefined parameters out, and the space with them", () => {
  assertEquals(
    formatChallenge({ scheme: "Bearer", params: { error: undefined } }),
    "Bearer",
  );
});

const unwritable: readonly (readonly [why: string, value: string])[] = [
  ["a line break, which would begin another field", "a\r\nSet-Cookie: b=c"],
  ["a line feed alone", "a\n"],
  ["a null character", "\0"],
  ["a tab", "a\tb"],
  ["a delete character", "a\x7f"],
  ["a letter outside ASCII", "caf\u00e9"],
  ["a line separator", "a\u2028"],
];

for (const [why, value] of unwritable) {
  test(`formatChallenge() throws a TypeError at ${why}`, () => {
    const { message } = assertThrows(
      () => formatChallenge({ scheme: "Bearer", params: { realm: value } }),
      TypeError,
    );
    assert(message.includes("realm"));
    assertFalse(message.includes(value));
  });
}

test("parseChallenges() gives every value back that formatChallenge() wrote", () => {
  const every = Array.from(
    { length: 95 },
    (_, i) => String.fromCharCode(32 + i),
  );
  for (const value of ["", '"', "\\", '\\"', '", Basic a="', every.join("")]) {
    const field = formatChallenge({ scheme: "x", params: { a: value, b: "" } });
    assertEquals(parseChallenges(field)[0]?.params, { a: value, b: "" });
  }
});

interface Found {
  readonly scope: string | undefined;
  readonly metadata: string | undefined;
}

/** What shipped clients make of a field: each looks for its parameters with a pattern that is not anchored. */
const clients: readonly (readonly [
  client: string,
  read: (field: string) => Found,
])[] = [
  ["the MCP SDK's version 1", (field) => fieldsOf(readAsSdk1(refused(field)))],
  ["the MCP SDK's version 2", (field) => fieldsOf(readAsSdk2(refused(field)))],
  ["the Python SDK", (field) => ({
    scope: /scope=(?:"([^"]+)"|([^\s,]+))/.exec(field)?.[1],
    metadata: /resource_metadata=(?:"([^"]+)"|([^\s,]+))/.exec(field)?.[1],
  })],
];

for (const [client, read] of clients) {
  test(`formatChallenge() is understood by ${client}, free text behind it or not`, () => {
    for (const error_description of [undefined, "Needs scope=x, error=y"]) {
      const params = { ...SCOPED, error_description };
      assertEquals(read(formatChallenge({ scheme: "Bearer", params })), {
        scope: SCOPED.scope,
        metadata: SCOPED.resource_metadata,
      });
    }
  });
}

function refused(field: string): Response {
  return new Response(null, {
    status: 401,
    headers: { "www-authenticate": field },
  });
}

function fieldsOf(
  { scope, resourceMetadataUrl }: ReturnType<typeof readAsSdk1>,
): Found {
  return { scope, metadata: `${resourceMetadataUrl}` };
}
