import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { bare, forwarded, guarded, resultsOf } from "../conformance/run.ts";

const isSuccess = (line: string): boolean => line.endsWith(" SUCCESS");

test(
  "the MCP conformance suite finds no difference between a server and the same behind the guard, and behind the gateway",
  {
    timeout: 240_000,
  },
  async () => {
    const [without, behind, beyond] = await Promise.all([
      resultsOf(bare),
      resultsOf(guarded),
      resultsOf(forwarded),
    ]);
    assertEquals(behind, without);
    assertEquals(beyond, without);
    // Otherwise both could be answered with nothing but refusals.
    assert(behind.filter(isSuccess).length > 180, behind.join("\n"));
  },
);
