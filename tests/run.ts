/**
 * `deno task test`: every test on every runtime. `deno task test --help` says how to run some of them.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { say, tally } from "./runner/commands.ts";
import { runSuites } from "./runner/suites.ts";

const HELP = `deno task test [--runtime NAME] [--filter TEXT] [PATH ...]

  PATH             the test files with this in their path; by default all
  --runtime NAME   on this runtime only: deno, bun, workerd or node
  --filter TEXT    the tests with this in their name
  --help           this text

Bun and Node.js come from npm at pinned versions. An example:

  deno task test --runtime bun --filter "two credentials" http/credentials
`;

try {
  const { values: { help, ...values }, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      runtime: { type: "string" },
      filter: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
  });
  if (help) say(HELP);
  else {
    const result = runSuites({ ...values, paths: positionals });
    say(tally(result));
    process.exitCode = result.failed === 0 ? 0 : 1;
  }
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  say(`${error.message}\n\n${HELP}`);
  process.exitCode = 1;
}
