/**
 * The doctor as a command.
 *
 * @module
 */

import { examine, type ExamineOptions } from "./examine.ts";
import { reportPage } from "./output/page.ts";
import { type Report, worstSeverity } from "./report.ts";
import { formatExchange, formatReport } from "./output/terminal.ts";
import type { Tokens } from "./checks/tokens.ts";

const USAGE = `Examines the OAuth side of an MCP server.

Usage: doctor <url> [options]

  --json             write the report as JSON, and nothing else
  --html <file>      write the report as a page that needs nothing else
  --token-stdin      read an access token from standard input
  --allow-host <h>   ask this host too, although it is not on the internet;
                     may be given more than once
  --origin <origin>  the page that a browser client is served from
  --deadline <s>     how long it may take altogether, in seconds (90)
  --help             write this

Access tokens are taken from the environment, never from an argument:
  MCP_TOKEN                  one that the server must accept
  MCP_TOKEN_WRONG_AUDIENCE   one of the same issuer for another resource
  MCP_TOKEN_EXPIRED          one that has expired

Ends with 0 if nothing but notes was found, 1 for warnings, 2 for errors, and 3
if it could not examine anything.
`;

/** What is used of `process`, which Deno, Bun and Node.js have alike. */
interface Process {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  exitCode?: number | string | null | undefined;
  getBuiltinModule(name: "node:fs"): {
    writeFileSync(file: string, text: string): void;
  };
  getBuiltinModule(name: "node:dns"): {
    readonly promises: {
      lookup(
        hostname: string,
        options: { readonly all: true },
      ): Promise<readonly { readonly address: string }[]>;
    };
  };
}

interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

interface Arguments {
  readonly url: string;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly options: ExamineOptions;
  readonly readsToken: boolean;
}

/**
 * Runs the command, and sets the process's exit status: 0 if nothing but notes was found, 1 for warnings, 2 for
 * errors, 3 if it could not examine anything. It is what `deno run -A jsr:@gatehouse/mcp-auth/doctor <url>` does.
 *
 * @param args Default: the process's own, which are those behind the program's name.
 */
export async function runCommand(args?: readonly string[]): Promise<void> {
  const { process } = globalThis as unknown as { process: Process };
  process.exitCode = await run(process, args ?? process.argv.slice(2));
}

async function run(
  process: Process,
  args: readonly string[],
): Promise<number> {
  const { stdout, stderr } = process;
  if (args.includes("--help") || args.includes("-h")) {
    stdout.write(USAGE);
    return 0;
  }
  let report: Report;
  let given: Arguments;
  try {
    given = readArguments(args);
    const tokens = await readTokens(process, given);
    const progress = stderr.isTTY === true ? stderr : undefined;
    report = await examine(given.url, {
      ...given.options,
      tokens,
      lookup: async (hostname) => {
        const { promises } = process.getBuiltinModule("node:dns");
        const found = await promises.lookup(hostname, { all: true });
        return found.map(({ address }) => address);
      },
      onExchange: (exchange) => {
        const columns = (progress?.columns ?? 80) - 1;
        const line = formatExchange(exchange, { columns });
        progress?.write(`\r\x1b[2K${line}`);
      },
    });
    progress?.write("\r\x1b[2K");
    if (given.html !== undefined) {
      const { writeFileSync } = process.getBuiltinModule("node:fs");
      writeFileSync(given.html, await reportPage(report));
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    stderr.write(`${error.message}\n`);
    return 3;
  }
  stdout.write(
    given.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, {
      colors: hasColors(process) ? "ansi" : "none",
      columns: stdout.columns ?? 80,
    }),
  );
  return { error: 2, warning: 1, note: 0, none: 0 }[
    worstSeverity(report) ?? "none"
  ];
}

/** @see https://no-color.org */
function hasColors({ env, stdout }: Process): boolean {
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

function readArguments(args: readonly string[]): Arguments {
  const allowHosts: string[] = [];
  let options: ExamineOptions = {};
  let url: string | undefined;
  let html: string | undefined;
  const rest = [...args];
  const value = (name: string): string => {
    const next = rest.shift();
    if (next === undefined) {
      throw new Error(`Cannot use ${name}: give it a value`);
    }
    return next;
  };
  const flags = new Set<string>();
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--json" || arg === "--token-stdin") flags.add(arg);
    else if (arg === "--html") html = value(arg);
    else if (arg === "--allow-host") allowHosts.push(value(arg));
    else if (arg === "--origin") options = { ...options, origin: value(arg) };
    else if (arg === "--deadline") {
      const deadlineSeconds = Number(value(arg));
      if (!(deadlineSeconds > 0)) {
        throw new Error("Cannot use --deadline: give it a number of seconds");
      }
      options = { ...options, deadlineSeconds };
    } else if (arg.startsWith("-")) {
      // Not repeated: it may be a token that went to the wrong place.
      throw new Error("Cannot use one of the arguments: see --help");
    } else if (url !== undefined) {
      throw new Error("Cannot examine several URLs: give one");
    } else url = arg;
  }
  if (url === undefined) throw new Error("Cannot examine nothing: give a URL");
  return {
    url,
    json: flags.has("--json"),
    html,
    readsToken: flags.has("--token-stdin"),
    options: { ...options, allowHosts },
  };
}

async function readTokens(
  { env, stdin }: Process,
  { readsToken }: Arguments,
): Promise<Tokens> {
  let read = "";
  if (readsToken) {
    const decoder = new TextDecoder();
    for await (const chunk of stdin) {
      read += decoder.decode(chunk, { stream: true });
    }
  }
  const valid = read.trim() || env.MCP_TOKEN;
  const wrongAudience = env.MCP_TOKEN_WRONG_AUDIENCE;
  const expired = env.MCP_TOKEN_EXPIRED;
  return {
    ...(valid && { valid }),
    ...(wrongAudience && { wrongAudience }),
    ...(expired && { expired }),
  };
}
