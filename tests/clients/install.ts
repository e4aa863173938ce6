/**
 * What the clients' tests need on a machine that has only Node and npm: the packages of package.json here, and
 * Chromium.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Outcome, ROOT, run, say } from "../runner/commands.ts";
import { chromiumPath } from "./chromium.ts";

const FOLDER = join(ROOT, "tests/clients");
const LOCK = join(FOLDER, "package-lock.json");
/** A copy of the lock by which the packages were installed. */
const INSTALLED = join(FOLDER, "node_modules/.installed.json");

/** Installs what the lock says, where it is not there yet. */
export function installClients(): Outcome {
  if (chromiumPath() === undefined) installChromium();
  const lock = readFileSync(LOCK, "utf8");
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === lock) {
    return { ok: true, output: "" };
  }
  const flags = ["--prefix", FOLDER, "--no-audit", "--no-fund"];
  const installed = run("npm", ["ci", ...flags]);
  if (installed.ok) writeFileSync(INSTALLED, lock);
  return installed;
}

/** Where that is not possible, the tests that want it fail, and say what to install. */
function installChromium(): void {
  if (process.getuid?.() !== 0) return;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  for (const args of [["update"], install]) {
    const { ok, output } = run("apt-get", args, { env });
    if (!ok) return say(output);
  }
}
