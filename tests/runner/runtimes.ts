/**
 * The runtimes that the tests run on. Deno is the one that runs this program; the others come from npm at pinned
 * versions, so that every machine gives the same answer. A runtime that cannot be had is a failure, not a skip.
 *
 * @module
 */
import { delimiter, dirname } from "node:path";
import process from "node:process";
import { DENO, type Outcome, run } from "./commands.ts";
import { runsInWorker } from "./workerd/files.ts";

/** A way to run test files, and to have them reported. */
export interface Runtime {
  /** Its name and its version. */
  readonly name: string;
  readonly command: string;
  /** The arguments for these files, whose report goes to that path. `filter`: a regular expression for tests' names. */
  readonly args: (
    files: readonly string[],
    report: string,
    filter?: string,
  ) => string[];
  /** Where its tests find the runtimes, this one first. */
  readonly path: string;
  /** Whether it can run a test file. Default: any file. */
  readonly runs?: (file: string) => boolean;
}

export const BUN_VERSION = "1.4.5";
export const NODE_VERSIONS: readonly string[] = ["24.21.0"];

/** The oldest versions that the package is for. package.json's `engines` and docs/runtimes.md say the same. */
export const OLDEST_VERSIONS = {
  node: "20.19.0",
  bun: "1.3.9",
  deno: "2.2.0",
} as const;

/** A test may start servers and walk through a login: Bun's own 5 s are short for that. Deno has no such limit. */
const TEST_TIMEOUT_MILLISECONDS = 60_000;

/**
 * Gets every runtime.
 *
 * @throws {Error} If one cannot be started, or is not the version that was asked for.
 */
export function runtimes(): Runtime[] {
  const bun = fromNpm("bun", "bun", BUN_VERSION);
  const nodes = NODE_VERSIONS.map((version) =>
    fromNpm("node", nodePackage(), version)
  );
  const everyPath = [bun, ...nodes, dirname(DENO), process.env.PATH ?? ""]
    .join(delimiter);
  const inherited = (first: string): string =>
    [first, everyPath].join(delimiter);
  return [
    {
      name: `deno ${process.versions.deno}`,
      command: DENO,
      args: denoTest,
      path: everyPath,
    },
    {
      name: `bun ${BUN_VERSION}`,
      command: `${bun}/bun`,
      args: bunTest,
      path: inherited(bun),
    },
    {
      name: "workerd",
      command: DENO,
      args: workerdTest,
      path: everyPath,
      runs: runsInWorker,
    },
    ...nodes.map((node, i) => ({
      name: `node ${NODE_VERSIONS[i]}`,
      command: `${node}/node`,
      args: nodeTest,
      path: inherited(node),
    })),
  ];
}

/** The oldest runtimes, and how each runs a program. */
export function oldestRuntimes(): Pick<Runtime, "name" | "command" | "args">[] {
  return [
    ["node", nodePackage(), OLDEST_VERSIONS.node],
    ["bun", "bun", OLDEST_VERSIONS.bun],
    ["deno", "deno", OLDEST_VERSIONS.deno],
  ].map(([program = "", name = "", version = ""]) => ({
    name: `${program} ${version}`,
    command: `${fromNpm(program, name, version)}/${program}`,
    args: (files) => program === "deno" ? ["run", "-A", ...files] : [...files],
  }));
}

/** Installs what bun.lock says, and nothing else, for Bun and Node: Deno has a cache of its own. */
export function installPackages(): Outcome {
  const bun = ["-y", `bun@${BUN_VERSION}`];
  return run("npx", [...bun, "install", "--frozen-lockfile"]);
}

// Types are a check of their own (tests/ok.ts): here they would be checked once a run, and for Deno alone.
const denoTest: Runtime["args"] = (files, report, filter) => [
  ...["test", "-A", "--quiet", "--no-check", "--frozen"],
  ...(filter === undefined ? [] : [`--filter=/${filter}/`]),
  `--junit-path=${report}`,
  ...files,
];

const bunTest: Runtime["args"] = (files, report, filter) => [
  ...["test", "--only-failures", `--timeout=${TEST_TIMEOUT_MILLISECONDS}`],
  ...(filter === undefined ? [] : [`--test-name-pattern=${filter}`]),
  ...["--reporter=junit", `--reporter-outfile=${report}`],
  // Without "./" before it, Bun takes a path as a part of one.
  ...files.map((file) => `./${file}`),
];

const nodeTest: Runtime["args"] = (files, report, filter) => [
  // The examples that a test imports import this package: its sources, not what was built of them.
  ...["--conditions", "gatehouse-source"],
  ...["--test", "--test-concurrency=1"],
  `--test-timeout=${TEST_TIMEOUT_MILLISECONDS}`,
  ...(filter === undefined ? [] : [`--test-name-pattern=${filter}`]),
  ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
  ...["--test-reporter=junit", `--test-reporter-destination=${report}`],
  ...files,
];

const workerdTest: Runtime["args"] = (files, report, filter = "") => [
  ...["run", "-A", "--no-check", "--frozen", "tests/runner/workerd/run.ts"],
  ...[report, filter, ...files],
];

/** Installs a runtime in npx's own cache, and says which folder its program is in. */
function fromNpm(program: string, name: string, version: string): string {
  const spec = `${name}@${version}`;
  const path = "`PATH is ${process.env.PATH}`";
  // An old Deno cannot read this repository's lock file.
  const evaluate = program === "deno" ? ["eval", "--no-config"] : [];
  const { output } = run("npx", [
    "-y",
    "-p",
    spec,
    "--",
    program,
    ...evaluate,
    "-p",
    path,
  ]);
  const found = /^PATH is (.*)$/m.exec(output)?.[1] ?? "";
  const folder = found.split(delimiter)[0] ?? "";
  const answer = run(`${folder}/${program}`, ["--version"]).output.trim();
  if (/\d+\.\d+\.\d+/.exec(answer)?.[0] !== version) {
    throw new Error(`Cannot start ${spec}, which answers ${answer}: ${output}`);
  }
  return folder;
}

function nodePackage(): string {
  const platform = process.platform === "win32" ? "win" : process.platform;
  return `node-${platform}-${process.arch}`;
}
