/**
 * `deno task example <name>`: runs an example on its own runtime, under the environment contract of `environment.ts`.
 * What is missing comes from npm. When this program is stopped, so is all that it started.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
import { edgeCommand } from "./edge_runtime.ts";
import {
  type Environment,
  exitOnError,
  readEnvironment,
} from "./environment.ts";
import { npm } from "./npm.ts";
import { type Introduction, startupMessage } from "./page.ts";
import { proofVariables } from "./proofs.ts";
import { NOTES_ISSUER_SCOPES } from "./notes_scopes.ts";

/** How an example is run. */
interface Example {
  /** Who starts the development authorization server, where none is configured: the example, or this program beside it. Then this program introduces it too. */
  readonly authorizationServer: "embedded" | "beside";
  /** Makes it ready, in a folder that lasts as long as it runs, and says what to run. */
  command(task: Task): readonly string[] | Promise<readonly string[]>;
}

/** What there is to be run. */
interface Task {
  readonly environment: Environment;
  /** The issuers, configured or beside the example. Empty where the example starts its own. */
  readonly issuers: readonly string[];
  readonly folder: string;
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  aws: {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/aws/main.ts"],
  },
  "aws-rest": {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/aws/main.ts", "rest"],
  },
  bridge: {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/bridge.ts"],
  },
  "bridge-workers": {
    authorizationServer: "embedded",
    command: () => [
      deno(),
      "run",
      "-A",
      "examples/workers/dev.ts",
      "bridge-workers",
    ],
  },
  bun: {
    authorizationServer: "embedded",
    command: () => [npm("bun@1.4.5", "bun"), "run", "examples/bun.ts"],
  },
  deno: {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/deno.ts"],
  },
  express: {
    authorizationServer: "embedded",
    command: () => [...nodeForTypeScript(), "examples/express.ts"],
  },
  hono: {
    authorizationServer: "embedded",
    command: () => [...nodeForTypeScript(), "examples/hono.ts"],
  },
  modern: {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/modern.ts"],
  },
  node: {
    authorizationServer: "embedded",
    command: () => [...nodeForTypeScript(), "examples/node.ts"],
  },
  vercel: { authorizationServer: "beside", command: nodeFunction },
  "vercel-edge": { authorizationServer: "beside", command: edgeFunction },
  workers: {
    authorizationServer: "embedded",
    command: () => [deno(), "run", "-A", "examples/workers/dev.ts", "workers"],
  },
  "workers-agent": {
    authorizationServer: "embedded",
    command: () => [
      deno(),
      "run",
      "-A",
      "examples/workers/dev.ts",
      "workers-agent",
    ],
  },
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_MILLISECONDS = 50;
const KILL_MILLISECONDS = 15_000;

async function main(name: string = ""): Promise<void> {
  const example = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined;
  if (example === undefined) {
    const names = Object.keys(EXAMPLES).join(", ");
    process.stderr.write(`Cannot run "${name}": use one of ${names}\n`);
    process.exit(1);
  }
  const isBeside = example.authorizationServer === "beside";
  const environment = readEnvironment(process.env);
  const { resource, authorizationServers } = environment;
  const server = isBeside && authorizationServers === undefined
    ? await startDevIssuer({
      port: environment.authPort,
      resource,
      ...NOTES_ISSUER_SCOPES,
      autoApprove: environment.autoApprove,
      ...(environment.dpop && { dpop: true }),
    })
    : undefined;
  const issuers = authorizationServers ?? (server ? [server.issuer] : []);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-example-"));
  try {
    const [program = "", ...args] = await example.command({
      environment,
      issuers,
      folder,
    });
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ["ignore", isBeside ? "ignore" : "inherit", "inherit"],
    });
    const status = statusOf(child);
    if (isBeside) {
      await introduce(child, environment, {
        resource,
        authorizationServers: issuers,
        development: server !== undefined,
      });
    }
    process.exitCode = await status;
  } finally {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Hands signals on, and resolves when the program has ended: to 0 where it ended by a signal that came through here. */
function statusOf(child: ChildProcess): Promise<number> {
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      stopped = true;
      child.kill(signal);
      setTimeout(() => child.kill("SIGKILL"), KILL_MILLISECONDS).unref();
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(stopped ? 0 : code ?? 1));
  });
}

/** Prints what the other examples print by themselves, as soon as this one answers. */
async function introduce(
  child: ChildProcess,
  { host, port }: Environment,
  introduction: Introduction,
): Promise<void> {
  const name = host.includes(":") ? `[${host}]` : host;
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const response = await fetch(`http://${name}:${port}/healthcheck`);
      if (await response.text() !== "OK") continue;
      process.stdout.write(startupMessage(introduction));
      return;
    } catch {
      await new Promise((wake) => setTimeout(wake, START_MILLISECONDS));
    }
  }
}

/** This Deno, or npm's. */
function deno(): string {
  return "deno" in process.versions
    ? process.execPath
    : npm("deno@2.9.6", "deno");
}

/** By this condition of package.json, Node.js imports the package's sources and not what was built of them. */
const FROM_SOURCE: readonly string[] = ["--conditions", "gatehouse-source"];

/** The Node on the path, or npm's where that is too old to run TypeScript; with the packages that it imports. */
function nodeForTypeScript(): readonly string[] {
  installPackages();
  const [major = 0, minor = 0] = execFileSync("node", ["--version"])
    .toString().slice(1).split(".").map(Number);
  const runsTypeScript = major > 22 || major === 22 && minor >= 18;
  return [
    runsTypeScript
      ? "node"
      : npm(`node-${process.platform}-${process.arch}@24`, "node"),
    ...FROM_SOURCE,
  ];
}

/** Bun and Deno find packages by themselves; Node and esbuild need them in a folder. */
function installPackages(): void {
  if (existsSync(join(ROOT, "node_modules"))) return;
  const stdio = ["ignore", "ignore", "inherit"] as const;
  const options = { cwd: ROOT, stdio: [...stdio] };
  execFileSync(npm("bun@1.4.5", "bun"), ["install"], options);
}

function nodeFunction({ environment, issuers }: Task): readonly string[] {
  process.env.MCP_RESOURCE = environment.resource;
  process.env.MCP_AUTHORIZATION_SERVERS = issuers.join(",");
  return [...nodeForTypeScript(), "examples/vercel_node.ts"];
}

async function edgeFunction(
  { environment, issuers, folder }: Task,
): Promise<readonly string[]> {
  installPackages();
  const { host, port, resource } = environment;
  // It would take the next free port, and not say so.
  await requireFreePort(port, host);
  const env = {
    MCP_RESOURCE: resource,
    MCP_AUTHORIZATION_SERVERS: issuers.join(","),
    ...proofVariables(process.env),
  };
  return edgeCommand(ROOT, folder, { host, port, env });
}

async function requireFreePort(port: number, host: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

await main(process.argv[2]).catch(exitOnError);
