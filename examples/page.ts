/**
 * The page that a person finds at `/`, and the lines printed at start.
 *
 * @module
 */

import type { ProofOfPossession } from "@gatehouse/mcp-auth";
import { html } from "hono/html";
import { type Html, htmlPage } from "../src/dev_issuer/page.ts";

/** What the examples tell about themselves. */
export interface Introduction {
  /** The MCP server's URL: the resource identifier. */
  readonly resource: string;
  /** The trusted issuers. */
  readonly authorizationServers: readonly string[];
  /** Verifies DPoP proofs, where bound tokens are accepted. */
  readonly dpop?: ProofOfPossession | undefined;
  /** Whether the authorization server is the embedded one, for development. */
  readonly development: boolean;
  /** Answers `/doctor`, where this example can examine itself. */
  readonly doctor?:
    | ((request: Request) => Promise<Response> | undefined)
    | undefined;
}

/** One client: how to connect it, in words and in something to copy. */
interface Client {
  readonly name: string;
  readonly about: string;
  readonly snippets: readonly string[];
}

function clients(resource: string): readonly Client[] {
  const url = shell(resource);
  const server = { name: "notes", type: "http", url: resource };
  return [
    {
      name: "MCP Inspector",
      about: "Needs Node 22.19 or newer.",
      snippets: [
        `npx @modelcontextprotocol/inspector --transport http --server-url ${url}`,
      ],
    },
    {
      name: "mcp-remote",
      about: "The command signs in and lists the tools. The configuration is " +
        "for clients that can only start a local program.",
      snippets: [
        `npx -p mcp-remote mcp-remote-client ${url}`,
        json({
          mcpServers: {
            notes: { command: "npx", args: ["-y", "mcp-remote", resource] },
          },
        }),
      ],
    },
    {
      name: "VS Code",
      about: "Run the command, or write .vscode/mcp.json.",
      snippets: [
        `code --add-mcp ${shell(JSON.stringify(server))}`,
        json({ servers: { notes: { type: "http", url: resource } } }),
      ],
    },
    {
      name: "Cursor",
      about: "In .cursor/mcp.json, or ~/.cursor/mcp.json for every project.",
      snippets: [json({ mcpServers: { notes: { url: resource } } })],
    },
    {
      name: "Claude",
      about: "Claude Code; then /mcp in a session to sign in. Connectors of " +
        "claude.ai and Claude Desktop are called from the internet: they need " +
        "a public https URL, for this server and for its authorization server.",
      snippets: [`claude mcp add --transport http notes ${url}`],
    },
    {
      name: "Goose",
      about: "Or goose configure, and a remote extension (streamable HTTP).",
      snippets: [`goose session --with-streamable-http-extension ${url}`],
    },
    {
      name: "curl",
      about: "Without a token the answer is a challenge. It says where the " +
        "metadata is, and which scope to ask for.",
      snippets: [`curl -i -X POST ${url}`],
    },
  ];
}

/** The page at `/`: what this server is, and how to connect each client. */
export function landingPage(introduction: Introduction): Response {
  const { resource, authorizationServers, development } = introduction;
  const hasDoctor = introduction.doctor !== undefined;
  const { origin, pathname } = new URL(resource);
  /** Where a client looks first (RFC 9728 §3.1, RFC 8414 §3.1). */
  const metadata = (name: string): string =>
    `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname}`;
  const { headers, body } = htmlPage(
    "Notes, an MCP server",
    html`
      <h1>Notes, an MCP server</h1>
      <p>It keeps a list of notes for each user, and takes OAuth access tokens
      alone. Connect a client to this URL; the client sends you to sign in.</p>
      <pre>${resource}</pre>
      ${development ? WARNING : []}
      ${clients(resource).map(({ name, about, snippets }) =>
        html`
          <h2>${name}</h2>
          <p>${about}</p>
          ${snippets.map((snippet) => html`<pre>${snippet}</pre>`)}
        `
      )}
      <h2>The doctor</h2>
      ${hasDoctor ? EXAMINED : []}
      <p>In a clone of the repository this asks what each generation of clients
      asks, and says what is wrong with the answers, if anything is. With
      --html report.html it draws every request on a page.</p>
      <pre>${doctor(resource)}</pre>
      <h2>Metadata</h2>
      <ul>
        <li><a href="${metadata("oauth-protected-resource")}">This protected
        resource</a></li>
        <li><a href="${metadata("oauth-authorization-server")}">Its
        authorization server</a>, as clients see it from here</li>
      </ul>
      <p>Tokens are taken from ${authorizationServers.join(" and ")}.</p>
    `,
  );
  return new Response(body, { headers });
}

const WARNING: Html = html`
  <p class="note"><strong>For development only.</strong> The authorization
  server beside it believes any user name, and forgets all logins when it
  stops.</p>
`;

const EXAMINED: Html = html`
  <p><a href="/doctor">The doctor's page on this server</a>, as it runs now.
  That takes some seconds.</p>
`;

/** What is printed at start: where the server listens, and how to try it. Ends with a line feed. */
export function startupMessage(
  { resource, authorizationServers, development }: Introduction,
): string {
  const tries = clients(resource)
    .filter(({ name }) =>
      /^(?:MCP Inspector|mcp-remote|VS Code|curl)$/.test(name)
    )
    .map(({ name, snippets }) => `  ${name.padEnd(15)} ${snippets[0]}`);
  return [
    `MCP server            ${resource}`,
    `Authorization server  ${authorizationServers.join(", ")}` +
    (development ? "  (embedded, for DEVELOPMENT only)" : ""),
    `How to connect        ${new URL(resource).origin}/`,
    "",
    "Try it:",
    ...tries,
    `  ${"The doctor".padEnd(15)} ${doctor(resource)}`,
    "",
  ].join("\n");
}

/** The command that examines this server. */
function doctor(resource: string): string {
  return `npx -y deno task doctor ${shell(resource)}`;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** A value as one word of a POSIX shell. */
function shell(value: string): string {
  return /^[\w:/.@%+-]+$/.test(value)
    ? value
    : `'${value.replaceAll("'", `'\\''`)}'`;
}
