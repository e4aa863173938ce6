import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { lruCache } from "../../src/runtime/lru.ts";

test("lruCache() evicts the least recently used: reading and writing are uses", () => {
  const cache = lruCache<string>(3);
  for (const key of ["a", "b", "c"]) cache.set(key, key);
  cache.get("a");
  cache.set("b", "again");
  cache.set("d", "d");
  const values = ["a", "b", "c", "d"].map((key) => cache.get(key));
  assertEquals(values, ["a", "again", undefined, "d"]);
});

test("lruCache() bounds the sum of the sizes, also of entries that are replaced or deleted", () => {
  const cache = lruCache<number>(10);
  cache.set("a", 1, 4);
  cache.set("b", 2, 4);
  cache.set("b", 3, 6);
  assertEquals([cache.get("a"), cache.get("b")], [1, 3]);
  cache.delete("b");
  cache.delete("b");
  cache.set("c", 4, 6);
  assertEquals([cache.get("a"), cache.get("c")], [1, 4]);
  cache.set("d", 5, 7);
  assertEquals(["a", "c", "d"].map((key) => cache.get(key)), [
    undefined,
    undefined,
    5,
  ]);
});

test("lruCache() evicts nothing for an entry that is larger than its bound", () => {
  const cache = lruCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2, 3);
  assertEquals([cache.get("a"), cache.get("b")], [1, undefined]);
});

test("lruCache() accepts an entry as large as its bound", () => {
  const cache = lruCache<number>(2);
  cache.set("a", 1, 2);
  assertEquals(cache.get("a"), 1);
});
