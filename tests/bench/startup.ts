/**
 * `deno task bench`: how long each example takes from its start to its first answer, beside the same program without
 * the guard. Both are copies of the tree, made ready before they are measured. In the second copy, those of the
 * library's entry points that guard are replaced by ones that let all requests through. The two take turns, so that a
 * machine that slows down slows both. Prints a Markdown table; arguments are the names of the rows that are wanted.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import workerd from "workerd";
import { edgeCommand } from "../../examples/edge_runtime.ts";
import { readConfig, workerdConfig } from "../../examples/workers/workerd.ts";
import { DENO, ROOT } from "../runner/commands.ts";

/** A program that is ready to be started, again and again. */
interface Program {
  readonly command: readonly string[];
  readonly folder: string;
  readonly port: number;
}

/** Makes a program of a copy of the tree. */
type Prepare = (
  tree: string,
  port: number,
) => Program | Promise<Program>;

const ROUNDS = 9;
const START_SECONDS = 30;
const RETRY_MILLISECONDS = 2;

/** Nobody is there: the port is discard's. A configured issuer keeps the examples from starting one of their own. */
const ISSUER = "http://localhost:9";

const COPIED: readonly string[] = [
  "bun.lock",
  "bunfig.toml",
  "deno.json",
  "deno.lock",
  "examples",
  "mod.ts",
  "package.json",
  "src",
  "tests/std_assert",
  "tsconfig.json",
];

/** What stands in for the library where there is no guard. */
const UNGUARDED: Readonly<Record<string, string>> = {
  "mod.ts": `
const context = { authInfo: { token: "", clientId: "", scopes: [], extra: {} } };
export const protectResource = (handler: any): any =>
  (request: Request) => handler(request, context);
export const withCors = (handler: any): any => handler;
`,
  "src/adapters/bun.ts": `
export const serveOptions = (handler: any): any => ({ fetch: handler });
`,
  "src/adapters/hono.ts": `
export const protectedResource = (): any => (_: any, next: any) => next();
`,
  "src/adapters/workers.ts": `
const context = { authInfo: { token: "", clientId: "", scopes: [], extra: {} } };
export const protectWorker = (worker: any): any => ({
  fetch: (request: Request, env: any, ctx: any) =>
    worker.fetch(request, env, ctx, context),
});
`,
};

const FROM_SOURCE = ["--conditions", "gatehouse-source"];

const RUNTIMES: Readonly<Record<string, Prepare>> = {
  Deno: inPlace(DENO, "run", "-A", "--no-check", "examples/deno.ts"),
  Bun: inPlace("bun", "run", "examples/bun.ts"),
  "Node.js": inPlace("node", ...FROM_SOURCE, "examples/node.ts"),
  "Hono on Node.js": inPlace("node", ...FROM_SOURCE, "examples/hono.ts"),
  "edge-runtime": edgeFunction,
  workerd: worker,
};

let running: ChildProcess | undefined;

async function main(names: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const clean = (): void => {
    running?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      clean();
      process.exit(1);
    });
  }
  try {
    const guarded = copyTree(join(folder, "guarded"), {});
    const unguarded = copyTree(join(folder, "unguarded"), UNGUARDED);
    print("| runtime | with the guard | without | ratio, and its range |");
    print("| --- | --- | --- | --- |");
    for (const [name, prepare] of Object.entries(RUNTIMES)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const programs = [
        await prepare(guarded, await freePort()),
        await prepare(unguarded, await freePort()),
      ] as const;
      print(row(name, await measure(programs)));
    }
  } finally {
    clean();
  }
}

/**
 * Starts the two in turns. What the first start of each leaves in caches, all others find there.
 *
 * @throws {Error} If the one has no guard, or the other has.
 */
async function measure(
  [guarded, unguarded]: readonly [Program, Program],
): Promise<readonly (readonly [number, number])[]> {
  const statuses: (number | undefined)[] = [];
  for (const program of [guarded, unguarded]) {
    await startUp(program, async () => {
      statuses.push(await statusOf(program.port, "/mcp"));
    });
  }
  if (statuses[0] !== 401 || statuses[1] === 401) {
    throw new Error(`Cannot compare: /mcp answers ${statuses.join(" and ")}`);
  }
  const rounds: [number, number][] = [];
  while (rounds.length < ROUNDS) {
    rounds.push([await startUp(guarded), await startUp(unguarded)]);
  }
  return rounds;
}

/**
 * The milliseconds from a program's start to its first 200. It is used then, and stopped.
 *
 * @throws {Error} If it ends before, or takes too long.
 */
async function startUp(
  { command, folder, port }: Program,
  use?: () => Promise<void>,
): Promise<number> {
  const [name = "", ...args] = command;
  const begin = performance.now();
  const child = running = spawn(name, args, {
    cwd: folder,
    env: {
      ...process.env,
      HOST: "127.0.0.1",
      PORT: `${port}`,
      MCP_RESOURCE: resourceAt(port),
      MCP_AUTHORIZATION_SERVERS: ISSUER,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
  exited.catch(() => {});
  try {
    for (;;) {
      const status = await statusOf(port, "/healthcheck");
      const elapsed = performance.now() - begin;
      if (status === 200) {
        await use?.();
        return elapsed;
      }
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`${command.join(" ")} ended before it answered`);
      }
      if (elapsed > START_SECONDS * 1000) {
        throw new Error(`${command.join(" ")} took over ${START_SECONDS} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  } finally {
    child.kill("SIGKILL");
    await exited;
    running = undefined;
  }
}

/** On a connection of its own: one that is kept would belong to a program that was stopped. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const url = `http://127.0.0.1:${port}${path}`;
    get(url, { agent: false }, (response) => {
      response.resume();
      response.once("close", () => resolve(response.statusCode));
    }).once("error", () => resolve(undefined));
  });
}

/** Copies what examples are made of, with some files replaced. Packages are shared. */
function copyTree(
  tree: string,
  replaced: Readonly<Record<string, string>>,
): string {
  for (const name of COPIED) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    cpSync(join(ROOT, name), join(tree, name), {
      recursive: true,
      filter: (source) => !source.endsWith("node_modules"),
    });
  }
  for (const [name, text] of Object.entries(replaced)) {
    writeFileSync(join(tree, name), text);
  }
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  return tree;
}

function inPlace(...command: readonly string[]): Prepare {
  return (folder, port) => ({ command, folder, port });
}

/** The function of examples/vercel/edge as one script, which is made once and not measured. */
async function edgeFunction(tree: string, port: number): Promise<Program> {
  const env = {
    MCP_RESOURCE: resourceAt(port),
    MCP_AUTHORIZATION_SERVERS: ISSUER,
  };
  const server = { host: "127.0.0.1", port, env };
  const command = await edgeCommand(tree, tree, server);
  return { command, folder: tree, port };
}

/** The Worker as one module, which is made once and not measured; nor is its guard, which the first other request makes. */
function worker(tree: string, port: number): Program {
  const folder = join(tree, "worker");
  mkdirSync(join(folder, "objects"), { recursive: true });
  const example = join(tree, "examples/workers");
  const wrangler = readConfig(join(example, "wrangler.jsonc"));
  const files = [join(example, wrangler.main), join(folder, "worker.js")];
  // By the copy's own, which takes the library from beside itself.
  const code = `import { bundle } from "./examples/workers/workerd.ts";
await bundle(${files.map((file) => JSON.stringify(file)).join()});
Deno.exit();`;
  execFileSync(DENO, ["eval", code], { cwd: tree, stdio: "inherit" });
  writeFileSync(
    join(folder, "config.capnp"),
    workerdConfig(wrangler, [`127.0.0.1:${port}`], {
      MCP_RESOURCE: resourceAt(port),
      MCP_AUTHORIZATION_SERVERS: ISSUER,
    }),
  );
  const { default: path = workerd } = workerd as { default?: unknown };
  return { command: [String(path), "serve", "config.capnp"], folder, port };
}

function resourceAt(port: number): string {
  return `http://localhost:${port}/mcp`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function row(
  name: string,
  rounds: readonly (readonly [number, number])[],
): string {
  const milliseconds = (values: readonly number[]): string =>
    `${Math.round(median(values))} ms`;
  const ratios = rounds.map(([guarded, unguarded]) => guarded / unguarded);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  const cells = [
    name,
    milliseconds(rounds.map(([guarded]) => guarded)),
    milliseconds(rounds.map(([, unguarded]) => unguarded)),
    `${median(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Of an odd number of values. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(process.argv.slice(2));
