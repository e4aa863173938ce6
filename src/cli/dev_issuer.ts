/**
 * `gatehouse dev-issuer`: the development issuer until the process is told to end.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { startDevIssuer } from "../dev_issuer/mod.ts";
import {
  checkIdentifier,
  isLoopbackIdentifier,
} from "../runtime/identifiers.ts";
import { nearestName } from "../runtime/nearest_name.ts";

const DEFAULT_PORT = 7788;

const USAGE =
  `An authorization server for development. It accepts every user name and every
client, listens on this machine only, and forgets all logins when it stops.

Usage: gatehouse dev-issuer [options]

  --port <n>         where it listens (${DEFAULT_PORT})
  --resource <url>   the MCP server that tokens are for, on loopback
                     (any on loopback: clients name it)
  --scopes <a,b>     the scopes that it knows; a client that asks for none gets
                     the first (every scope that a client asks for)
  --dpop             bind tokens to the key of a client that proves it (RFC 9449)
  --auto-approve     sign in the user "developer" without a page, for scripts
  --help             write this text

In your server: authorization_servers: ["http://localhost:${DEFAULT_PORT}"]
`;

/** What was asked of the command. */
interface Arguments {
  readonly port: number;
  readonly resource?: string;
  readonly scopes?: readonly string[];
  readonly dpop?: true;
  readonly autoApprove: boolean;
}

/** An argument that cannot be used. The message is one line that says what to change. */
class ArgumentError extends Error {}

/** Runs the command until SIGINT or SIGTERM. */
export async function runDevIssuer(args: readonly string[]): Promise<void> {
  try {
    if (args.includes("--help") || args.includes("-h")) {
      process.stdout.write(USAGE);
      return;
    }
    await serve(readArguments(args));
  } catch (error) {
    const line = error instanceof ArgumentError
      ? error.message
      : listenFailure(error);
    if (line === undefined) throw error;
    process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}

async function serve(options: Arguments): Promise<void> {
  const { issuer, close } = await startDevIssuer(options);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => close().then(() => process.exit(0)));
  }
  process.stdout.write(
    `Development issuer  ${issuer}
Tokens for          ${options.resource ?? "any resource on this machine"}
In your server      authorization_servers: ["${issuer}"]

It accepts every user name. Do not use it for anything real.
`,
  );
}

const OPTIONS = {
  "port": { type: "string" },
  "resource": { type: "string" },
  "scopes": { type: "string" },
  "dpop": { type: "boolean" },
  "auto-approve": { type: "boolean" },
} as const;

function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    // Otherwise its messages say neither what is meant nor what to change.
    strict: false,
  });
  for (const [name, value] of Object.entries(values)) checkOption(name, value);
  if (positionals.length > 0) {
    throw new ArgumentError(
      "Cannot use an argument without a name: write --resource <url>, or see --help",
    );
  }
  const { port, resource, scopes } = values as Record<string, string>;
  if (resource !== undefined) checkResource(resource);
  return {
    port: readPort(port),
    ...(resource !== undefined && { resource }),
    ...(scopes !== undefined && { scopes: readScopes(scopes) }),
    ...(values["dpop"] === true && { dpop: true }),
    autoApprove: values["auto-approve"] === true,
  };
}

function checkOption(name: string, value: unknown): void {
  const known = Object.entries(OPTIONS).find(([each]) => each === name);
  if (known === undefined) {
    const meant = nearestName(name, Object.keys(OPTIONS));
    throw new ArgumentError(
      `Cannot use one of the arguments: ${
        meant === undefined ? "see --help" : `did you mean --${meant}?`
      }`,
    );
  }
  const takesValue = known[1].type === "string";
  if (takesValue !== (typeof value === "string") || value === "") {
    throw new ArgumentError(
      `Cannot use --${name}: ${
        takesValue ? "give it a value" : "it takes no value"
      }`,
    );
  }
}

function readPort(value: string = `${DEFAULT_PORT}`): number {
  // 0 would let the system choose, and then no server could name the issuer beforehand.
  if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65535) {
    throw new ArgumentError(
      "Cannot use --port: give it a whole number from 1 to 65535",
    );
  }
  return Number(value);
}

function checkResource(resource: string): void {
  try {
    checkIdentifier(resource, "--resource");
  } catch (error) {
    throw new ArgumentError((error as Error).message);
  }
  if (!isLoopbackIdentifier(resource)) {
    throw new ArgumentError(
      `Cannot use --resource ${resource}: this issuer lets everyone in, so it is only for servers on this machine, such as http://localhost:8000/mcp. Use a real authorization server for others`,
    );
  }
}

function readScopes(value: string): readonly string[] {
  const scopes = value.split(/[\s,]+/).filter((scope) => scope !== "");
  // RFC 6749 §3.3
  if (!scopes.every((scope) => /^[!#-[\]-~]+$/.test(scope))) {
    throw new ArgumentError(
      "Cannot use --scopes: separate names in ASCII by commas, without quotation marks and backslashes",
    );
  }
  if (scopes.length === 0) {
    throw new ArgumentError("Cannot use --scopes: give it a value");
  }
  return scopes;
}

function listenFailure(error: unknown): string | undefined {
  const { code, port } = Object(error) as { code?: unknown; port?: unknown };
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use: stop what listens there, or choose another by --port`;
    case "EACCES":
      return `Port ${port} is not allowed to this user: choose one above 1023 by --port`;
    default:
      return undefined;
  }
}
