import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { developmentSecret } from "../../examples/development_secret.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
after(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string): URL => pathToFileURL(join(folder, name));

test("developmentSecret() is the same after a restart, and its owner's alone", () => {
  const file = fileOf("kept");
  const secret = developmentSecret(file);
  assertMatch(secret, /^[\w-]{43}$/);
  assertEquals(developmentSecret(file), secret);
  assertEquals(readFileSync(file, "utf8"), secret);
  if (process.platform !== "win32") {
    assertEquals(statSync(file).mode & 0o777, 0o600);
  }
  assertNotEquals(developmentSecret(fileOf("another")), secret);
});

for (const contents of ["", "short", `${"a".repeat(43)}\n`]) {
  test(`developmentSecret() does not take ${JSON.stringify(contents)} for a secret`, () => {
    const file = fileOf("damaged");
    writeFileSync(file, contents);
    chmodSync(file, 0o600);
    assertMatch(developmentSecret(file), /^[\w-]{43}$/);
    assertNotEquals(developmentSecret(file), developmentSecret(file));
  });
}

test("developmentSecret() makes one up where there can be no file", () => {
  const file = fileOf("missing/secret");
  assertMatch(developmentSecret(file), /^[\w-]{43}$/);
});
