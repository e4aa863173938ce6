/**
 * Where the bridge and the gateway report a problem that no client may read about, unless the operator says otherwise.
 *
 * @module
 */

import { printable } from "./printable.ts";

const MAX_CAUSES = 5;

/** Prints the messages of an error and its causes as one line of standard error, without stacks. */
export function printProblem(error: Error): void {
  const messages: string[] = [];
  for (
    let at: unknown = error;
    at instanceof Error && messages.length < MAX_CAUSES;
    at = at.cause
  ) messages.push(printable(at.message));
  printLine(`${error.name}: ${messages.join(": ")}`);
}

/** Prints one line of standard error. */
export function printLine(line: string): void {
  // deno-lint-ignore no-console -- the response says nothing, so without this line nobody would know
  console.error(line);
}
