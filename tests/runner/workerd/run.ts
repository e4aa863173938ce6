/**
 * Runs test files in a Worker on workerd, and writes a report as JUnit does: `run.ts REPORT FILTER FILE…`. The filter is
 * a regular expression for tests' names.
 *
 * @module
 */
import { buildSync } from "esbuild";
import { writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import process from "node:process";
import workerd from "workerd";
import { inTemporaryFolder, ROOT, run, say } from "../commands.ts";
import type { Verdict } from "./test_worker.ts";

const TEST_WORKER = join(ROOT, "tests/runner/workerd/test_worker.ts");
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "tests", worker = (
  compatibilityDate = "2026-07-30",
  compatibilityFlags = ["nodejs_compat"],
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  bindings = [(name = "self", service = "tests")],
))]);
`;

const [report = "", filter = "", ...files] = process.argv.slice(2);
process.exitCode = inTemporaryFolder((folder) => {
  bundle(join(folder, "worker.mjs"));
  writeFileSync(join(folder, "config.capnp"), CONFIG);
  // Depending on who imports a CommonJS module, its default export is one level deeper.
  const { default: path = workerd } = workerd as { default?: unknown };
  const { ok, output } = run(`${path}`, ["test", "config.capnp"], { folder });
  const lines = output.split("\n");
  const verdicts = lines.filter((line) => line.startsWith('{"file":'))
    .map((line) => JSON.parse(line) as Verdict);
  writeFileSync(report, junit(verdicts));
  const failures = verdicts.filter(({ error }) => error !== undefined);
  for (const { file, name, error } of failures) {
    say(`${file}: ${name}\n${error}`);
  }
  if (!ok) say(lines.filter((line) => !line.startsWith("{")).join("\n"));
  return ok && failures.length === 0 ? 0 : 1;
});

function bundle(outfile: string): void {
  const loaders = files.map((file) => {
    const path = JSON.stringify(`./${file}`);
    return `${path.replace("./", "")}: () => import(${path})`;
  });
  buildSync({
    absWorkingDir: ROOT,
    alias: {
      "@std/assert": join(ROOT, "tests/std_assert/mod.js"),
      "node:test": TEST_WORKER,
    },
    bundle: true,
    conditions: ["workerd", "worker", "browser"],
    // Programs that are only imported by name, and never run here, may need more of Node than a Worker has.
    external: ["node:*", ...builtinModules],
    format: "esm",
    logLevel: "error",
    outfile,
    stdin: {
      contents: `import { testWorker } from ${JSON.stringify(TEST_WORKER)};
        export default testWorker({ ${loaders} }, new RegExp(${
        JSON.stringify(filter)
      }));`,
      resolveDir: ROOT,
    },
    target: "esnext",
  });
}

function junit(verdicts: readonly Verdict[]): string {
  const cases = verdicts.map(({ file, name, error }) =>
    `<testcase file="${escape(file)}" name="${escape(name)}">${
      error === undefined ? "" : "<failure/>"
    }</testcase>`
  );
  return `<testsuites>${cases.join("\n")}</testsuites>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}
