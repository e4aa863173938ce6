import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  checkToken,
  type Credentials,
  credentialsReader,
} from "../../src/http/credentials.ts";
import { AccessTokenError } from "../../src/errors.ts";

const readCredentials = credentialsReader();
const readBoth = credentialsReader("bearer|dpop");

/** The token of a request, with its characters checked. */
function readBearerToken(request: Request): string {
  const { reason, token } = readCredentials(request);
  if (reason !== undefined) throw new AccessTokenError(reason);
  return checkToken(token);
}

function hasCredentials(request: Request): boolean {
  return readCredentials(request).reason !== "no_credentials";
}

const RESOURCE = "https://notes.example.com/mcp";
const B64TOKEN = "azAZ09-._~+/==";

const tokens:
  readonly (readonly [why: string, field: string, token: string])[] = [
    ["every character of RFC 6750", `Bearer ${B64TOKEN}`, B64TOKEN],
    ["a scheme in lower case", "bearer abc", "abc"],
    ["a scheme in upper case", "BEARER abc", "abc"],
    ["several spaces", "Bearer   abc", "abc"],
    ["white space around the whole field", " \tBearer abc \t", "abc"],
    ["the longest field", fieldOf(16_384), fieldOf(16_384).slice(7)],
    ["a token that is another scheme's name", "Bearer Basic", "Basic"],
  ];

for (const [why, field, token] of tokens) {
  test(`credentialsReader() reads ${why}`, () => {
    assertEquals(readBearerToken(request(field)), token);
  });
}

const refused: readonly (readonly [
  why: string,
  field: string,
  reason: AccessTokenError["reason"],
])[] = [
  ["a scheme alone", "Bearer", "malformed_token"],
  ["a scheme and spaces", "Bearer  ", "malformed_token"],
  ["padding alone", "Bearer ==", "malformed_token"],
  ["padding in the middle", "Bearer a=b", "malformed_token"],
  ["a space within", "Bearer abc def", "malformed_token"],
  ["a tab within", "Bearer abc\tdef", "malformed_token"],
  ["a tab behind the space", "Bearer \tabc", "malformed_token"],
  ["quotes", 'Bearer "abc"', "malformed_token"],
  ["a percent sign", "Bearer a%20b", "malformed_token"],
  ["a colon", "Bearer a:b", "malformed_token"],
  ["a letter outside ASCII", "Bearer caf\u00e9", "malformed_token"],
  ["a field of one character too many", fieldOf(16_385), "malformed_token"],
  ["a megabyte", fieldOf(2 ** 20), "malformed_token"],
  ["a tab behind the scheme", "Bearer\tabc", "unsupported_scheme"],
  ["no space behind the scheme", "Bearerabc", "unsupported_scheme"],
  ["an equals sign behind the scheme", "Bearer=abc", "unsupported_scheme"],
  ["an empty field", "", "unsupported_scheme"],
  ["a token without a scheme", "abc", "unsupported_scheme"],
  ["Basic", "Basic YTpi", "unsupported_scheme"],
  ["DPoP", "DPoP abc", "unsupported_scheme"],
  ["a scheme that only begins like it", "BearerX abc", "unsupported_scheme"],
  ["a scheme that only ends like it", "XBearer abc", "unsupported_scheme"],
  ["a scheme that only ends like it, alone", "XBearer", "unsupported_scheme"],
  [
    "Digest, which has commas of its own",
    'Digest a="b", c=d',
    "unsupported_scheme",
  ],
  ["two tokens", "Bearer abc, Bearer def", "multiple_credentials"],
  ["the same token twice", "Bearer abc, Bearer abc", "multiple_credentials"],
  [
    "a token and another scheme",
    "Bearer abc, Basic YTpi",
    "multiple_credentials",
  ],
  [
    "another scheme and a token",
    "Basic YTpi, bearer abc",
    "multiple_credentials",
  ],
  [
    "another scheme and an empty token",
    "Basic YTpi,Bearer",
    "multiple_credentials",
  ],
  ["two empty tokens", "Bearer, Bearer", "multiple_credentials"],
  [
    "two tokens of a megabyte",
    `${fieldOf(2 ** 20)},Bearer a`,
    "multiple_credentials",
  ],
];

for (const [why, field, reason] of refused) {
  test(`credentialsReader() refuses ${why} as ${reason}`, () => {
    assertEquals(reasonFor(request(field)), reason);
  });
}

test("credentialsReader() rejects a request with two Authorization headers", () => {
  const headers = new Headers();
  headers.append("authorization", "Bearer abc");
  headers.append("authorization", "Bearer def");
  assertEquals(
    reasonFor(new Request(RESOURCE, { headers })),
    "multiple_credentials",
  );
});

test("credentialsReader() refuses a request without credentials", () => {
  assertEquals(reasonFor(request()), "no_credentials");
});

const queries: readonly (readonly [why: string, query: string, is: boolean])[] =
  [
    ["as it is", "?access_token=abc", true],
    ["behind another parameter", "?a=b&access_token=abc", true],
    ["without a value", "?access_token", true],
    ["with an encoded underscore", "?access%5Ftoken=abc", true],
    ["with an encoded letter", "?%61ccess_token=abc", true],
    [
      "with every character encoded",
      "?%61%63%63%65%73%73%5f%74%6F%6b%65%6E",
      true,
    ],
    ["at the end of many", `?${"a&".repeat(1000)}access_token#a`, true],
    ["encoded twice", "?access%255Ftoken=abc", false],
    ["as the beginning of a name", "?access_tokens=abc", false],
    ["behind another question mark", "?a?access_token=abc", false],
    ["behind another parameter in the path", "/&access_token=abc?a", false],
    ["in another case, which is another parameter", "?Access_Token=abc", false],
    ["as a value", "?a=access_token", false],
    ["as the end of a name", "?my_access_token=abc", false],
    ["in the fragment", "#?access_token=abc", false],
    ["in the path", "/access_token=abc", false],
  ];

for (const [why, query, is] of queries) {
  const verb = is ? "refuses" : "passes over";
  test(`credentialsReader() ${verb} access_token in a URL ${why}`, () => {
    const url = `${RESOURCE}${query}`;
    assertEquals(
      reasonFor(request(undefined, url)),
      is ? "unsupported_scheme" : "no_credentials",
    );
    assertEquals(
      reasonFor(request("Bearer abc", url)),
      is ? "multiple_credentials" : undefined,
    );
    assertEquals(hasCredentials(request(undefined, url)), is);
  });
}

/** Deno hands on the Host that the client sent, and `URL` would throw, or take quadratic time. */
test("credentialsReader() reads a query behind any host", () => {
  for (const host of ["a%", `a${"%CC%96%CC%80".repeat(2000)}`]) {
    const url = `http://${host}/mcp?access_token=abc`;
    const raw = Object.defineProperty(request(), "url", { value: url });
    assertEquals(hasCredentials(raw), true);
  }
});

test("credentialsReader() keeps the token out of its error", () => {
  for (const field of ["Bearer SECRET%", "SECRET", "Bearer SECRET, Bearer a"]) {
    const error = assertThrows(
      () => readBearerToken(request(field)),
      AccessTokenError,
    );
    assertFalse(
      `${error.message}${error.stack}${error.cause}`.includes("SECRET"),
    );
  }
});

const carried:
  readonly (readonly [why: string, field: string | undefined, is: boolean])[] =
    [
      ["a token", "Bearer abc", true],
      ["a token that is none", "Bearer", true],
      ["another scheme", "Basic YTpi", true],
      ["an empty field", "", true],
      ["no field", undefined, false],
    ];

for (const [why, field, is] of carried) {
  test(`credentialsReader() ${is ? "finds" : "misses"} credentials in ${why}`, () => {
    assertEquals(hasCredentials(request(field)), is);
  });
}

function request(field?: string, url: string = RESOURCE): Request {
  return new Request(url, {
    headers: field === undefined ? {} : { authorization: field },
  });
}

function fieldOf(length: number): string {
  return `Bearer ${"a".repeat(length - "Bearer ".length)}`;
}

/** Why the token is refused; `undefined` where it is not. */
function reasonFor(request: Request): string | undefined {
  try {
    readBearerToken(request);
    return undefined;
  } catch (error) {
    if (error instanceof AccessTokenError) return error.reason;
    throw error;
  }
}

test("credentialsReader() leaves the characters of a token to checkToken()", () => {
  const { token } = readCredentials(request('Bearer "abc"'));
  assertEquals(token, '"abc"');
  const error = assertThrows(() => checkToken(token), AccessTokenError);
  assertEquals(error.reason, "malformed_token");
  assertEquals(checkToken(B64TOKEN), B64TOKEN);
});

const both: readonly (readonly [
  why: string,
  field: string,
  scheme: Credentials["scheme"],
  tokenOrReason: string,
])[] = [
  ["Bearer", "Bearer abc", "Bearer", "abc"],
  ["DPoP", "DPoP abc", "DPoP", "abc"],
  ["DPoP in lower case", "dpop abc", "DPoP", "abc"],
  ["DPoP in upper case and two spaces", "DPOP  abc", "DPoP", "abc"],
  ["DPoP without a token", "DPoP", "DPoP", "malformed_token"],
  ["a tab behind DPoP", "DPoP\tabc", undefined, "unsupported_scheme"],
  ["a scheme that begins like it", "DPoPx a", undefined, "unsupported_scheme"],
  ["a scheme that ends like it", "XDPoP a", undefined, "unsupported_scheme"],
  ["Basic", "Basic YTpi", undefined, "unsupported_scheme"],
  ["two tokens", "DPoP abc, DPoP def", "both", "multiple_credentials"],
  ["two schemes", "Bearer abc, DPoP abc", "both", "multiple_credentials"],
  ["them the other way", "DPoP abc,bearer abc", "both", "multiple_credentials"],
  ["another behind it", "DPoP abc, Basic x", "both", "multiple_credentials"],
  ["another before it", "Basic x, dpop", "both", "multiple_credentials"],
];

for (const [why, field, scheme, tokenOrReason] of both) {
  test(`credentialsReader("bearer|dpop") reads ${why}`, () => {
    const read = readBoth(request(field));
    assertEquals(read.scheme, scheme);
    assertEquals(read.reason ?? read.token, tokenOrReason);
  });
}
