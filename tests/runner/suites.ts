/**
 * Every test, on every runtime: the same files and the same number of tests on each. workerd runs the files that need no
 * process. The contract alone, whose tests are
 * requests to a server on one of the runtimes, is asked for by one of them: it is the server that is judged.
 *
 * @module
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { installClients } from "../clients/install.ts";
import { inTemporaryFolder, ROOT, run, say, type Tally } from "./commands.ts";
import { isUnjudged, parseJunit, tallyOf, type TestResult } from "./junit.ts";
import { installPackages, type Runtime, runtimes } from "./runtimes.ts";

/** Which part of it; by default all. */
export interface Selection {
  /** What a runtime's name starts with. */
  readonly runtime?: string;
  /** Parts of paths, of which a file has at least one. */
  readonly paths?: readonly string[];
  /** A part of a test's name. */
  readonly filter?: string;
}

/** What a runtime said of some files, and what is wrong with it besides the tests that failed. */
interface Report {
  readonly results: readonly TestResult[];
  readonly problems: readonly string[];
}

/** Runs the suites, and says what went wrong as it goes. */
export function runSuites(selection: Selection = {}): Tally {
  const files = testFiles("tests/**/*_test.ts", selection.paths);
  if (files.length === 0) return refuse("No test file is selected");
  const packages = installPackages();
  if (!packages.ok) return refuse(packages.output);
  let chosen: Runtime[];
  try {
    chosen = runtimes().filter(({ name, runs = anyFile }) =>
      name.startsWith(selection.runtime ?? "") && files.some(runs)
    );
  } catch (error) {
    return refuse(String(error));
  }
  if (chosen.length === 0) {
    return refuse(`No runtime is ${selection.runtime}, or it cannot run these`);
  }

  const filter = selection.filter?.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const reports = chosen.map((runtime, i) =>
    runOn(
      runtime,
      (i === chosen.length - 1 ? files : files.filter(isNoContract))
        .filter(runtime.runs ?? anyFile),
      filter,
    )
  );
  const differences = compare(chosen, files, reports);
  for (const difference of differences) say(difference);
  const { passed, failed } = tallyOf(reports.flatMap(({ results }) => results));
  const problems = reports.flatMap((report) => report.problems);
  if (filter !== undefined && passed + failed === 0) {
    return refuse(`No test has "${selection.filter}" in its name`);
  }
  return { passed, failed: failed + problems.length + differences.length };
}

/** Runs the clients of other makers, which run on Node alone: what they are is not ours to vary. */
export function runClients({ paths }: Pick<Selection, "paths"> = {}): Tally {
  const files = testFiles("tests/clients/**/*_e2e.ts", paths);
  if (files.length === 0) return refuse("No client is selected");
  for (const { ok, output } of [installPackages(), installClients(files)]) {
    if (!ok) return refuse(output);
  }
  let node: Runtime | undefined;
  try {
    node = runtimes().findLast(({ name }) => name.startsWith("node"));
  } catch (error) {
    return refuse(String(error));
  }
  if (node === undefined) return refuse("There is no Node");
  const { results, problems } = runOn(node, files);
  const { passed, failed } = tallyOf(results);
  return { passed, failed: failed + problems.length };
}

function testFiles(pattern: string, paths: readonly string[] = []): string[] {
  return globSync(pattern, {
    cwd: ROOT,
    exclude: ["**/node_modules/**"],
  })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) =>
      paths.length === 0 || paths.some((path) => file.includes(path))
    )
    .sort();
}

function anyFile(): boolean {
  return true;
}

function isNoContract(file: string): boolean {
  return !file.startsWith("tests/e2e/contract_");
}

/** The files on one runtime, those that start servers and clients last. */
function runOn(
  runtime: Runtime,
  files: readonly string[],
  filter?: string,
): Report {
  const started = performance.now();
  const endToEnd = files.filter((file) => file.startsWith("tests/e2e/"));
  const others = files.filter((file) => !endToEnd.includes(file));
  const reports = [others, endToEnd]
    .filter((group) => group.length > 0)
    .map((group) => runGroup(runtime, group, filter));
  const report = {
    results: reports.flatMap(({ results }) => results),
    problems: reports.flatMap(({ problems }) => problems),
  };
  const { passed, failed } = tallyOf(report.results);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(
    `${runtime.name}: ${passed} passed, ${
      failed + report.problems.length
    } failed (${seconds} s)`,
  );
  return report;
}

function runGroup(
  runtime: Runtime,
  files: readonly string[],
  filter?: string,
): Report {
  return inTemporaryFolder((folder) => {
    const path = join(folder, "report.xml");
    const { ok, output } = run(
      runtime.command,
      runtime.args(files, path, filter),
      {
        env: { PATH: runtime.path },
      },
    );
    const results = existsSync(path)
      ? parseJunit(readFileSync(path, "utf8"), fromRoot)
        .filter(({ outcome }) => filter === undefined || outcome !== "skipped")
      : [];
    // A filter leaves files without tests, which some runtimes call a failure.
    const problems = filter === undefined
      ? judge(runtime, files, results, ok)
      : [];
    const failures = results.filter(({ outcome }) => outcome !== "passed");
    for (const { file, name, outcome } of failures) {
      say(`${runtime.name}: ${file}: ${name}: ${outcome}`);
    }
    for (const problem of problems) say(problem);
    for (const { name } of results.filter(isUnjudged)) {
      say(`${runtime.name}: ${name}`);
    }
    if (failures.length + problems.length > 0) say(withoutPasses(output));
    return { results, problems };
  });
}

function judge(
  { name }: Runtime,
  files: readonly string[],
  results: readonly TestResult[],
  ok: boolean,
): string[] {
  const failed = results.some(({ outcome }) => outcome === "failed");
  const ended = ok || failed ? [] : [`${name}: it ended with an error`];
  if (results.length === 0 && !ok) return ended;
  const empty = files
    .filter((file) => !results.some((result) => result.file === file))
    .map((file) => `${name}: ${file}: it ran no test`);
  return [...ended, ...empty];
}

/** Where a runtime ran another number of a file's tests than the first one did. */
function compare(
  on: readonly Runtime[],
  files: readonly string[],
  [first, ...others]: readonly Report[],
): string[] {
  return others.flatMap(({ results }, i) =>
    files.flatMap((file) => {
      const expected = namesIn(file, first!.results);
      const actual = namesIn(file, results);
      const isReported = expected.length === 0 || actual.length === 0;
      if (isReported || expected.length === actual.length) return [];
      const odd = [
        ...expected.filter((name) => !actual.includes(name)),
        ...actual.filter((name) => !expected.includes(name)),
      ];
      return [
        `${file}: ${expected.length} tests on ${
          on[0]!.name
        }, ${actual.length} on ${on[i + 1]!.name}: ${
          odd.join("; ")
        } (a subtest, \`t.test()\`, is not counted by all: use \`test()\` or \`describe()\`)`,
      ];
    })
  );
}

function namesIn(file: string, results: readonly TestResult[]): string[] {
  return results.filter((result) => result.file === file).map(({ name }) =>
    name
  );
}

/** What a runner wrote, but for the lines that say that a test passed. */
function withoutPasses(output: string): string {
  return output
    .split("\n")
    .filter((line) =>
      !/^\s*(?:[✔▶﹣ℹ] .*|.* \.\.\. ok \(.*\)|running \d+ tests? from .*)$/
        .test(line)
    )
    .join("\n")
    .trim();
}

function fromRoot(file: string): string {
  return relative(ROOT, resolve(ROOT, file)).replaceAll("\\", "/");
}

function refuse(reason: string): Tally {
  say(reason);
  return { passed: 0, failed: 1 };
}
