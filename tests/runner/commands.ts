/**
 * The programs that the checks and the tests are made of, run one after the other: two cores are not enough for more.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** How a command ended, and all that it wrote, both streams in order. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

export interface CommandOptions {
  /** Added to this program's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** After which it is killed. Default 5 minutes. */
  readonly timeoutSeconds?: number;
  /** Where it runs. Default: the repository's top folder. */
  readonly folder?: string;
}

/** The repository's top folder, where commands run. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** The Deno that runs this program. */
export const DENO: string = process.execPath;

/** Runs a command without input. One that cannot be started has failed, with the reason as its output. */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, timeoutSeconds = 900, folder: cwd = ROOT }: CommandOptions = {},
): Outcome {
  return inTemporaryFolder((folder) => {
    // A file, not a pipe: a process left behind by the command would hold a pipe open, and this program with it.
    const path = join(folder, "output");
    const file = openSync(path, "w");
    const { error, status } = spawnSync(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      killSignal: "SIGKILL",
      stdio: ["ignore", file, file],
      timeout: timeoutSeconds * 1000,
    });
    closeSync(file);
    const output = readFileSync(path, "utf8");
    if (error === undefined) return { ok: status === 0, output };
    const reason = "code" in error && error.code === "ETIMEDOUT"
      ? `was killed after ${timeoutSeconds} s`
      : `cannot be started: ${error.message}`;
    return { ok: false, output: `${output}\n${command} ${reason}` };
  });
}

/** Lends a folder of its own to a function, and removes it afterwards. */
export function inTemporaryFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a line for the person who waits. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The last line of every program here: what a CI reads. */
export function tally({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}
