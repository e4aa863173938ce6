import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { documented, optionRows, TABLES } from "./option_tables.ts";

for (const [name, { document }] of Object.entries(TABLES)) {
  test(`${document} has each of the ${name} as its doc comment has it`, () => {
    const rows = optionRows(name);
    assert(rows.length > 5);
    assertEquals(
      documented(name).rows,
      rows,
      "write them with deno run -A tests/option_tables.ts, and format them",
    );
  });
}
