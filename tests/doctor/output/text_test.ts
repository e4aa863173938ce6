import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  counted,
  listed,
  printable,
  quoted,
} from "../../../src/doctor/output/text.ts";

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
});

test("quoted() has a word for whatever JSON can hold, and for nothing", () => {
  // What an engine does with a value that is nested too deeply for it.
  const nested = {
    toJSON(): never {
      throw new RangeError("Maximum call stack size exceeded");
    },
  };
  assertEquals(quoted('a"b'), '"a\\"b"');
  assertEquals(quoted(undefined), "missing");
  assertEquals(quoted(nested), "nested too deeply");
});

test("listed() and counted() write as people do", () => {
  assertEquals(listed([]), "");
  assertEquals(listed(["a"]), "a");
  assertEquals(listed(["a", "b", "c"]), "a, b and c");
  assertEquals(counted(1, "error"), "1 error");
  assertEquals(counted(2, "error"), "2 errors");
});
