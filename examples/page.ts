/**
 * The page that a person finds at `/`, and the lines printed at start.
 *
 * @module
 */

import type { ProofOfPossession } from "@gatehouse/mcp-auth";
import { html } from "hono/html";
import { type Html, htmlPage } from "../src/dev_issuer/page.ts";
import { clientTabs, COPY_SCRIPT, copyable, tabsStyle } from "./client_tabs.ts";
import { type Client, clients, doctorCommand } from "./clients.ts";

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

/** What can be tried at once, and which scope it needs. */
const TOOLS:
  readonly (readonly [name: string, about: string, scope: string])[] = [
    ["whoami", "says who is signed in, by which client", ""],
    ["list_notes", "lists your notes", "notes:read"],
    ["add_note", "adds a note", "notes:write"],
    ["watch_notes", "reports new notes for some seconds", "notes:read"],
    ["purge_notes", "deletes all of your notes", "notes:admin"],
  ];

/** The page at `/`: what this server is, and how to connect each client. */
export function landingPage(introduction: Introduction): Response {
  const { resource, authorizationServers, development } = introduction;
  const hasDoctor = introduction.doctor !== undefined;
  const { origin, pathname } = new URL(resource);
  /** Where a client looks first (RFC 9728 §3.1, RFC 8414 §3.1). */
  const metadata = (name: string): string =>
    `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname}`;
  const all = clients(resource);
  const { headers, body } = htmlPage(
    "Notes, an MCP server",
    html`
      <h1>Notes</h1>
      <p>An MCP server that keeps a list of notes for each user. It accepts only
      OAuth access tokens: your client sends you to the sign-in page.</p>
      ${copyable(resource)}
      ${hasDoctor ? EXAMINED : []}
      ${development ? WARNING : []}
      <h2>Connect a client</h2>
      ${clientTabs(all)}
      <h2>Call a tool</h2>
      <p>Ask your client to call <code>whoami</code>: it works as soon as you are
      signed in. A tool whose scope is missing makes the client ask for it.</p>
      <table>
        <thead>
          <tr>
            <th>Tool</th>
            <th>What it does</th>
            <th>Scope</th>
          </tr>
        </thead>
        <tbody>${TOOLS.map(([name, about, scope]) =>
          html`
            <tr>
              <td><code>${name}</code></td>
              <td>${about}</td>
              <td>${scopeCell(scope)}</td>
            </tr>
          `
        )}</tbody>
      </table>
      <h2>If a client cannot connect</h2>
      <p>In a clone of the repository, the doctor sends the requests of every
      generation of clients, and says what is wrong with the responses. With
      <code>--html report.html</code> it writes a page.</p>
      ${copyable(doctorCommand(resource))}
      <p>The metadata that clients read:
      <a href="${metadata("oauth-protected-resource")}">this resource</a>,
      <a href="${metadata("oauth-authorization-server")}">its authorization
      server</a>. Tokens are accepted from ${authorizationServers.join(
        " and ",
      )}.</p>
    `,
    { style: STYLE + tabsStyle(all.length), script: COPY_SCRIPT },
  );
  return new Response(body, { headers });
}

function scopeCell(scope: string): Html | string {
  return scope === "" ? "none" : html`<code>${scope}</code>`;
}

const STYLE = `
.examine a { display: inline-block; padding: 0.5rem 1.25rem; margin: 0 0.5rem 0.25rem 0; border: 1px solid var(--accent); border-radius: 0.25rem; text-decoration: none; }
.examine span { display: inline-block; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
@media (max-width: 30rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; padding: 0.375rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; border: 0; padding: 0; }
  td:last-child::before { content: "Scope: "; }
}
`;

const WARNING: Html = html`
  <p class="note"><strong>For development only.</strong> The authorization
  server beside it believes any user name, and forgets all logins when it
  stops.</p>
`;

const EXAMINED: Html = html`
  <p class="examine"><a href="/doctor">The doctor's page on this server</a>
  <span class="hint">It sends what known clients send, in some seconds.</span></p>
`;

/** What is printed at start: where the server listens, and how to try it. Ends with a line feed. */
export function startupMessage(
  { resource, authorizationServers, development }: Introduction,
): string {
  const tries = clients(resource).filter(isPrinted)
    .map(({ name, snippets }) => `  ${name.padEnd(15)} ${snippets[0]}`);
  return [
    `MCP server            ${resource}`,
    `Authorization server  ${authorizationServers.join(", ")}` +
    (development ? "  (embedded, for DEVELOPMENT only)" : ""),
    `How to connect        ${new URL(resource).origin}/`,
    "",
    "Try it:",
    ...tries,
    `  ${"The doctor".padEnd(15)} ${doctorCommand(resource)}`,
    "",
  ].join("\n");
}

/** The clients whose first snippet is a command of one line, which needs nothing but Node.js, or is on most machines. */
function isPrinted({ name }: Client): boolean {
  return /^(?:Claude Code|MCP Inspector|mcp-remote|VS Code|curl)$/.test(name);
}
