import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { rememberLast } from "../src/remember_last.ts";

test("rememberLast() reads a text anew when another one came between", () => {
  const read: string[] = [];
  const answerTo = rememberLast((text) => read.push(text));
  const texts = ["a", "a", "b", "a", "a"];
  assertEquals(texts.map(answerTo), [1, 1, 2, 3, 3]);
  assertEquals(read, ["a", "b", "a"]);
});
