/**
 * `deno task bench`: asks every question on every runtime, and writes the answers into docs/performance.md, and
 * those on start-up into docs/runtimes.md. Arguments
 * are the questions that are wanted; the answers to the others stay as they are. Each question is a program, which is
 * bundled once and run by Bun, Deno and Node alike.
 *
 * @module
 */
import { build, stop as stopEsbuild } from "esbuild";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DENO, ROOT } from "../runner/commands.ts";
import type { Row } from "./measure.ts";
import { importTimes, sizes } from "./size.ts";

const START_UP = join(ROOT, "tests/bench/startup.ts");
const PEERS = join(ROOT, "tests/bench/peers");

const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  Bun: ["bun"],
  Deno: [DENO, "run", "-A", "--no-check", "--v8-flags=--expose-gc"],
  "Node.js": ["node", "--expose-gc", "--max-semi-space-size=128"],
};

/** What is asked, in the order of the document. */
const QUESTIONS: Readonly<
  Record<string, (folder: string) => Promise<readonly string[]>>
> = {
  guard: (folder) => askAll(folder, "tests/bench/guard.ts"),
  peers: (folder) => {
    const install = ["install", "--frozen-lockfile", "--omit=peer"];
    execFileSync("bun", install, { cwd: PEERS, stdio: "inherit" });
    return askAll(folder, "tests/bench/peers/peers.ts");
  },
  first_seen: (folder) => askAll(folder, "tests/bench/first_seen.ts"),
  refusals: (folder) => askAll(folder, "tests/bench/refusals.ts"),
  documents: (folder) => askAll(folder, "tests/bench/documents.ts"),
  policy: (folder) => askAll(folder, "tests/bench/policy.ts"),
  felt: (folder) => askAll(folder, "tests/bench/felt.ts"),
  flat: (folder) => askAll(folder, "tests/bench/flat.ts"),
  bridge: (folder) => askAll(folder, "tests/bench/bridge.ts"),
  dpop: (folder) => askAll(folder, "tests/bench/dpop.ts"),
  http: (folder) => askAll(folder, "tests/bench/http.ts"),
  size: async () =>
    table(
      ["bundle", "bytes, compressed"],
      (await sizes()).map(([name, bytes]) => [name, `${bytes}`]),
    ),
  startup: () =>
    Promise.resolve(
      execFileSync(DENO, ["run", "-A", START_UP], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      }).trim().split("\n"),
    ),
  import: (folder) => tableOf((runtime) => importTimes(runtime, folder)),
};

async function main(asked: readonly string[]): Promise<void> {
  const unknown = asked.filter((name) => !(name in QUESTIONS));
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot ask ${unknown}: ask ${Object.keys(QUESTIONS).join(", ")}`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  try {
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      const lines = await ask(folder);
      print(`${name}\n\n${lines.join("\n")}\n`);
      writeDown(name, lines);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await stopEsbuild();
  }
}

async function askAll(folder: string, path: string): Promise<string[]> {
  const outfile = join(folder, "question.mjs");
  await build({
    absWorkingDir: ROOT,
    // What was written for CommonJS asks for it by this name.
    banner: {
      js:
        'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    bundle: true,
    entryPoints: [path],
    external: ["hono-rate-limiter"],
    format: "esm",
    logLevel: "warning",
    outfile,
    platform: "node",
    target: "esnext",
  });
  return await tableOf(([command = "", ...args]) => {
    const output = execFileSync(command, [...args, outfile], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return Promise.resolve(JSON.parse(output) as Row[]);
  });
}

/** One column for each runtime, in the order in which they are named. */
async function tableOf(
  ask: (runtime: readonly string[]) => Promise<readonly Row[]>,
): Promise<string[]> {
  const columns = new Map<string, readonly Row[]>();
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    columns.set(name, await ask(runtime));
  }
  const names = new Set([...columns.values()].flat().map(({ name }) => name));
  return table(
    ["", ...columns.keys()],
    [...names].map((name) => [
      name,
      ...[...columns.values()].map((rows) =>
        cellOf(rows.find((row) => row.name === name)?.ratios)
      ),
    ]),
  );
}

/** The median, and the range. */
function cellOf(ratios: readonly number[] | undefined): string {
  if (ratios === undefined) return "";
  const sorted = ratios.toSorted((a, b) => a - b);
  const [least, middle, most] = [
    sorted[0]!,
    sorted[sorted.length >> 1]!,
    sorted.at(-1)!,
  ].map((ratio) =>
    ratio >= 100 ? `${Math.round(ratio)}` : ratio.toPrecision(2)
  );
  return least === most ? `${middle}` : `${middle} (${least} to ${most})`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Replaces what a document says between a question's two marks. */
function writeDown(question: string, lines: readonly string[]): void {
  const page = question === "startup" ? "runtimes" : "performance";
  const path = join(ROOT, `docs/${page}.md`);
  const [begin, end] = [`<!-- ${question} -->`, `<!-- /${question} -->`];
  const text = readFileSync(path, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) {
    throw new Error(
      `Cannot write ${question}: docs/${page}.md has no mark`,
    );
  }
  const between = `${begin}\n\n${lines.join("\n")}\n\n${end}`;
  writeFileSync(path, `${before}${between}${after}`);
  execFileSync(DENO, ["fmt", "--quiet", path], { cwd: ROOT });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(process.argv.slice(2));
