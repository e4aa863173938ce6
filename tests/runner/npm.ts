/**
 * Packages from npm that only one part of the tests needs, and the package that this repository makes.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** What packs the package. `npm pack` builds it first, by npm/build.js. */
export type Packer = "npm" | "deno";

/** Packs the package into a file, and fails if anything is in it that its users have no use for. */
export function pack(tarball: string, packer: Packer = "npm"): Outcome {
  const folder = dirname(tarball);
  const packed = packer === "npm"
    ? run("npm", ["pack", "--pack-destination", folder])
    : run(DENO, ["pack", "--allow-dirty", "--output", tarball]);
  if (!packed.ok) return packed;
  if (packer === "npm") {
    const name = packed.output.trim().split("\n").at(-1) ?? "";
    renameSync(join(folder, name), tarball);
  }
  const { ok, output } = run("tar", ["-tzf", tarball]);
  const strange = output.trim().split("\n")
    .filter((file) => !PACKED.test(file) || file.includes("_test."));
  return { ok: ok && strange.length === 0, output: `packed: ${strange}` };
}

/** What may be in a package. */
const PACKED =
  /^package\/(?:(?:dist\/)?(?:src\/.*|mod\.(?:d\.ts(?:\.map)?|js|ts))|package\.json|(?:CHANGELOG|README)\.md|LICENSE)$/;
