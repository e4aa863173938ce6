import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { printable, printableList } from "../../src/runtime/printable.ts";

const rows: readonly (readonly [why: string, text: string, shown: string])[] = [
  ["nothing to hide", 'Bearer scope="ä" 你好 👍', 'Bearer scope="ä" 你好 👍'],
  ["a terminal's escape", "\u001b[31m", "\\u{1b}[31m"],
  ["its one-byte form", "\u009b31m", "\\u{9b}31m"],
  ["a line of its own", "a\r\nb", "a\\u{d}\\u{a}b"],
  ["DEL and NUL", "\u007f\u0000", "\\u{7f}\\u{0}"],
  ["text from right to left", "\u202egnp.exe", "\\u{202e}gnp.exe"],
  ["text of no width", "a\u200bb", "a\\u{200b}b"],
  ["Unicode's own line ends", "a\u2028b\u2029", "a\\u{2028}b\\u{2029}"],
  ["invisible tags", "a\u{e0041}", "a\\u{e0041}"],
  ["half a character", "\ud83d", "\\u{d83d}"],
];

for (const [why, text, shown] of rows) {
  test(`printable() shows what is there: ${why}`, () => {
    assertEquals(printable(text), shown);
  });
}

test("printable() cuts what is long", () => {
  assertEquals(printable("abcdef", 3), "abc…");
  assertEquals(printable("abc", 3), "abc");
  assertEquals(printable("x".repeat(400)), "x".repeat(400));
  assertEquals(printable("x".repeat(401)), `${"x".repeat(400)}…`);
});

/** Values of claims, as a token may hold them. */
const values: readonly (readonly [
  why: string,
  value: unknown,
  shown: readonly string[],
])[] = [
  ["one string", "a", ["a"]],
  ["several", ["a", "b"], ["a", "b"]],
  ["none", [], []],
  ["what is no string", [1, true, null, {}, [], undefined], [
    "1",
    "true",
    "null",
    "object",
    "object",
    "undefined",
  ]],
  ["a line of its own", ["a\nb"], ["a\\u{a}b"]],
  [
    "more than fits",
    Array.from({ length: 99 }, () => "a"),
    Array(16).fill("a"),
  ],
  ["longer than fits", "a".repeat(300), [`${"a".repeat(256)}…`]],
];

for (const [why, value, shown] of values) {
  test(`printableList() is short and harmless: ${why}`, () => {
    assertEquals(printableList(value), shown);
  });
}
