import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { memoizeByObject, memoizeLast } from "../../src/runtime/memoize.ts";

test("memoizeLast() reads a string again when another one came in between", () => {
  const read: string[] = [];
  const answerTo = memoizeLast((text) => read.push(text));
  const texts = ["a", "a", "b", "a", "a"];
  assertEquals(texts.map(answerTo), [1, 1, 2, 3, 3]);
  assertEquals(read, ["a", "b", "a"]);
});

test("memoizeByObject() reads each object once, equal ones too", () => {
  const read: object[] = [];
  const answerTo = memoizeByObject((key: object) => `${read.push(key)}`);
  const [one, other] = [{}, {}];
  assertEquals([one, other, one, other].map(answerTo), ["1", "2", "1", "2"]);
  assertEquals(read.length, 2);
});
