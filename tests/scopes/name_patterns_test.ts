import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { isPattern, namePattern } from "../../src/scopes/name_patterns.ts";
import { lookupName } from "../../src/mcp/operation_names.ts";

const READ = "resources/read";
const CALL = "tools/call";

const cases: readonly (readonly [
  why: string,
  method: string,
  pattern: string,
  name: string,
  matches: boolean,
])[] = [
  ["a segment", READ, "notes://h/{id}", "notes://h/1", true],
  ["a segment in a host", READ, "notes://{id}", "notes://a", true],
  ["a segment in an opaque path", READ, "notes:{id}", "notes:a", true],
  [
    "a segment that holds a comma",
    READ,
    "notes://h/{id}",
    "notes://h/a,b",
    true,
  ],
  ["a segment with a query", READ, "notes://h/{id}", "notes://h/a?b=c", true],
  [
    "a part of a segment",
    READ,
    "notes://h/a-{id}.txt",
    "notes://h/a-1.txt",
    true,
  ],
  ["segments", READ, "notes://h/{a}/{b}", "notes://h/1/2", true],
  [
    "a segment of dots and letters",
    READ,
    "notes://h/{user.id}",
    "notes://h/1",
    true,
  ],
  ["a query", READ, "notes://h/a?b={c}", "notes://h/a?b=1", true],
  ["the rest", READ, "notes://h/{+path}", "notes://h/a/b/c", true],
  [
    "the rest, where there is none",
    READ,
    "notes://h/{+path}",
    "notes://h/",
    true,
  ],
  ["the rest by a star", READ, "notes://h/*", "notes://h/a/b", true],
  ["a segment and the rest", READ, "notes://{user}/*", "notes://a/b/c", true],
  [
    "a segment with the rest behind it",
    READ,
    "notes://h/{id}*",
    "notes://h/a/b",
    true,
  ],
  ["other capitals in the scheme", READ, "NOTES://h/{id}", "Notes://h/1", true],
  [
    "a pattern in other words",
    READ,
    "notes://h/x/../%61/{id}",
    "notes://h/a/1",
    true,
  ],
  [
    "a URI in other words",
    READ,
    "notes://h/a/{id}",
    "notes://h/x/../%61/1",
    true,
  ],
  [
    "an escaped slash in a segment",
    READ,
    "notes://h/{id}",
    "notes://h/a%2Fb",
    true,
  ],
  [
    "letters that need escapes",
    READ,
    "notes://h/é/{id}",
    "notes://h/%c3%a9/1",
    true,
  ],
  [
    "a host in capitals",
    READ,
    "https://H.example/{id}",
    "https://h.example/1",
    true,
  ],
  [
    "characters that mean something elsewhere",
    READ,
    "notes://h/(a)[b]+$^|.{id}",
    "notes://h/(a)[b]+$^|.1",
    true,
  ],
  ["the beginning of a tool's name", CALL, "admin_*", "admin_purge", true],
  ["a line break in the rest", CALL, "admin_*", "admin_\nx", true],
  ["a line break in a segment", CALL, "{x}_admin", "a\n_admin", true],

  ["two segments for one", READ, "notes://h/{id}", "notes://h/a/b", false],
  ["no segment", READ, "notes://h/{id}", "notes://h/", false],
  ["another host", READ, "notes://h/{id}", "notes://i/a", false],
  ["another scheme", READ, "notes://h/{id}", "xnotes://h/a", false],
  ["what goes on", READ, "notes://h/{id}/x", "notes://h/a/xy", false],
  ["any character for a dot", READ, "notes://h.i/{id}", "notes://hxi/a", false],
  [
    "a segment that leaves it again",
    READ,
    "notes://h/a/{id}",
    "notes://h/a/../b",
    false,
  ],
  ["another beginning", CALL, "admin_*", "Admin_purge", false],
  ["a line break before the end", CALL, "{x}_admin", "a_admin\n", false],
];

for (const [why, method, pattern, name, matches] of cases) {
  test(`namePattern() ${matches ? "matches" : "does not match"} ${why}`, () => {
    const matcher = namePattern(method, pattern);
    assertEquals(matcher.test(lookupName(method, name)), matches);
  });
}

const refused:
  readonly (readonly [why: string, method: string, pattern: string])[] = [
    ["something behind the rest", READ, "notes://h/{+path}/x"],
    ["something behind a star", READ, "notes://h/*/x"],
    ["two stars", CALL, "a**"],
    ["a star at the beginning", CALL, "*a"],
    ["two in one segment", READ, "notes://h/{a}-{b}"],
    ["two in one name", CALL, "{a}_{b}"],
    ["an operator that is not known", READ, "notes://h{/path*}"],
    ["a query's operator", READ, "notes://h/a{?b}"],
    ["two names in one", READ, "notes://h/{a,b}"],
    ["no name", READ, "notes://h/{}"],
    ["an open brace", READ, "notes://h/{a"],
    ["a closing brace", READ, "notes://h/a}"],
    ["any scheme", READ, "{scheme}://h/a"],
    ["a part of a scheme", READ, "not*"],
    ["any port", READ, "https://h:{port}/a"],
    ["a fragment", READ, "notes://h/a#{b}"],
    ["a segment that is left again", READ, "notes://h/{a}/../b"],
  ];

for (const [why, method, pattern] of refused) {
  test(`namePattern() refuses ${why}`, () => {
    assert(isPattern(pattern));
    assertThrows(
      () => namePattern(method, pattern),
      TypeError,
      `Cannot use ${pattern} in ${method}: write {name}`,
    );
  });
}

test("namePattern() takes time in proportion to the name", () => {
  const patterns = [
    namePattern(CALL, "{a}/{b}/{c}/{d}/x"),
    namePattern(CALL, "a{b}aaaaaaaa/x"),
    namePattern(CALL, "{a}a*"),
    namePattern(CALL, "a{b}a/a{c}a/a{d}a*"),
  ];
  // By steps and not by a clock: a pattern that tried all divisions would take days for these.
  for (
    const name of ["a".repeat(1e6), "a/".repeat(5e5), "aa/aa/".repeat(2e5)]
  ) {
    for (const pattern of patterns) {
      assertEquals(
        typeof pattern.test(name),
        "boolean",
      );
    }
  }
});
