/**
 * The tables of faults in docs/security.md say what is so. After a change that is meant, `deno run -A
 * tests/fault_matrix.ts` writes them anew.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { outages } from "./contract/outages.ts";
import { rotation } from "./contract/rotation.ts";
import { documented, observe, tableOf } from "./fault_matrix.ts";
import { FAULTS } from "./support/faults.ts";

for (const start of ["cold", "warm"] as const) {
  const rows = documented(start).table.split("\n").slice(2, -1)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

  for (const [i, fault] of FAULTS.entries()) {
    test(`docs/security.md says what comes of this (${start}): ${fault.what}`, async () => {
      const { cells, fetchesAtOnce, hosts } = await observe(fault, start);
      assertEquals(rows[i], cells);
      assert(fetchesAtOnce <= 1, `${fetchesAtOnce} fetches of one URL at once`);
      assertEquals([...hosts], ["auth.example.com"]);
    });
  }

  test(`docs/security.md has a row for each fault, and for no other (${start})`, () => {
    assertEquals(rows.map(([what]) => what), FAULTS.map(({ what }) => what));
    assertEquals(documented(start).table, tableOf(rows));
  });
}

test("docs/security.md names no expectation that the contract does not have", () => {
  const names = [...outages, ...rotation].map(({ name }) => name);
  const named = FAULTS.flatMap((fault) => [
    fault.coldOnTheWire ?? [],
    fault.warmOnTheWire ?? [],
  ]).flat();
  assertEquals(named.filter((name) => !names.includes(name)), []);
});
