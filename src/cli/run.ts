/**
 * From the first argument to the command that it names.
 *
 * @module
 */

import process from "node:process";
import { nearestName } from "../runtime/nearest_name.ts";
import { VERSION } from "../runtime/version.ts";

/** One of the commands. */
interface Command {
  /** What it does, in one line. */
  readonly about: string;
  run(args: readonly string[]): Promise<void>;
}

/** Imported when they are run, so that none waits for another's packages. */
const COMMANDS: Readonly<Record<string, Command>> = {
  "doctor": {
    about: "examines OAuth on a live MCP server",
    run: async (args) =>
      await (await import("../doctor/cli.ts")).runCommand(args),
  },
  "gateway": {
    about: "guards an MCP server in any language",
    run: async (args) =>
      await (await import("../gateway/command/run.ts")).runGateway(args),
  },
  "dev-issuer": {
    about: "issues access tokens to any user name, for development",
    run: async (args) =>
      await (await import("./dev_issuer.ts")).runDevIssuer(args),
  },
};

const NAMES: readonly string[] = Object.keys(COMMANDS);

const USAGE = `OAuth for MCP servers.

Usage: gatehouse <command> [options]

${
  Object.entries(COMMANDS)
    .map(([name, { about }]) => `  ${name.padEnd(12)}${about}\n`).join("")
}
  --help      write this text; gatehouse <command> --help describes a command
  --version   write the version, ${VERSION}

  gatehouse doctor https://notes.example.com/mcp
  gatehouse gateway --upstream http://localhost:3000/mcp --issuer https://auth.example.com
  gatehouse dev-issuer
`;

/** Runs the command that the first argument names. */
export async function run(
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const [name = "", ...rest] = args;
  if (Object.hasOwn(COMMANDS, name)) return await COMMANDS[name]!.run(rest);
  switch (name) {
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(USAGE);
      return;
    case "--version":
      process.stdout.write(`${VERSION}\n`);
      return;
    case "":
      process.stderr.write(USAGE);
      break;
    default:
      process.stderr.write(`${unknown(name)}\n`);
  }
  process.exitCode = 1;
}

/** What to write instead. It does not repeat what was written, which may be a misplaced token. */
function unknown(name: string): string {
  if (/^https?:/i.test(name)) {
    return "Cannot run a URL: did you mean gatehouse doctor <url>?";
  }
  const meant = nearestName(name, NAMES);
  return meant === undefined
    ? `Cannot run an unknown command: use ${NAMES.join(", ")} or --help`
    : `Cannot run an unknown command: did you mean gatehouse ${meant}?`;
}
