/**
 * What every store must do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Store } from "../../../src/bridge/mod.ts";

/** Asks a store for all of it. `pass` lets a second go by. */
export async function checkStore(
  store: Store,
  pass: () => void | Promise<void>,
): Promise<void> {
  assertEquals(await store.get("a"), undefined);
  assertEquals(await store.set("a", "1", { ttl: 100 }), true);
  assertEquals(await store.get("a"), "1");
  assertEquals(await store.set("a", 'é "2"\n', { ttl: 100 }), true);
  assertEquals(await store.get("a"), 'é "2"\n');
  assertEquals(await store.set("a", "3", { ttl: 100, ifAbsent: true }), false);
  assertEquals(await store.get("a"), 'é "2"\n');
  assertEquals(await store.get("b"), undefined, "another key");
  await store.delete("a");
  await store.delete("a");
  assertEquals(await store.get("a"), undefined);

  const attempts = await Promise.all(
    Array.from(
      { length: 10 },
      (_, i) => store.set("once", `${i}`, { ttl: 100, ifAbsent: true }),
    ),
  );
  assertEquals(
    attempts.filter(Boolean).length,
    1,
    "of ten at once, one sets it",
  );
  assertEquals(await store.get("once"), `${attempts.indexOf(true)}`);

  await store.set("brief", "1", { ttl: 1 });
  assertEquals(await store.get("brief"), "1");
  await pass();
  assertEquals(await store.get("brief"), undefined);
  assertEquals(await store.set("brief", "2", { ttl: 1, ifAbsent: true }), true);
  const large = "x".repeat(12_000);
  await store.set("large", large, { ttl: 100 });
  assertEquals(await store.get("large"), large);
}
