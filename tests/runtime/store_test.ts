import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { memoryStore } from "../../src/runtime/store.ts";

test("a value is there until its time is over", async () => {
  let now = 0;
  const store = memoryStore({ now: () => now });
  assertEquals(await store.get("a"), undefined);
  assertEquals(await store.set("a", "1", { ttl: 10 }), true);
  now = 9999;
  assertEquals(await store.get("a"), "1");
  now = 10_000;
  assertEquals(await store.get("a"), undefined);
  await store.set("a", "2", { ttl: 10 });
  await store.delete("a");
  assertEquals(await store.get("a"), undefined);
});

test("of several that set a value if there is none, one does", async () => {
  let now = 0;
  const store = memoryStore({ now: () => now });
  const how = { ttl: 10, ifAbsent: true };
  const all = await Promise.all(
    ["1", "2", "3"].map((value) => store.set("a", value, how)),
  );
  assertEquals(all, [true, false, false]);
  assertEquals(await store.get("a"), "1");
  assertEquals(await store.set("a", "4", { ttl: 10 }), true);
  now = 10_000;
  assertEquals(await store.set("a", "5", how), true);
});

test("past its bound it forgets those that were set first", async () => {
  const store = memoryStore({ maxEntries: 2 });
  for (const key of ["a", "b", "a", "c"]) {
    await store.set(key, key, { ttl: 10 });
  }
  assertEquals(
    await Promise.all(["a", "b", "c"].map((key) => store.get(key))),
    ["a", undefined, "c"],
  );
});
