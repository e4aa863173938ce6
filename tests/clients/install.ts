/**
 * What the clients' tests need on a machine that has only Node and npm: the packages of package.json here, and
 * Chromium.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { type Outcome, ROOT, run, say } from "../runner/commands.ts";
import { installLocked } from "../runner/npm.ts";
import { chromiumPath } from "./chromium.ts";

const FOLDER = join(ROOT, "tests/clients");

/** Coding agents, of a gigabyte together: installed only if their tests run. */
const AGENTS = "tests/clients/agents";

/** Installs what the locks say and these test files need, if it is not installed yet. */
export function installClients(files: readonly string[]): Outcome {
  const agents = files.filter((file) => file.startsWith(`${AGENTS}/`));
  if (agents.length > 0) {
    const outcome = installLocked(join(ROOT, AGENTS));
    if (!outcome.ok || agents.length === files.length) return outcome;
  }
  if (chromiumPath() === undefined) installChromium();
  return installLocked(FOLDER);
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
