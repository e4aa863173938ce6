import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { isPattern, namePattern } from "../../src/scopes/name_patterns.ts";

const READ = "resources/read";
const CALL = "tools/call";

/** Names, and whether a pattern covers them or a server may dispatch them to it nevertheless. */
const cases: readonly (readonly [
  why: string,
  method: string,
  pattern: string,
  name: string,
  match: "covers" | "may match" | "does not match",
])[] = [
  ["a segment", READ, "notes://h/{id}", "notes://h/1", "covers"],
  ["a segment in a host", READ, "notes://{id}", "notes://a", "covers"],
  ["a segment in an opaque path", READ, "notes:{id}", "notes:a", "covers"],
  [
    "a part of a segment",
    READ,
    "notes://h/a-{id}.txt",
    "notes://h/a-1.txt",
    "covers",
  ],
  ["segments", READ, "notes://h/{a}/{b}", "notes://h/1/2", "covers"],
  ["a dotted name", READ, "notes://h/{user.id}", "notes://h/1", "covers"],
  ["a literal query", READ, "notes://h/a?b={c}", "notes://h/a?b=1", "covers"],
  ["a literal fragment", READ, "notes://h/a#{b}", "notes://h/a#1", "covers"],
  ["the rest", READ, "notes://h/{+path}", "notes://h/a/b/c", "covers"],
  ["the rest by a star", READ, "notes://h/*", "notes://h/a/b", "covers"],
  ["nothing, by a star", READ, "notes://h/*", "notes://h/", "covers"],
  [
    "a segment and the rest",
    READ,
    "notes://{user}/*",
    "notes://a/b/c",
    "covers",
  ],
  [
    "a segment with the rest behind it",
    READ,
    "notes://h/{id}*",
    "notes://h/a/b",
    "covers",
  ],
  [
    "spaces and other letters",
    READ,
    "notes://h/{id}",
    "notes://h/é 1",
    "covers",
  ],
  ["an escaped slash", READ, "notes://h/{id}", "notes://h/a%2Fb", "covers"],
  [
    "letters that need escapes",
    READ,
    "notes://h/é/{id}",
    "notes://h/é/1",
    "covers",
  ],
  ["their escapes", READ, "notes://h/é/{id}", "notes://h/%C3%A9/1", "covers"],
  [
    "a host in capitals as URL writes it",
    READ,
    "https://H.example/{id}",
    "https://h.example/1",
    "covers",
  ],
  [
    "characters that mean something in a regular expression",
    READ,
    "notes://h/(a)[b]+$^|.{id}",
    "notes://h/(a)[b]+$^|.1",
    "covers",
  ],
  ["a query of one", READ, "notes://h/a{?q}", "notes://h/a?q=1", "covers"],
  [
    "a query of two",
    READ,
    "notes://h/a{?q,page.no}",
    "notes://h/a?q=a/b,c&page.no=2",
    "covers",
  ],
  [
    "a segment and a query",
    READ,
    "notes://h/{id}{?q}",
    "notes://h/1?q=1",
    "covers",
  ],
  [
    "the rest and a query",
    READ,
    "notes://h/{+p}{?q}",
    "notes://h/1/2?q=1",
    "covers",
  ],
  [
    "a query behind a star",
    READ,
    "notes://h/*{?q}",
    "notes://h/1/2?q=1",
    "covers",
  ],
  ["the beginning of a tool's name", CALL, "admin_*", "admin_purge", "covers"],
  ["a line break in the rest", CALL, "admin_*", "admin_\nx", "covers"],
  ["a line break in a segment", CALL, "{x}_admin", "a\n_admin", "covers"],
  ["a comma in a tool's name", CALL, "{x}_admin", "a,b_admin", "covers"],
  ["delimiters in a tool's name", CALL, "a_*", "a_b?c#d", "covers"],

  [
    "a query for a variable",
    READ,
    "notes://h/{id}",
    "notes://h/a?b=c",
    "may match",
  ],
  [
    "a fragment for a variable",
    READ,
    "notes://h/{id}",
    "notes://h/a#b",
    "may match",
  ],
  ["an empty fragment", READ, "notes://h/{id}", "notes://h/a#", "may match"],
  [
    "a query for the rest",
    READ,
    "notes://h/{+path}",
    "notes://h/a?b",
    "may match",
  ],
  [
    "a fragment for the rest",
    READ,
    "notes://h/{+path}",
    "notes://h/#/b",
    "may match",
  ],
  ["a query for a star", READ, "notes://h/*", "notes://h/a?b", "may match"],
  [
    "a comma, by which SDKs end a variable",
    READ,
    "notes://h/{id}",
    "notes://h/a,b",
    "may match",
  ],
  ["the rest of nothing", READ, "notes://h/{+path}", "notes://h/", "may match"],
  [
    "a line separator, which ends the rest for SDKs",
    READ,
    "notes://h/{+p}",
    "notes://h/\u2028",
    "may match",
  ],
  [
    "another parameter behind a variable",
    READ,
    "notes://h/a?b={c}",
    "notes://h/a?b=1&d=2",
    "may match",
  ],
  [
    "a second query",
    READ,
    "notes://h/a?b={c}",
    "notes://h/a?b=1?d",
    "may match",
  ],
  [
    "a part of a query",
    READ,
    "notes://h/a{?q,r}",
    "notes://h/a?q=1",
    "may match",
  ],
  [
    "an empty parameter",
    READ,
    "notes://h/a{?q}",
    "notes://h/a?q=",
    "may match",
  ],
  [
    "parameters in another order",
    READ,
    "notes://h/a{?q,r}",
    "notes://h/a?r=1&q=1",
    "may match",
  ],
  [
    "a parameter more",
    READ,
    "notes://h/a{?q}",
    "notes://h/a?q=1&r=1",
    "may match",
  ],
  [
    "any character for a dot",
    READ,
    "notes://h/a{?q.r}",
    "notes://h/a?qxr=1",
    "may match",
  ],
  [
    "a query in a parameter",
    READ,
    "notes://h/a{?q}",
    "notes://h/a?q=?",
    "may match",
  ],
  [
    "a fragment behind a query",
    READ,
    "notes://h/a{?q}",
    "notes://h/a?q=1#b",
    "may match",
  ],
  [
    "a query of other names",
    READ,
    "notes://h/{+p}{?q}",
    "notes://h/a?b",
    "may match",
  ],
  [
    "a fragment before a query",
    READ,
    "notes://h/{id}/x{?q}",
    "notes://h/#/x?q=1",
    "may match",
  ],

  [
    "two segments for one",
    READ,
    "notes://h/{id}",
    "notes://h/a/b",
    "does not match",
  ],
  ["no segment", READ, "notes://h/{id}", "notes://h/", "does not match"],
  ["another host", READ, "notes://h/{id}", "notes://i/a", "does not match"],
  ["another scheme", READ, "notes://h/{id}", "xnotes://h/a", "does not match"],
  [
    "a scheme in capitals",
    READ,
    "notes://h/{id}",
    "NOTES://h/a",
    "does not match",
  ],
  [
    "what goes on",
    READ,
    "notes://h/{id}/x",
    "notes://h/a/xy",
    "does not match",
  ],
  [
    "any character for a dot",
    READ,
    "notes://h.i/{id}",
    "notes://hxi/a",
    "does not match",
  ],
  ["no query", READ, "notes://h/a{?q}", "notes://h/a", "does not match"],
  [
    "no query behind the rest",
    READ,
    "notes://h/{+p}{?q}",
    "notes://h/a",
    "does not match",
  ],
  [
    "a fragment for a query",
    READ,
    "notes://h/a{?q}",
    "notes://h/a#q=1",
    "does not match",
  ],
  ["another beginning", CALL, "admin_*", "Admin_purge", "does not match"],
  [
    "a line break before the end",
    CALL,
    "{x}_admin",
    "a_admin\n",
    "does not match",
  ],
];

for (const [why, method, pattern, name, match] of cases) {
  test(`namePattern() ${match} ${why}`, () => {
    const { covers, mayMatch } = namePattern(method, pattern);
    assertEquals(covers(name), match === "covers");
    assertEquals(mayMatch(name), match !== "does not match");
  });
}

/** Readings, which have no escapes, dot segments or repeated slashes, as the pattern's literals have none. */
const readings: readonly (readonly [
  why: string,
  pattern: string,
  reading: string,
  matches: boolean,
])[] = [
  ["a segment", "notes://h/{id}", "notes://h/a", true],
  ["an escape", "notes://h/%C3%A9%2F{id}", "notes://h/é/a", true],
  ["a dot segment", "notes://h/x/../a/{id}", "notes://h/a/1", true],
  ["a query", "notes://h/a{?q}", "notes://h/a?b", true],
  ["two segments for one", "notes://h/{id}", "notes://h/a/b", false],
  ["no query", "notes://h/a{?q}", "notes://h/a", false],
];

for (const [why, pattern, reading, matches] of readings) {
  test(`namePattern() ${matches ? "matches" : "does not match"} a reading by ${why}`, () => {
    const { mayMatchReading } = namePattern(READ, pattern);
    assertEquals(mayMatchReading(reading), matches);
  });
}

const rejected:
  readonly (readonly [why: string, method: string, pattern: string])[] = [
    ["something behind the rest", READ, "notes://h/{+path}/x"],
    ["something behind a star", READ, "notes://h/*/x"],
    ["two stars", CALL, "a**"],
    ["a star at the beginning", CALL, "*a"],
    ["two in one segment", READ, "notes://h/{a}-{b}"],
    ["two in one name", CALL, "{a}_{b}"],
    ["an operator that is not known", READ, "notes://h{/path*}"],
    ["a query that goes on", READ, "notes://h/a?b=1{&c}"],
    ["a query behind a query", READ, "notes://h/a?b=1{?c}"],
    ["a query behind a fragment", READ, "notes://h/a#b{?c}"],
    ["something behind a query", READ, "notes://h/a{?b}/c"],
    ["a query of no name", READ, "notes://h/a{?}"],
    ["a query of a name and none", READ, "notes://h/a{?b,}"],
    ["a list in a query", READ, "notes://h/a{?b*}"],
    ["a query for a tool", CALL, "a{?b}"],
    ["two names in one", READ, "notes://h/{a,b}"],
    ["no name", READ, "notes://h/{}"],
    ["an open brace", READ, "notes://h/{a"],
    ["a closing brace", READ, "notes://h/a}"],
    ["any scheme", READ, "{scheme}://h/a"],
    ["a part of a scheme", READ, "not*"],
    ["any port", READ, "https://h:{port}/a"],
    ["a segment that is left again", READ, "notes://h/{a}/../b"],
  ];

for (const [why, method, pattern] of rejected) {
  test(`namePattern() rejects ${why}`, () => {
    assert(isPattern(pattern));
    assertThrows(
      () => namePattern(method, pattern),
      TypeError,
      `Cannot use ${pattern} in ${method}: write {name}`,
    );
  });
}

test("namePattern() takes time linear in the length of the name", () => {
  const names = [
    namePattern(CALL, "{a}/{b}/{c}/{d}/x"),
    namePattern(CALL, "a{b}aaaaaaaa/x"),
    namePattern(CALL, "{a}a*"),
    namePattern(CALL, "a{b}a/a{c}a/a{d}a*"),
  ];
  const uris = [
    namePattern(READ, "a:{a}a*"),
    namePattern(READ, "a:{a}a{+b}{?q}"),
    namePattern(READ, "a:{a}a*{?q}"),
    namePattern(READ, "a:{a}a{?q,r}"),
    namePattern(READ, "a:a?{a}a*"),
    namePattern(READ, "a:{a}/{b}/{+c}"),
  ];
  // No clock is needed: quadratic time would be days.
  for (
    const part of ["a", "a/", "aa/aa/", "?", "?a", "a?q=", "a,", "a\u2028"]
  ) {
    const name = part.repeat(1e6 / part.length);
    for (const { covers } of names) {
      assertEquals(
        typeof covers(name),
        "boolean",
      );
    }
    for (const { covers, mayMatch, mayMatchReading } of uris) {
      for (const uri of [`a:${name}`, `a:${name}?q=1`, `a:a?${name}`]) {
        for (const match of [covers, mayMatch, mayMatchReading]) {
          assertEquals(typeof match(uri), "boolean");
        }
      }
    }
  }
});
