/**
 * The example programs, started as a user would start them, and stopped whatever becomes of the test.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ROOT } from "../runner/commands.ts";
import { BUN_VERSION } from "../runner/runtimes.ts";

/** Variables of the environment contract (examples/environment.ts), or others. */
export type Variables = Readonly<Record<string, string>>;

/** An example that answers. */
export interface Example {
  /** Of the MCP server: `http://localhost:<port>`. */
  readonly origin: string;
  /** The protected resource. */
  readonly resource: string;
  /** The embedded authorization server, if it has one. */
  readonly issuer: string;
  /** Resolves to all that it printed, as soon as that matches. */
  printed(pattern: RegExp): Promise<string>;
  /** Ends it, and all that it started. */
  stop(): Promise<void>;
}

/** How a program ended. */
export interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The example for Bun. */
export const BUN_EXAMPLE: readonly string[] = [
  ...bun(),
  "run",
  "examples/server.ts",
];

/** For a test that starts an example. Without it Bun would allow 5 s, and it allows a hook no more than that. */
export const TIMEOUT_MILLISECONDS = 60_000;

const START_SECONDS = 45;
const ANSWER_MILLISECONDS = 5000;
const RETRY_MILLISECONDS = 25;

/** What an example reads: only what a test sets, and nothing that happens to be set here. */
const CONTRACT: readonly string[] = [
  "AUTH_AUTO_APPROVE",
  "AUTH_PORT",
  "BRIDGE_CIMD_LOOPBACK",
  "BRIDGE_CLIENT_ID",
  "BRIDGE_CLIENT_SECRET",
  "BRIDGE_ISSUER",
  "BRIDGE_PROVIDER",
  "BRIDGE_PROVIDER_ISSUER",
  "BRIDGE_PROVIDER_ORIGIN",
  "BRIDGE_SCOPES",
  "BRIDGE_SECRETS",
  "HOST",
  "MCP_AUTHORIZATION_SERVERS",
  "MCP_DPOP",
  "MCP_DPOP_NONCE",
  "MCP_RESOURCE",
  "PORT",
];

/**
 * Starts an example on free ports, with an authorization server that approves by itself, and waits until it answers.
 *
 * @throws {Error} If it ends, or does not answer in time. It is stopped then.
 */
export async function startExample(
  variables: Variables = {},
  command: readonly string[] = BUN_EXAMPLE,
): Promise<Example> {
  const environment = {
    PORT: `${await freePort()}`,
    AUTH_PORT: `${await freePort()}`,
    AUTH_AUTO_APPROVE: "1",
    ...variables,
  };
  const origin = `http://localhost:${environment.PORT}`;
  const program = startProgram(command, environment);
  try {
    await eventually(`${command.join(" ")} to answer`, () => {
      if (!program.ended()) return isHealthy(origin);
      throw new Error(`The example ended: ${program.stderr()}`);
    }, START_SECONDS);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    origin,
    resource: variables.MCP_RESOURCE ?? `${origin}/mcp`,
    issuer: `http://localhost:${environment.AUTH_PORT}`,
    printed: (pattern) =>
      eventually(`${pattern} to be printed`, () => {
        const text = program.stdout();
        return pattern.test(text) ? text : undefined;
      }),
    stop: program.stop,
  };
}

/** Lends an example of its own to a function, and stops it afterwards. */
export async function withExample(
  use: (example: Example) => Promise<void>,
  variables: Variables = {},
  command: readonly string[] = BUN_EXAMPLE,
): Promise<void> {
  const example = await startExample(variables, command);
  try {
    await use(example);
  } finally {
    await example.stop();
  }
}

/**
 * Runs an example that ends by itself.
 *
 * @throws {Error} If it does not. It is stopped then.
 */
export async function runExample(
  variables: Variables,
  command: readonly string[] = BUN_EXAMPLE,
): Promise<Ending> {
  const { ended, status, stdout, stderr, stop } = startProgram(
    command,
    variables,
  );
  try {
    const isOver = (): true | undefined => ended() || undefined;
    await eventually(`${command.join(" ")} to end`, isOver, START_SECONDS);
  } finally {
    await stop();
  }
  return { status: status(), stdout: stdout(), stderr: stderr() };
}

/**
 * Asks again and again, until there is an answer.
 *
 * @throws {Error} If there is none in time, or asking throws.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds: number = 15,
): Promise<T> {
  for (const end = performance.now() + seconds * 1000;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) {
      throw new Error(`Waited ${seconds} s for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/** Ports that were returned before: their servers may not listen yet. */
const takenPorts = new Set<number>();

/** A port that nobody listens on, and that was not returned before. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below those that the system gives to connections that go out: one of these could be taken in a moment. Above
    // 10080, to which fetch does not connect (https://fetch.spec.whatwg.org/#port-blocking).
    const port = 11_000 + Math.floor(Math.random() * 19_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree && !takenPorts.has(port)) {
      takenPorts.add(port);
      return port;
    }
  }
}

/** A program that runs, or has run. */
export interface Program {
  ended(): boolean;
  /** Null where it runs, or was killed. */
  status(): number | null;
  /** All that it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void;
  /** Kills it, and all that it started. */
  stop(): Promise<void>;
}

/**
 * Becomes the program that its arguments name. A process that it leaves beside itself waits for the end of standard
 * input, which comes with the end of the test, however that ends, and then kills the whole group.
 */
const GUARDED =
  'exec 3<&0; (cat <&3; kill -9 0) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-';

/** Starts a program in the repository's top folder. It ends with this process at the latest. */
export function startProgram(
  command: readonly string[],
  variables: Variables,
): Program {
  const inherited = Object.entries(process.env)
    .filter(([name]) => !CONTRACT.includes(name));
  const child = spawn("sh", ["-c", GUARDED, "sh", ...command], {
    cwd: ROOT,
    detached: true, // a group of its own
    env: {
      ...Object.fromEntries(inherited),
      NO_COLOR: "1",
      // On Node.js the examples import this package's sources, not what was built of them.
      NODE_OPTIONS: "--conditions=gatehouse-source",
      ...variables,
    },
    stdio: "pipe",
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  return {
    ended: () => child.exitCode !== null || child.signalCode !== null,
    status: () => child.exitCode,
    stdout: collect(child.stdout),
    stderr: collect(child.stderr),
    // Deno's `child.kill()` closes standard input too, and with that all would be killed.
    signal: (name) => void process.kill(child.pid!, name),
    async stop(): Promise<void> {
      killGroup(child);
      await closed;
    },
  };
}

function collect(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => text += chunk);
  return () => text;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: all of it is gone.
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}

async function isHealthy(origin: string): Promise<true | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    const response = await fetch(`${origin}/healthcheck`, { signal });
    return await response.text() === "OK" || undefined;
  } catch {
    return undefined;
  }
}

/** `BUN`, or the one on the path, or npm's. */
function bun(): readonly string[] {
  if (process.env.BUN) return [process.env.BUN];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, "bun")))
    ? ["bun"]
    : ["npx", "-y", `bun@${BUN_VERSION}`];
}
