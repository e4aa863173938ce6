/**
 * Programs that come from npm.
 *
 * @module
 */

import { execFileSync } from "node:child_process";

/** The path of a program in a package of npm's. To run it through npx would put a process between it and signals. */
export function npm(spec: string, program: string): string {
  const args = ["-y", "--loglevel=error", "-p", spec, "-c"];
  return execFileSync("npx", [...args, `command -v ${program}`], {
    stdio: ["ignore", "pipe", "inherit"],
  }).toString().trim();
}
