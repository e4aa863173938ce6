import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CATALOGUE } from "../../src/doctor/findings/catalogue.ts";
import { CLIENT_IDS, CLIENTS } from "../../src/doctor/clients/clients.ts";
import { ROOT } from "../runner/commands.ts";
import { clientRows, findingRows } from "./docs_tables.ts";

const document = readFileSync(join(ROOT, "docs/doctor.md"), "utf8");

test("docs/doctor.md has every kind of finding as the catalogue has it", () => {
  assertEquals(rowsOf("findings"), findingRows());
});

test("docs/doctor.md has every client as the table has it", () => {
  assertEquals(rowsOf("clients"), clientRows());
});

test("docs/doctor.md names each client's sources", () => {
  const missing = CLIENT_IDS.flatMap((id) => CLIENTS[id].sources)
    .filter((source) => !document.includes(source));
  assertEquals(missing, []);
});

test("docs/doctor.md shows pictures that are there", () => {
  const pictures = [...document.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)]
    .map((match) => match[1]!);
  assert(pictures.length >= 2);
  for (const picture of pictures) {
    assert(existsSync(join(ROOT, "docs", picture)), picture);
  }
});

test("the catalogue has words for everything, and rules that are on the web", () => {
  for (const [code, entry] of Object.entries(CATALOGUE)) {
    assertMatch(code, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    assertMatch(entry.title, /^[\w`][^.]*$/, code);
    assertMatch(entry.advice, /\.$/, code);
    assertMatch(entry.clause.url, /^https:\/\//, code);
    assertEquals(new Set(entry.clients).size, entry.clients.length, code);
  }
});

test("every client has a source", () => {
  for (const id of CLIENT_IDS) assert(CLIENTS[id].sources.length > 0, id);
});

/** The cells of the table between two marks. */
function rowsOf(mark: string): string[][] {
  const table = document.split(`<!-- ${mark} -->`)[1]
    ?.split(`<!-- /${mark} -->`)[0] ?? "";
  return table.trim().split("\n").slice(2).map((row) =>
    row.trim().slice(1, -1).split("|").map((cell) => cell.trim())
  );
}
