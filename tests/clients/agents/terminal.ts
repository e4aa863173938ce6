/**
 * A terminal, for an agent that wants one.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "../../e2e/example.ts";

/** Where a command in a terminal leaves its process identifier, in its home. */
const PID_FILE = "terminal.pid";

/**
 * A command in a terminal, whose input stays open and empty. `script` is util-linux's, and exits with the command's
 * status. It must not replace the shell: it would wait for the children that the shell's process had before, too.
 */
export function inTerminal(
  command: readonly string[],
  home: string,
): readonly string[] {
  const words = command.map((word) => `'${word}'`).join(" ");
  const line = `echo $$ >'${join(home, PID_FILE)}'; exec ${words}`;
  const start =
    'mkfifo -m 600 "$1/input.$$"; script -qfec "$2" /dev/null <>"$1/input.$$"; exit $?';
  return ["sh", "-c", start, "sh", home, line];
}

/** Kills what runs in a terminal: it has a session of its own, which the end of `script` alone does not end at once. */
export async function killInTerminal(home: string): Promise<void> {
  const file = join(home, PID_FILE);
  if (!existsSync(file)) return;
  const pid = Number(await readFile(file, "utf8"));
  await eventually(`${pid} to end`, () => {
    try {
      process.kill(pid, "SIGKILL");
      return undefined;
    } catch {
      return true;
    }
  });
}
