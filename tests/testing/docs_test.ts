/**
 * The tests in docs/testing.md: each block is run as it stands.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const { name, exports } = JSON.parse(read("deno.json"));
const blocks = [
  ...read("docs/testing.md").matchAll(/^```ts\n([^]*?)^```$/gm),
].map((match) => match[1]!);

/** Remembers the tests of a block, since Deno takes those of another file for that file's. */
const COLLECTOR = `export const tests: [string, () => unknown][] = [];
export function test(name: string, body: () => unknown): void {
  tests.push([name, body]);
}`;

const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
const collector = write("collector.ts", COLLECTOR);
for (const [i, block] of blocks.entries()) {
  await import(
    write(`${i}.ts`, block.replace(/(?<=from ")[^"]+(?=";$)/gm, resolve))
  );
}
const { tests } = await import(collector);
rmSync(folder, { recursive: true });

for (const [name, body] of tests) test(`docs/testing.md: ${name}`, body);

test("docs/testing.md has a block for each of its sections but the last", () => {
  const sections = read("docs/testing.md").match(/^#+ /gm);
  assertEquals(blocks.length, sections!.length - 1);
});

function write(file: string, code: string): string {
  const path = join(folder, file);
  writeFileSync(path, code);
  return pathToFileURL(path).href;
}

/** Where a name leads that a block has, outside of the package. */
function resolve(specifier: string): string {
  if (specifier === "node:test") return collector;
  if (!specifier.startsWith(name)) return specifier;
  return new URL(exports[`.${specifier.slice(name.length)}`], ROOT).href;
}

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), "utf8");
}
