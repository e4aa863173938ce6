/**
 * How people connect their clients to an example: commands to run and files to write.
 *
 * @module
 */

/** One client. */
export interface Client {
  readonly name: string;
  /** What a person has to know, as one or two sentences. */
  readonly about: string;
  /** What to copy: commands, or the contents of files. */
  readonly snippets: readonly string[];
}

/** The clients, the most used first. */
export function clients(resource: string): readonly Client[] {
  const url = shell(resource);
  const server = { name: "notes", type: "http", url: resource };
  return [
    {
      name: "Claude Code",
      about: "Then sign in: by /mcp in a session, or by the second command.",
      snippets: [
        `claude mcp add --transport http notes ${url}`,
        "claude mcp login notes",
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
      name: "Codex",
      about: "It opens the sign-in page at once.",
      snippets: [`codex mcp add notes --url ${url}`],
    },
    {
      name: "MCP Inspector",
      about:
        "A page to call tools by hand. It needs Node.js 22.19, which the command brings along.",
      snippets: [
        `npx -y -p node@22 -p @modelcontextprotocol/inspector@latest mcp-inspector --transport http --server-url ${url}`,
      ],
    },
    {
      name: "mcp-remote",
      about:
        "The command signs in, lists the tools, and reports “Method not found”, since this server has no resources. The configuration is for clients that can only start a local program.",
      snippets: [
        `npx -y -p mcp-remote mcp-remote-client ${url}`,
        json({
          mcpServers: {
            notes: { command: "npx", args: ["-y", "mcp-remote", resource] },
          },
        }),
      ],
    },
    {
      name: "opencode",
      about: "The second command signs in.",
      snippets: [
        `opencode mcp add notes --url ${url}`,
        "opencode mcp auth notes",
      ],
    },
    {
      name: "Goose",
      about:
        "Or run goose configure, and add a remote extension (streamable HTTP).",
      snippets: [`goose session --with-streamable-http-extension ${url}`],
    },
    {
      name: "claude.ai, ChatGPT",
      about:
        "They call from the internet: the server and its authorization server need public https URLs. Add this URL as a connector then.",
      snippets: [resource],
    },
    {
      name: "curl",
      about:
        "Without a token the response is a challenge. It names the metadata, and the scope to ask for.",
      snippets: [`curl -i -X POST ${url}`],
    },
  ];
}

/** The command that examines the server, in a clone of the repository. */
export function doctorCommand(resource: string): string {
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
