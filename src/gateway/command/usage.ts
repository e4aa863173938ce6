/**
 * What `--help` prints.
 *
 * @module
 */

import { SETTINGS } from "./setting_table.ts";

const WIDTH = 26;

/** The usage of the command. */
export function usage(): string {
  const flags = SETTINGS.map(({ flag, help: [value, meaning], variable }) =>
    row(`--${flag} <${value}>`, [meaning, variable])
  );
  return `Guards an MCP server with OAuth: verifies access tokens, and passes accepted
requests on to the server, which needs no change and learns who calls.

Usage: gatehouse gateway --upstream <url> --resource <url> --issuer <url> [options]

${flags.join("")}${
    row("--config <file>", [
      "a JSON file with these and more",
      "GATEWAY_CONFIG",
    ])
  }${
    row("--check", ["check all this, ask the server and the issuers, and end"])
  }${row("--help", ["print this"])}
Each can also be set by the environment variable below it; a flag goes before a
variable, and a variable before the file. Secrets have variables alone:

  GATEWAY_SECRET            32 random characters or more, the same on every
                            instance: signs what the server is told, and seals
                            sessions. Made up at start on loopback.

The file also has the scopes that tools need. Its members, and all else:
https://jsr.io/@gatehouse/mcp-auth/doc/gateway

  gatehouse gateway --upstream http://localhost:3000/mcp --issuer https://auth.example.com
`;
}

function row(flag: string, lines: readonly string[]): string {
  const [first = "", ...others] = lines;
  const head = `  ${flag}`.padEnd(WIDTH);
  const indent = " ".repeat(WIDTH + 2);
  return [
    head.length > WIDTH ? `${head}\n${indent}${first}` : `${head}  ${first}`,
    ...others.map((line) => `${indent}${line}`),
  ].join("\n") + "\n";
}
