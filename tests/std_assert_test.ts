import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertInstanceOf,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";

const bare = Object.assign(Object.create(null), { a: 1 });
const tag = Symbol("tag");

/** Two values, and whether the real @std/assert takes them as equal. */
const pairs: [why: string, a: unknown, b: unknown, same: boolean][] = [
  ["equal strings", "a", "a", true],
  ["a string and a number", "1", 1, false],
  ["null and undefined", null, undefined, false],
  ["NaN", NaN, NaN, true],
  ["the two zeros", { a: [-0] }, { a: [0] }, true],
  ["members in another order", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ["a member more", { a: 1 }, { a: 1, b: 2 }, false],
  ["a member that is undefined", { a: 1 }, { a: 1, b: undefined }, false],
  ["a member that is undefined and another", { a: undefined }, {
    b: undefined,
  }, false],
  ["an object without a prototype", bare, { a: 1 }, true],
  ["a symbol's member", { [tag]: 1 }, { [tag]: 2 }, false],
  ["an array and its like", [1], { 0: 1 }, false],
  ["a longer array", [1], [1, 2], false],
  ["nested arrays", [[{ a: 1 }]], [[{ a: 1 }]], true],
  ["equal dates", new Date(5), new Date(5), true],
  ["different dates", new Date(5), new Date(6), false],
  [
    "equal URLs",
    { url: new URL("http://a/?b") },
    { url: new URL("http://a/?b") },
    true,
  ],
  ["different URLs", new URL("http://a/"), new URL("http://b/"), false],
  ["a URL and its text", new URL("http://a/"), "http://a/", false],
  [
    "different queries",
    new URLSearchParams("a=1"),
    new URLSearchParams("a=2"),
    false,
  ],
  ["equal sets", new Set([1, 2]), new Set([2, 1]), true],
  ["different sets", new Set([1]), new Set([2]), false],
  [
    "equal maps",
    new Map([["a", { b: 1 }]]),
    new Map([["a", { b: 1 }]]),
    true,
  ],
  ["different maps", new Map([["a", 1]]), new Map([["a", 2]]), false],
  ["equal bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
  ["different bytes", new Uint8Array([1]), new Uint8Array([2]), false],
  ["equal expressions", /a/g, /a/g, true],
  ["different flags", /a/g, /a/, false],
];

for (const [why, a, b, same] of pairs) {
  test(`assertEquals() ${same ? "accepts" : "refuses"} ${why}`, () => {
    const [passes, fails] = same
      ? [assertEquals, assertNotEquals]
      : [assertNotEquals, assertEquals];
    passes(a, b);
    throws(() => fails(a, b), AssertionError);
  });
}

/** What must fail, each beside the same with what must pass. */
const failures: [why: string, fails: () => void, passes: () => void][] = [
  ["assert() of 0", () => assert(0), () => assert(1)],
  ["assertFalse() of 1", () => assertFalse(1), () => assertFalse(0)],
  ["fail()", () => fail("no"), () => {}],
  [
    "assertExists() of null",
    () => assertExists(null),
    () => assertExists(0),
  ],
  [
    "assertStrictEquals() of two objects",
    () => assertStrictEquals({}, {}),
    () => assertStrictEquals(NaN, NaN),
  ],
  [
    "assertInstanceOf() of another class",
    () => assertInstanceOf(new Map(), Set),
    () => assertInstanceOf(new TypeError(), Error),
  ],
  [
    "assertMatch() of another text",
    () => assertMatch("a", /b/),
    () => assertMatch("ab", /b/),
  ],
  [
    "assertStringIncludes() of another text",
    () => assertStringIncludes("a", "b"),
    () => assertStringIncludes("ab", "b"),
  ],
  [
    "assertArrayIncludes() of what is missing",
    () => assertArrayIncludes([{ a: 1 }], [{ a: 2 }]),
    () => assertArrayIncludes([{ a: 1 }, NaN], [NaN, { a: 1 }]),
  ],
  [
    "assertObjectMatch() of another member",
    () => assertObjectMatch({ a: { b: 1, c: 2 } }, { a: { b: 2 } }),
    () => assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } }),
  ],
  [
    "assertObjectMatch() of a member that is missing",
    () => assertObjectMatch({ a: 1 }, { a: 1, b: undefined }),
    () => assertObjectMatch({ a: 1, b: undefined }, { b: undefined }),
  ],
  [
    "assertObjectMatch() of a shorter array",
    () => assertObjectMatch({ a: [1] }, { a: [1, 2] }),
    () => assertObjectMatch({ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }),
  ],
  [
    "assertThrows() of what does not throw",
    () => assertThrows(() => {}),
    () => assertThrows(raise),
  ],
  [
    "assertThrows() of another class",
    () => assertThrows(raise, SyntaxError),
    () => assertThrows(raise, TypeError),
  ],
  [
    "assertThrows() of another message",
    () => assertThrows(raise, TypeError, "shine"),
    () => assertThrows(raise, Error, "rain"),
  ],
];

function raise(): never {
  throw new TypeError("it rains");
}

for (const [why, fails, passes] of failures) {
  test(`${why} fails`, () => {
    passes();
    throws(fails, AssertionError);
  });
}

test("assertThrows() returns what was thrown", () => {
  equal(assertThrows(raise, TypeError).message, "it rains");
});

test("assertRejects() wants a rejection, of the class and message named", async () => {
  const rejecting = () => Promise.reject(new TypeError("it rains"));
  equal(
    (await assertRejects(rejecting, TypeError, "rain")).message,
    "it rains",
  );
  await assertRejects(() => Promise.reject(1));
  await rejects(assertRejects(rejecting, SyntaxError), AssertionError);
  await rejects(assertRejects(rejecting, Error, "shine"), AssertionError);
  await rejects(assertRejects(() => Promise.resolve()), AssertionError);
  await rejects(assertRejects(raise), AssertionError);
});

test("a message of one's own is part of the failure's", () => {
  const messages = [
    () => assertEquals<unknown>(1, 2, "mine"),
    () => assertMatch("a", /b/, "mine"),
    () => assertThrows(() => {}, "mine"),
    () => assertThrows(raise, SyntaxError, "rain", "mine"),
  ].map((fails) => assertThrows(fails, AssertionError, "mine").name);
  deepEqual(messages, Array(4).fill("AssertionError"));
});
