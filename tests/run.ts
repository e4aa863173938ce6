/**
 * `deno task test`: every test on every runtime. For one runtime, or some of the files:
 * `deno task test --runtime bun scopes cors`.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { say, tally } from "./runner/commands.ts";
import { runSuites } from "./runner/suites.ts";

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: { runtime: { type: "string" } },
  allowPositionals: true,
});
const result = runSuites({ ...values, paths: positionals });
say(tally(result));
process.exitCode = result.failed === 0 ? 0 : 1;
