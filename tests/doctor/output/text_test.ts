import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { counted, listed, quoted } from "../../../src/doctor/output/text.ts";

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
