/**
 * `deno task ok`: all that must hold before a commit lands, each check counted as one beside the tests.
 * `--checks-only` leaves the tests out.
 *
 * @module
 */
import process from "node:process";
import { type Check, CHECKS } from "./runner/checks.ts";
import { type Outcome, say, type Tally, tally } from "./runner/commands.ts";
import { runSuites } from "./runner/suites.ts";

function runChecks(): Tally {
  let failed = 0;
  for (const { name, check } of CHECKS) {
    const { ok, output } = attempt(check);
    say(`${ok ? "ok" : "FAILED"}: ${name}`);
    if (!ok) {
      failed++;
      say(output);
    }
  }
  return { passed: CHECKS.length - failed, failed };
}

function attempt(check: Check["check"]): Outcome {
  try {
    return check();
  } catch (error) {
    return { ok: false, output: String(error) };
  }
}

const tallies = [runChecks()];
if (!process.argv.includes("--checks-only")) tallies.push(runSuites());
const passed = tallies.reduce((sum, each) => sum + each.passed, 0);
const failed = tallies.reduce((sum, each) => sum + each.failed, 0);
say(tally({ passed, failed }));
process.exitCode = failed === 0 ? 0 : 1;
