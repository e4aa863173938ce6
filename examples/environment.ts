/**
 * The environment contract: the variables that every example reads, their defaults, and what is refused.
 *
 * | variable | default | meaning |
 * |---|---|---|
 * | `PORT` | `8787` | where the MCP server listens |
 * | `HOST` | `localhost` | on which address |
 * | `MCP_RESOURCE` | `http://localhost:$PORT/mcp` | the protected resource, to the byte |
 * | `MCP_AUTHORIZATION_SERVERS` | none | issuers, divided by commas; when set, no embedded server starts |
 * | `MCP_SCOPES` | the notes' scopes | on AWS: `none` where the issuers know only scopes of their own |
 * | `MCP_DPOP` | none | `optional`: tokens may be bound to a key by DPoP; `required`: they have to be |
 * | `MCP_DPOP_NONCE` | `0` | `1`: a proof has to contain a nonce of the server |
 * | `AUTH_PORT` | `7788` | where the embedded development authorization server listens |
 * | `AUTH_AUTO_APPROVE` | `0` | `1`: it signs in a fixed user and asks nobody, for scripted clients |
 *
 * @module
 */

import type { ProofOfPossession } from "@gatehouse/mcp-auth";
import process from "node:process";
import { proofsOf } from "./proofs.ts";
import { checkVariables, EnvironmentError } from "./variables.ts";

export { EnvironmentError };

/** What an example is told. */
export interface Environment {
  /** 1 to 65535. */
  readonly port: number;
  /** A host name or an address, without brackets. */
  readonly host: string;
  /** The resource identifier as it was written: compare it, echo it, never rebuild it. */
  readonly resource: string;
  /** The trusted issuers as they were written; `undefined` means the embedded development server. */
  readonly authorizationServers: readonly string[] | undefined;
  /** Verifies DPoP proofs; `undefined` where bound tokens are rejected. */
  readonly dpop: ProofOfPossession | undefined;
  /** 1 to 65535, another one than `port`. */
  readonly authPort: number;
  /** Whether the embedded server consents by itself. */
  readonly autoApprove: boolean;
}

/**
 * Reads the variables. A variable that is set must be valid: an empty one is refused like any other bad value
 * (`AUTH_AUTO_APPROVE` alone may be empty), and so is an unknown one that starts with `MCP_`, so that a typing error never
 * silently becomes a default.
 *
 * @throws {EnvironmentError} At the first bad value.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Environment {
  checkVariables(env);
  const port = readPort(env, "PORT", 8787);
  const host = env.HOST ?? "localhost";
  if (
    !/^[\w.-]+$/.test(host) && !/^[\da-f]*:[\da-f]*:[\da-f:.]*$/i.test(host)
  ) {
    refuse(
      "HOST",
      host,
      "use a host name or an address, without scheme, port or brackets",
    );
  }
  const resource = env.MCP_RESOURCE ?? `http://localhost:${port}/mcp`;
  checkIdentifier("MCP_RESOURCE", resource);
  const authorizationServers = env.MCP_AUTHORIZATION_SERVERS?.split(",").map((
    item,
  ) => item.trim());
  for (const issuer of authorizationServers ?? []) {
    checkIdentifier("MCP_AUTHORIZATION_SERVERS", issuer);
  }
  const dpop = proofsOf(env);
  const authPort = readPort(env, "AUTH_PORT", 7788);
  if (authPort === port && authorizationServers === undefined) {
    refuse("AUTH_PORT", String(authPort), "use another port than PORT");
  }
  const approve = env.AUTH_AUTO_APPROVE ?? "";
  if (!["", "0", "1"].includes(approve)) {
    refuse(
      "AUTH_AUTO_APPROVE",
      approve,
      "use 1 to consent without a page, or leave it unset",
    );
  }
  const autoApprove = approve === "1";
  if (
    autoApprove && authorizationServers === undefined && !isLoopback(resource)
  ) {
    refuse(
      "AUTH_AUTO_APPROVE",
      approve,
      `unset it, since MCP_RESOURCE ${resource} is not on loopback`,
    );
  }
  return {
    port,
    host,
    resource,
    authorizationServers,
    dpop,
    authPort,
    autoApprove,
  };
}

/** Whether an http or https URL has a host that can only be this machine. An app's own scheme has no hosts. */
export function isLoopback(url: string): boolean {
  const { protocol = "", hostname = "" } = parseUrl(url) ?? {};
  return /^https?:$/.test(protocol) &&
    /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Some runtimes take quadratic time for a long host. */
const MAX_URL_LENGTH = 8192;

/** Parses a URL that anyone may have written; `undefined` for a string of more than 8192 characters too. */
export function parseUrl(value: string): URL | undefined {
  return value.length <= MAX_URL_LENGTH && URL.canParse(value)
    ? new URL(value)
    : undefined;
}

/**
 * Ends the process with one line on stderr where the user can mend it: a bad variable, a port in use or not
 * allowed, an address that this machine does not have. Any other error is thrown again.
 *
 * @example
 * ```ts ignore
 * await main().catch(exitOnError);
 * ```
 */
export function exitOnError(error: unknown): never {
  const line = error instanceof EnvironmentError
    ? error.message
    : listenFailure(error);
  if (line === undefined) throw error;
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Not every runtime names the port: then it is the MCP server's, since the embedded server always does. */
function listenFailure(error: unknown): string | undefined {
  const { PORT = "8787", AUTH_PORT = "7788", HOST = "localhost" } = process.env;
  const { code, port = PORT }: { code?: unknown; port?: unknown } = Object(
    error,
  );
  const variable = String(port) === AUTH_PORT ? "AUTH_PORT" : "PORT";
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use: stop what listens there, or set ${variable} to a free port`;
    case "EACCES":
      return `Port ${port} is not allowed to this user: set ${variable} to a port above 1023`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return `Cannot listen on HOST=${
        JSON.stringify(HOST)
      }: use a name or an address of this machine`;
    default:
      return undefined;
  }
}

function readPort(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  byDefault: number,
): number {
  const value = env[name];
  if (value === undefined) return byDefault;
  // 0 would let the system choose, and then nobody could know the resource's URL.
  if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65535) {
    refuse(
      name,
      value,
      "use a whole number from 1 to 65535 (0 is not possible: URLs are made of it)",
    );
  }
  return Number(value);
}

const EXAMPLES: Readonly<Record<string, string>> = {
  MCP_RESOURCE: "an absolute https URL, such as https://notes.example.com/mcp",
  MCP_AUTHORIZATION_SERVERS:
    "absolute https URLs divided by commas, such as https://auth.example.com, or leave it unset",
};

/** What a resource (RFC 9728 §1.2) and an issuer (RFC 8414 §2) have in common. */
function checkIdentifier(name: string, value: string): void {
  // URL would escape or drop these, and then two spellings of one identifier would be about.
  const plain = /^(?!.*["\\<>^`{|}])[!-~]+$/.test(value);
  const url = plain ? parseUrl(value) : undefined;
  if (url === undefined || !/^https?:\/\//.test(value)) {
    refuse(name, value, `use ${EXAMPLES[name]}`);
  }
  if (/[?#]/.test(value) || url.username !== "" || url.password !== "") {
    refuse(name, value, "remove its query, fragment or credentials");
  }
  if (url.protocol === "http:" && !isLoopback(value)) {
    refuse(name, value, "use https (http is for loopback hosts alone)");
  }
}

function refuse(name: string, value: string, change: string): never {
  throw new EnvironmentError(
    `Cannot use ${name}=${JSON.stringify(value)}: ${change}`,
  );
}
