import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { partsOf } from "../../src/bridge/parts.ts";
import { world } from "./world.ts";

test("partsOf() remembers 1000 redeemed codes where instances share no store", async () => {
  const { store } = partsOf(world().options);
  for (let i = 0; i < 1001; i++) await store.set(`${i}`, "x", { ttl: 60 });
  const kept = await Promise.all(
    ["0", "1", "1000"].map((key) => store.get(key)),
  );
  assertEquals(kept, [undefined, "x", "x"]);
});
