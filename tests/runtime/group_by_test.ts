import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { groupBy } from "../../src/runtime/group_by.ts";

test("groupBy() keeps the order of the keys and of the items of each", () => {
  const groups = groupBy(["bb", "a", "cc", "d"], ({ length }) => length);
  assertEquals([...groups], [[2, ["bb", "cc"]], [1, ["a", "d"]]]);
});
