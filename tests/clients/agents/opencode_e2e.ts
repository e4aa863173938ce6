import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Ending, freePort, type Variables } from "../../e2e/example.ts";
import { type Notes, withNotes } from "../notes.ts";
import { withHome } from "../peers.ts";
import {
  installedAgent,
  logInByUrl,
  runAgent,
  spoilToken,
  TIMEOUT_MILLISECONDS as timeout,
  WITHOUT_DOCUMENTS,
} from "./agents.ts";
import { type ToolCall, withModel } from "./model.ts";

interface Opencode {
  readonly home: string;
  /** `opencode mcp …` */
  mcp(...args: readonly string[]): Promise<Ending>;
  /** `opencode mcp auth notes` */
  logIn(): Promise<Ending>;
  /** Resolves to what the model was told about a call of a tool. */
  call(call: ToolCall): Promise<string>;
}

/** What an attempt to connect sends without a token. */
const LOOKS = [
  "POST /mcp initialize 401",
  "GET /.well-known/oauth-protected-resource/mcp 200",
  "GET issuer/.well-known/oauth-authorization-server 200",
];

/** What a connection begins with. */
const CONNECTS = [
  "POST /mcp initialize 200",
  "POST /mcp notifications/initialized 202",
  "POST /mcp tools/list 200",
];

/** Lends opencode to a function, with the notes server in its settings. */
function withOpencode(
  { resource }: Notes,
  use: (opencode: Opencode) => Promise<void>,
): Promise<void> {
  return withHome(async (home) => {
    const program = installedAgent("opencode-linux-x64-baseline/bin/opencode");
    const callback = `http://127.0.0.1:${await freePort()}/mcp/oauth/callback`;
    const notes = {
      type: "remote",
      url: resource,
      oauth: { redirectUri: callback },
    };
    async function settings(more: unknown = {}): Promise<Variables> {
      const path = join(home, "opencode.json");
      const base = { autoupdate: false, share: "disabled", mcp: { notes } };
      await writeFile(path, JSON.stringify({ ...base, ...Object(more) }));
      return {
        OPENCODE_CONFIG: path,
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
        OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
      };
    }
    await use({
      home,
      mcp: async (...args) =>
        runAgent([program, "mcp", ...args], home, await settings()),
      logIn: async () =>
        logInByUrl([program, "mcp", "auth", "notes"], home, await settings()),
      async call(toolCall): Promise<string> {
        let result = "";
        await withModel(toolCall, async (model) => {
          const variables = await settings({
            permission: "allow",
            enabled_providers: ["model"],
            model: "model/model",
            small_model: "model/model",
            provider: {
              model: {
                npm: "@ai-sdk/openai-compatible",
                options: { baseURL: `${model.origin}/v1`, apiKey: "none" },
                models: { model: {} },
              },
            },
          });
          const { status, stderr } = await runAgent(
            [program, "run", "Go"],
            home,
            variables,
          );
          assertEquals(status, 0, stderr);
          result = model.result();
        });
        return result;
      },
    });
  });
}

test("opencode asks for a login, logs in, and says connected", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withOpencode(notes, async ({ mcp, logIn }) => {
        assertStringIncludes(
          (await mcp("list")).stdout,
          "needs authentication",
        );
        assertEquals(notes.take(), [...LOOKS, "POST issuer/register 201"]);
        const { stdout } = await logIn();
        assertStringIncludes(stdout, "Authentication successful");
        assertEquals(notes.take(), [
          ...LOOKS,
          ...LOOKS,
          "POST issuer/register 201",
          "GET issuer/authorize notes:read offline_access 303",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/token 200",
          ...CONNECTS,
        ]);
        assertMatch((await mcp("list")).stdout, /notes .*connected/);
        assertEquals(notes.take(), CONNECTS);
      }),
    WITHOUT_DOCUMENTS,
  ));

test("opencode refreshes its token at a 403, tries once more and gives up", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withOpencode(notes, async ({ logIn, call }) => {
        await logIn();
        notes.take();
        assertStringIncludes(
          await call({ tool: "add_note", args: { text: "milk" } }),
          "403",
        );
        assertEquals(notes.take(), [
          ...CONNECTS,
          "POST /mcp tools/call add_note 403",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/token 200",
          "POST /mcp tools/call add_note 403",
          "POST /mcp notifications/cancelled 202",
        ]);
      }),
    WITHOUT_DOCUMENTS,
  ));

test("opencode refreshes a token that the server refuses", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withOpencode(notes, async ({ home, mcp, logIn }) => {
        await logIn();
        notes.take();
        await spoilToken(join(home, ".local/share/opencode/mcp-auth.json"));
        assertMatch((await mcp("list")).stdout, /notes .*connected/);
        assertEquals(notes.take(), [
          ...LOOKS,
          "POST issuer/token 200",
          ...CONNECTS,
        ]);
      }),
    WITHOUT_DOCUMENTS,
  ));
