/**
 * Where settings come from: flags, environment variables and a configuration file, in this order.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { nearestName } from "../../runtime/nearest_name.ts";
import { type Config, parseConfig } from "./config_schema.ts";
import { type Setting, type SettingName, SETTINGS } from "./setting_table.ts";

/** A setting that cannot be used. The message is one line that names the flag, the variable or the file. */
export class SettingError extends Error {
  /** `SettingError`. */
  override readonly name = "SettingError";
}

/** A value, and what an error calls it. */
export interface Given {
  readonly value: unknown;
  readonly from: string;
}

/** What was asked of the command. */
export interface Sources {
  readonly mode: "serve" | "check" | "help";
  /** Settings of flags and variables, by name. */
  readonly given: ReadonlyMap<SettingName, Given>;
  /** The configuration file, and what it says. */
  readonly file: string | undefined;
  readonly config: Config;
}

type Environment = Readonly<Record<string, string | undefined>>;

const CONFIG_VARIABLE = "GATEWAY_CONFIG";
/** Secrets have no flag and no place in a file: others can see those. */
export const SECRET_VARIABLE = "GATEWAY_SECRET";

/**
 * Reads all sources.
 *
 * @throws {SettingError} At the first name that is unknown, and the first value that cannot be used.
 */
export function readSources(
  args: readonly string[],
  env: Environment,
  readFile: (path: string) => string,
): Sources {
  const flags = readFlags(args);
  if (flags.has("help")) {
    return { mode: "help", given: new Map(), file: undefined, config: {} };
  }
  checkVariables(env);
  const given = new Map<SettingName, Given>();
  for (const setting of SETTINGS) {
    const { name, flag, variable } = setting;
    const found: readonly (readonly [string, string | undefined])[] = [
      [`--${flag}`, flags.get(flag)],
      [variable, env[variable]],
    ];
    const [from, text] = found.find(([, text]) => text !== undefined) ?? [];
    if (from !== undefined) {
      given.set(name, { from, value: read(setting, text!) });
    }
  }
  checkGiven(given);
  const file = flags.get("config") ?? env[CONFIG_VARIABLE];
  return {
    mode: flags.has("check") ? "check" : "serve",
    given,
    file,
    config: file === undefined ? {} : readConfig(file, readFile),
  };
}

function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const string = { type: "string" } as const;
  const strings = { type: "string", multiple: true } as const;
  try {
    const { values } = parseArgs({
      args: args.filter((arg) => arg !== "--"),
      options: {
        ...Object.fromEntries(
          SETTINGS.map(({ flag, kind }) =>
            [flag, kind === "list" ? strings : string] as const
          ),
        ),
        config: string,
        check: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    return new Map(
      Object.entries(values).map(([flag, value]) => [flag, `${value}`]),
    );
  } catch (error) {
    const { message } = error as Error;
    const flag = /'(-[\w-]+)/.exec(message)?.[1];
    const meant = flag && nearestName(flag, SETTINGS.map(({ flag }) => flag));
    throw new SettingError(
      flag === undefined
        ? "Cannot use one of the arguments: each setting is a flag, see --help"
        : message.startsWith("Unknown")
        ? `Cannot use ${flag}: no such flag, ${
          meant === undefined ? "see --help" : `did you mean --${meant}?`
        }`
        : `Cannot use ${flag}: ${message.replace(/\s*\n\s*/g, " ")}`,
    );
  }
}

/** A variable that is misspelt would be a default, silently. */
function checkVariables(env: Environment): void {
  const known = [
    ...SETTINGS.map(({ variable }) => variable),
    CONFIG_VARIABLE,
    SECRET_VARIABLE,
  ];
  for (const [name, value = ""] of Object.entries(env)) {
    if (
      !name.startsWith("GATEWAY_") || known.includes(name) ||
      isLink(name, value)
    ) continue;
    const names = known.filter((one) => one.startsWith("GATEWAY_"));
    throw new SettingError(
      `Cannot use ${name}: no such variable, use ${names.join(", ")}`,
    );
  }
}

/** Kubernetes makes variables for each service of a namespace, and one may be called `gateway`. */
function isLink(name: string, value: string): boolean {
  return /_SERVICE_(?:HOST|PORT\w*)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?$/
    .test(name) || name.endsWith("_PORT") && /^\w+:\/\//.test(value);
}

function read({ kind }: Setting, text: string): unknown {
  if (kind === "list") return text.split(",").map((item) => item.trim());
  if (kind === "words") return text.split(" ").filter(Boolean);
  if (kind === "switch" && /^[01]$/.test(text)) return text === "1";
  return kind === "number" && /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text)
    : text;
}

function checkGiven(given: ReadonlyMap<SettingName, Given>): void {
  const values = [...given].map(([name, { value }]) => [name, value] as const);
  const result = parseConfig(Object.fromEntries(values));
  if (!("advice" in result)) return;
  const name = /^\w+/.exec(result.place)![0] as SettingName;
  const { from, value } = given.get(name)!;
  throw new SettingError(
    `Cannot use ${from} ${JSON.stringify(value)}: ${result.advice}`,
  );
}

function readConfig(
  file: string,
  readFile: (path: string) => string,
): Config {
  let value: unknown;
  try {
    value = JSON.parse(readFile(file));
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown };
    throw new SettingError(
      error instanceof SyntaxError
        ? `Cannot use ${file}: it is not JSON (${message})`
        : `Cannot read ${file}: ${
          code === "ENOENT" ? "there is no such file" : message
        }`,
    );
  }
  const config = parseConfig(value);
  if (!("advice" in config)) return config;
  const { place, advice } = config;
  throw new SettingError(
    `Cannot use ${place === "" ? "" : `${place} in `}${file}: ${advice}`,
  );
}
