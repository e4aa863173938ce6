/**
 * The packages of other makers: package.json here names them, and they are installed here alone.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  type Ending,
  eventually,
  startProgram,
  type Variables,
} from "../e2e/example.ts";

const PACKAGES = fileURLToPath(new URL("node_modules", import.meta.url));

/** What clients that are programs open a login with. */
export const FOLLOW_LOGIN: string = fileURLToPath(
  new URL("follow_login.ts", import.meta.url),
);

/** A module of theirs, described by what is used of it: their own types would have to be installed for every check. */
export function peer<T>(specifier: string): Promise<T> {
  return import(specifier);
}

/** Where a file of theirs is: `<package>/<path>`. */
export function installed(path: string): string {
  return join(PACKAGES, path);
}

/** Lends a folder to a function, for what a program keeps at home, and removes it afterwards. */
export async function withHome(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-client-"));
  try {
    await use(folder);
  } finally {
    // A program that was just stopped may still write.
    await rm(folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** Lends a program of theirs to a function as soon as its output matches, and stops it afterwards. */
export async function withProgram(
  args: readonly string[],
  variables: Variables,
  pattern: RegExp,
  use: (match: RegExpExecArray) => Promise<void>,
): Promise<void> {
  const program = startProgram([process.execPath, ...args], variables);
  try {
    const match = await eventually(`${args[0]} to print ${pattern}`, () => {
      if (!program.ended()) return pattern.exec(program.stdout()) ?? undefined;
      throw new Error(`It ended: ${program.stderr()}`);
    });
    await use(match);
  } finally {
    await program.stop();
  }
}

/** Runs a program of theirs to its end. */
export async function runProgram(
  args: readonly string[],
  variables: Variables,
): Promise<Ending> {
  const program = startProgram([process.execPath, ...args], variables);
  try {
    const isOver = (): true | undefined => program.ended() || undefined;
    await eventually(`${args[0]} to end`, isOver, 45);
  } finally {
    await program.stop();
  }
  return {
    status: program.status(),
    stdout: program.stdout(),
    stderr: program.stderr(),
  };
}
