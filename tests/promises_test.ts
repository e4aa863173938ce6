import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const ARCHITECTURE = read("../docs/architecture.md");

test("docs/architecture.md names a test for each promise, and none that is not there", () => {
  const table = ARCHITECTURE.slice(
    ARCHITECTURE.indexOf("## Promise by promise"),
  )
    .split("\n").filter((line) => line.startsWith("| ")).slice(2);
  assertEquals(table.length > 40, true);
  const missing = table.filter((line) => {
    const [, file, name] = /([\w/]+\.ts): "(.+)" +\|$/.exec(line) ?? [];
    return file === undefined || !read(file).includes(name!);
  });
  assertEquals(missing, []);
});

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
