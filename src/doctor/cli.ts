/**
 * The doctor's command-line interface.
 *
 * @module
 */

import { nearestName } from "../runtime/nearest_name.ts";
import { examine, type ExamineOptions } from "./examine.ts";
import { reportMarkdown } from "./output/markdown.ts";
import { reportPage } from "./output/page.ts";
import { type Report, worstSeverity } from "./report.ts";
import { formatExchange, formatReport } from "./output/terminal.ts";
import type { Tokens } from "./checks/tokens.ts";

const USAGE = `Examines OAuth on a live MCP server.

Usage: gatehouse doctor <url> [options]

  --json             write only the report, as JSON
  --html <file>      write the report as a self-contained HTML page
  --markdown <file>  write the report as Markdown, for an issue
  --token-stdin      read an access token from standard input
  --allow-host <h>   send requests to this host too, although it is not on
                     the internet; may be given more than once
  --origin <origin>  the origin of a client that runs in a browser
  --deadline <s>     how long the examination may take, in seconds (90)
  --help             write this text

Access tokens are read from the environment, never from an argument:
  MCP_TOKEN                  one that the server must accept
  MCP_TOKEN_WRONG_AUDIENCE   one of the same issuer for another resource
  MCP_TOKEN_EXPIRED          one that has expired

Exits with 0 if it found only notes or nothing, with 1 for warnings, 2 for errors,
and 3 if it could not examine the server.
`;

/** The members of `process` that are used. Deno, Bun and Node.js all have them. */
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
  getBuiltinModule(name: "node:util"): {
    parseArgs(config: {
      readonly args: readonly string[];
      readonly options: typeof OPTIONS;
      readonly strict: false;
    }): {
      readonly values: Readonly<Record<string, unknown>>;
      readonly positionals: readonly string[];
    };
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
  readonly markdown: string | undefined;
  readonly options: ExamineOptions;
  readonly readsToken: boolean;
  readonly help: boolean;
}

/**
 * Runs the command, and sets the exit status of the process: 0 if only notes were found, 1 for warnings, 2 for errors,
 * 3 if nothing could be examined. `deno run -A jsr:@gatehouse/mcp-auth/doctor <url>` does the same.
 *
 * @param args The arguments after the program's name. Default: those of the process.
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
  let report: Report;
  let given: Arguments;
  try {
    given = readArguments(process, args);
    if (given.help) {
      stdout.write(USAGE);
      return 0;
    }
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
    const { writeFileSync } = process.getBuiltinModule("node:fs");
    if (given.html !== undefined) {
      writeFileSync(given.html, await reportPage(report));
    }
    if (given.markdown !== undefined) {
      writeFileSync(given.markdown, reportMarkdown(report));
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

const STRING = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;
const OPTIONS = {
  "json": FLAG,
  "html": STRING,
  "markdown": STRING,
  "token-stdin": FLAG,
  "allow-host": { ...STRING, multiple: true },
  "origin": STRING,
  "deadline": STRING,
  "help": { ...FLAG, short: "h" },
} as const;

/**
 * Reads the arguments.
 *
 * @throws {Error} If an argument is invalid. The message does not repeat an unknown one, since it may be a misplaced
 * token.
 */
function readArguments(
  { getBuiltinModule }: Process,
  args: readonly string[],
): Arguments {
  const { values, positionals } = getBuiltinModule("node:util").parseArgs({
    args,
    options: OPTIONS,
    // `parseArgs` repeats an unknown argument in its message.
    strict: false,
  });
  for (const [name, value] of Object.entries(values)) {
    const option = Object.entries(OPTIONS).find(([known]) => known === name);
    const takesValue = option?.[1].type === "string";
    if (option === undefined || !takesValue && typeof value !== "boolean") {
      const meant = nearestName(name, Object.keys(OPTIONS));
      throw new Error(
        `Cannot use one of the arguments: ${
          meant === undefined ? "see --help" : `did you mean --${meant}?`
        }`,
      );
    }
    if (takesValue && [value].flat().some((each) => each === true)) {
      throw new Error(`Cannot use --${name}: give it a value`);
    }
  }
  const { json, html, markdown, origin, deadline, help } = values;
  const deadlineSeconds = deadline === undefined ? undefined : Number(deadline);
  if (deadlineSeconds !== undefined && !(deadlineSeconds > 0)) {
    throw new Error("Cannot use --deadline: give it a number of seconds");
  }
  if (positionals.length > 1) {
    throw new Error("Cannot examine several URLs: give one");
  }
  const [url] = positionals;
  if (url === undefined && help !== true) {
    throw new Error("Cannot examine without a URL: give one");
  }
  return {
    url: url ?? "",
    json: json === true,
    html: html as string | undefined,
    markdown: markdown as string | undefined,
    help: help === true,
    readsToken: values["token-stdin"] === true,
    options: {
      allowHosts: (values["allow-host"] ?? []) as readonly string[],
      origin: origin as string | undefined,
      deadlineSeconds,
    },
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
