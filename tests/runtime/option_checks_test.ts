import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  aBoolean,
  aFunction,
  anything,
  aPositiveNumber,
  aString,
  type Check,
  checkOptions,
  eachOf,
  oneOf,
  oneOrMoreStrings,
  type OptionShape,
  optionsOf,
  orNull,
  strings,
} from "../../src/runtime/option_checks.ts";

interface Inner {
  readonly depth?: number;
}

interface Outer {
  readonly name?: string;
  readonly inner?: Inner;
  readonly each?: Readonly<Record<string, Inner>>;
}

const INNER: OptionShape<Inner> = { members: { depth: aPositiveNumber } };
const OUTER: OptionShape<Outer> = {
  members: {
    name: aString,
    inner: optionsOf(INNER),
    each: eachOf(optionsOf(INNER)),
  },
  otherNames: { called: "name" },
};
const OPEN: OptionShape<Outer> = { ...OUTER, others: "allowed" };

test("checkOptions() passes what is right, and undefined as absent at every depth", () => {
  for (
    const options of [
      {},
      { name: "a", inner: { depth: 1 }, each: { x: { depth: 2 }, y: {} } },
      { name: undefined, inner: undefined, each: undefined },
      { inner: { depth: undefined }, each: { x: undefined } },
      Object.create({ nmae: "inherited" }),
    ]
  ) checkOptions(options, "", OUTER);
});

/** Options that are refused, and the whole message. */
const refused: readonly (readonly [
  why: string,
  options: unknown,
  message: string,
])[] = [
  [
    "a misspelt member",
    { nmae: "a" },
    "nmae: did you mean name? use name, inner, each",
  ],
  [
    "a misspelt member that is undefined",
    { nmae: undefined },
    "nmae: did you mean name? use name, inner, each",
  ],
  [
    "a misspelt member within",
    { inner: { dept: 1 } },
    "inner.dept: did you mean depth? use depth",
  ],
  [
    "a misspelt member of one of several",
    { each: { "a b": { Depth: 1 } } },
    'each["a b"].Depth: did you mean depth? use depth',
  ],
  [
    "a part of a name",
    { innerOptions: 1 },
    "innerOptions: did you mean inner? use name, inner, each",
  ],
  [
    "another name",
    { called: "a" },
    "called: did you mean name? use name, inner, each",
  ],
  ["something else", { colour: "red" }, "colour: use name, inner, each"],
  [
    "a member of every object",
    { constructor: 1 },
    "constructor: use name, inner, each",
  ],
  ["a wrong type", { name: 1 }, "name: write a string that is not empty"],
  [
    "a wrong type within",
    { inner: { depth: "1" } },
    "inner.depth: use a positive number",
  ],
  ["null within", { inner: null }, "inner: write an object with depth"],
  ["an array within", { inner: [] }, "inner: write an object with depth"],
  [
    "a function within",
    { inner: () => ({}) },
    "inner: write an object with depth",
  ],
  ["a string for several", { each: "a" }, "each: write an object"],
  ["a string", "name", "options: write an object with name, inner, each"],
  ["nothing", undefined, "options: write an object with name, inner, each"],
];

for (const [why, options, message] of refused) {
  test(`checkOptions() refuses ${why}, and says what to write`, () => {
    const error = assertThrows(
      () => checkOptions(options, "", OUTER),
      TypeError,
    );
    assertEquals(error.message, `Cannot use ${message}`);
  });
}

test("checkOptions() refuses of an open object only what is misspelt or of the wrong type", () => {
  checkOptions({ name: "a", colour: "red", pass: 1 }, "", OPEN);
  for (const options of [{ nmae: "a" }, { Name: "a" }, { name: 1 }]) {
    assertThrows(
      () => checkOptions(options, "", OPEN),
      TypeError,
      "Cannot use",
    );
  }
});

/** What the checks of single values pass and refuse. */
const values: readonly (readonly [
  name: string,
  check: Check,
  passed: readonly unknown[],
  refused: readonly unknown[],
])[] = [
  ["anything", anything, [1, null, "", undefined], []],
  ["aFunction", aFunction, [() => {}, class {}], [{}, "f", null]],
  ["aString", aString, ["a"], [
    "",
    1,
    null,
    new String("a"),
    new URL("https://a"),
  ]],
  ["aBoolean", aBoolean, [true, false], ["true", 0, null]],
  ["aPositiveNumber", aPositiveNumber, [1, 0.5, Infinity], [
    0,
    -1,
    NaN,
    "1",
    1n,
  ]],
  ["strings", strings, [[], ["a"]], ["a", [""], ["a", 1], { 0: "a" }, null]],
  ["oneOrMoreStrings", oneOrMoreStrings, ["a", ["a"]], ["", [], [""], 1, null]],
  ["oneOf", oneOf("a", "b"), ["a", "b"], ["c", "A", ["a"], null]],
  ["orNull", orNull(aString), [null, "a"], ["", 1]],
];

for (const [name, check, passed, refused] of values) {
  test(`${name} passes what it should, and nothing else`, () => {
    for (const value of passed) check(value, "here");
    for (const value of refused) {
      const error = assertThrows(() => check(value, "here"), TypeError);
      assertEquals(error.message.startsWith("Cannot use here: "), true);
    }
  });
}

test("no check repeats a value, which may be a secret in the wrong place", () => {
  const secret = "CANARY";
  for (const [, check] of values) {
    try {
      check([secret, { secret }], "here");
    } catch (error) {
      assertEquals(`${error}`.includes(secret), false);
    }
  }
});
