import { assertEquals, assertNotEquals } from "@std/assert";
import { test } from "node:test";
import { identityOf, writeIdentity } from "../../src/gateway/identity.ts";
import type { AuthInfo } from "../../src/types.ts";

function told(claims: Record<string, unknown>): Record<string, string> {
  const { sub, iss } = claims;
  const caller: AuthInfo = {
    token: "t",
    clientId: "c",
    scopes: [],
    extra: { sub, iss, claims },
  };
  const headers = new Headers();
  writeIdentity(headers, identityOf(caller));
  return Object.fromEntries(headers);
}

/** Claims, and what the upstream is told. */
const CALLERS: readonly (readonly [
  why: string,
  claims: Record<string, unknown>,
  headers: Record<string, string>,
])[] = [
  ["a user", { sub: "user-1" }, { "x-forwarded-user": "user-1" }],
  ["all that a token can say", {
    sub: "auth0|1",
    email: "ada@example.com",
    groups: ["staff", "admins"],
  }, {
    "x-forwarded-user": "auth0|1",
    "x-forwarded-email": "ada@example.com",
    "x-forwarded-groups": "staff,admins",
  }],
  ["white space and line feeds", { sub: " admin\r\n" }, {
    "x-forwarded-user": "%20admin%0D%0A",
  }],
  ["a percent sign", { sub: "50%25" }, { "x-forwarded-user": "50%2525" }],
  ["what is not ASCII", { sub: "zoë 😀" }, {
    "x-forwarded-user": "zo%C3%AB%20%F0%9F%98%80",
  }],
  ["control characters", { sub: "a\0\x7f\t" }, {
    "x-forwarded-user": "a%00%7F%09",
  }],
  ["a comma in a group, and in a name", { sub: "a,b", groups: ["a,b", "c"] }, {
    "x-forwarded-user": "a,b",
    "x-forwarded-groups": "a%2Cb,c",
  }],
  ["one group that is not in an array", { groups: "staff" }, {
    "x-forwarded-groups": "staff",
  }],
  ["nobody", {}, {}],
  ["no strings", { sub: 1, email: ["a"], groups: [1, "admins"] }, {}],
  ["empty strings", { sub: "", email: "", groups: [""] }, {}],
  ["an empty list", { groups: [] }, {}],
  ["an address that was not verified", {
    email: "root@example.com",
    email_verified: false,
  }, {}],
  ["an address that was verified", {
    email: "ada@example.com",
    email_verified: true,
  }, { "x-forwarded-email": "ada@example.com" }],
];

for (const [why, claims, headers] of CALLERS) {
  test(`writeIdentity() writes ${why}`, () => {
    assertEquals(told(claims), headers);
  });
}

/** Two subjects that some encoding makes one. */
const PAIRS: readonly (readonly [one: string, other: string])[] = [
  ["admin", "admin\n"],
  ["admin", " admin"],
  ["admin", "ad\0min"],
  ["a%20b", "a b"],
  ["\ud800", "\ufffd"],
  ["\ud800", "\udc00"],
  ["é", "e\u0301"],
  ["é", "Ã©"],
];

for (const [one, other] of PAIRS) {
  test(`writeIdentity() tells ${JSON.stringify(one)} from ${JSON.stringify(other)}`, () => {
    assertNotEquals(told({ sub: one }), told({ sub: other }));
    assertNotEquals(told({ groups: [one] }), told({ groups: [other] }));
  });
}

test("writeIdentity() tells two groups from one that has a comma", () => {
  assertNotEquals(told({ groups: ["a", "b"] }), told({ groups: ["a,b"] }));
});
