/**
 * Packages from npm that only one part of the tests needs, and the package that this repository makes.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DENO, type Outcome, run } from "./commands.ts";

/** Installs what a folder's package-lock.json says, unless it was installed by the same lock before. */
export function installLocked(folder: string): Outcome {
  const installed = join(folder, "node_modules/.installed.json");
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lock) {
    return { ok: true, output: "" };
  }
  const flags = ["--prefix", folder, "--no-audit", "--no-fund"];
  const outcome = run("npm", ["ci", ...flags]);
  if (outcome.ok) writeFileSync(installed, lock);
  return outcome;
}

/** Packs the package as npm gets it. */
export function pack(tarball: string): Outcome {
  return run(DENO, ["pack", "--allow-dirty", "--output", tarball]);
}
