import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Ending } from "../../e2e/example.ts";
import { type Notes, withNotes } from "../notes.ts";
import { withHome } from "../peers.ts";
import {
  installedAgent,
  logInByUrl,
  runAgent,
  spoilToken,
  TIMEOUT_MILLISECONDS as timeout,
  withDocuments,
  WITHOUT_DOCUMENTS,
} from "./agents.ts";
import { type ToolCall, withModel } from "./model.ts";
import { inTerminal } from "./terminal.ts";

interface ClaudeCode {
  readonly home: string;
  /** `claude mcp …` */
  mcp(...args: readonly string[]): Promise<Ending>;
  /** `claude mcp login --no-browser notes`, in a terminal. */
  logIn(): Promise<Ending>;
  /** Resolves to what the model was told about a call of a tool. */
  call(call: ToolCall): Promise<string>;
}

/** What a connection begins with. Claude Code offers MCP 2026-07-28 first, which the notes server does not speak. */
const CONNECTS = [
  "POST /mcp server/discover 400",
  "POST /mcp initialize 200",
  "POST /mcp notifications/initialized 202",
  "POST /mcp tools/list 200",
];

/** Lends Claude Code to a function, with the notes server added to it. */
function withClaudeCode(
  { resource }: Notes,
  use: (claude: ClaudeCode) => Promise<void>,
): Promise<void> {
  return withHome(async (home) => {
    const program = installedAgent(
      `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`,
    );
    const variables = {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CONFIG_DIR: home,
    };
    const mcp = (...args: readonly string[]): Promise<Ending> =>
      runAgent([program, "mcp", ...args], home, variables);
    const added = await mcp("add", "--transport", "http", "notes", resource);
    assertEquals(added.status, 0, added.stderr);
    await use({
      home,
      mcp,
      logIn: () => {
        const login = [program, "mcp", "login", "--no-browser", "notes"];
        return logInByUrl(inTerminal(login, home), home, variables);
      },
      async call(toolCall): Promise<string> {
        let result = "";
        await withModel(toolCall, async (model) => {
          const { status, stderr } = await runAgent(
            [program, "--print", "Go", "--allowedTools", "mcp__notes"],
            home,
            {
              ...variables,
              ANTHROPIC_API_KEY: "none",
              ANTHROPIC_BASE_URL: model.origin,
              ENABLE_TOOL_SEARCH: "false",
            },
          );
          assertEquals(status, 0, stderr);
          result = model.result();
        });
        return result;
      },
    });
  });
}

test(
  "Claude Code asks for a login, logs in from a terminal, and says Connected",
  {
    timeout,
  },
  () =>
    withNotes(
      (notes) =>
        withClaudeCode(notes, async ({ mcp, logIn }) => {
          assertEquals(notes.take(), []);
          assertStringIncludes(
            (await mcp("list")).stdout,
            "Needs authentication",
          );
          assertEquals(notes.take(), [
            "POST /mcp server/discover 401",
            "GET /.well-known/oauth-protected-resource/mcp 200",
            "GET issuer/.well-known/oauth-authorization-server 200",
          ]);
          const { status, stdout } = await logIn();
          assertEquals(status, 0, stdout);
          assertStringIncludes(stdout, 'Authenticated with "notes"');
          assertEquals(notes.take(), [
            "GET /.well-known/oauth-protected-resource/mcp 200",
            "GET issuer/.well-known/oauth-authorization-server 200",
            "GET /.well-known/oauth-protected-resource/mcp 200",
            "GET issuer/.well-known/oauth-authorization-server 200",
            "POST issuer/register 201",
            "GET issuer/authorize notes:read notes:write offline_access 303",
            "POST issuer/token 200",
          ]);
          assertMatch((await mcp("list")).stdout, /notes: .* Connected/);
          assertEquals(notes.take(), CONNECTS);
        }),
      WITHOUT_DOCUMENTS,
    ),
);

test(
  "Claude Code names the scope that a 403 wants, and its next login asks for that too",
  {
    timeout,
  },
  () =>
    withNotes(
      (notes) =>
        withClaudeCode(notes, async ({ logIn, call }) => {
          await logIn();
          notes.take();
          const refused = await call({ tool: "purge_notes" });
          assertStringIncludes(refused, "needs additional permissions");
          assertStringIncludes(refused, "notes:admin");
          assertEquals(notes.take(), [
            ...CONNECTS,
            "POST /mcp tools/call purge_notes 403",
            "GET issuer/.well-known/oauth-authorization-server 200",
            "GET /.well-known/oauth-protected-resource/mcp 200",
          ]);
          await logIn();
          assertEquals(
            notes.take().filter((line) => line.includes("authorize")),
            [
              "GET issuer/authorize notes:read notes:write notes:admin offline_access 303",
            ],
          );
          assertStringIncludes(
            await call({ tool: "purge_notes" }),
            "Notes deleted: 0.",
          );
        }),
      WITHOUT_DOCUMENTS,
    ),
);

test("Claude Code refreshes a token that the server refuses", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withClaudeCode(notes, async ({ home, mcp, logIn }) => {
        await logIn();
        notes.take();
        await spoilToken(join(home, ".credentials.json"));
        assertMatch((await mcp("list")).stdout, /notes: .* Connected/);
        assertEquals(notes.take(), [
          "POST /mcp server/discover 401",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "POST issuer/token 200",
          ...CONNECTS,
        ]);
      }),
    WITHOUT_DOCUMENTS,
  ));

test(
  "Claude Code identifies itself by its metadata document where the issuer supports these",
  {
    timeout,
  },
  async () => {
    const fetched = new Set<string>();
    await withNotes(
      (notes) =>
        withClaudeCode(notes, async ({ mcp, logIn }) => {
          await logIn();
          assertEquals(
            notes.take().filter((line) => line.includes("register")),
            [],
          );
          assertMatch((await mcp("list")).stdout, /notes: .* Connected/);
        }),
      withDocuments((url) => fetched.add(url)),
    );
    assertEquals([...fetched], [
      "https://claude.ai/oauth/claude-code-client-metadata",
    ]);
  },
);
