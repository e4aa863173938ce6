import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { withExample } from "../../e2e/example.ts";
import { type Notes, withNotes } from "../notes.ts";
import {
  spoilToken,
  TIMEOUT_MILLISECONDS as timeout,
  withDocuments,
  WITHOUT_DOCUMENTS,
} from "./agents.ts";
import { withCodex } from "./codex.ts";

/** How Codex looks whether a server wants a login. */
const LOOKS = [
  "GET /mcp 401",
  "GET /.well-known/oauth-protected-resource/mcp 200",
  "GET issuer/.well-known/oauth-authorization-server 200",
];

/** What a connection begins with. */
const CONNECTS = [
  "POST /mcp initialize 200",
  "POST /mcp notifications/initialized 202",
  "POST /mcp tools/list 200",
];

function add({ resource }: Pick<Notes, "resource">): readonly string[] {
  return ["add", "notes", "--url", resource];
}

test("Codex logs in when a server is added, and by its own command", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withCodex(async ({ mcp, logIn, call }) => {
        const added = await logIn(...add(notes));
        assertStringIncludes(added.stdout, "Successfully logged in");
        const login = [
          ...LOOKS,
          ...LOOKS,
          "POST issuer/register 201",
          "GET issuer/authorize notes:read offline_access 303",
          "POST issuer/token 200",
        ];
        assertEquals(notes.take(), login);
        const { status, stdout } = await logIn("login", "notes");
        assertEquals(status, 0);
        assertStringIncludes(stdout, "Successfully logged in");
        assertEquals(notes.take(), login);
        assertMatch((await mcp("list")).stdout, /notes .* enabled +OAuth/);
        assertStringIncludes(await call({ tool: "whoami" }), "developer");
        assertEquals(notes.take(), [
          ...LOOKS,
          ...CONNECTS,
          "POST /mcp tools/call whoami 200",
        ]);
      }),
    WITHOUT_DOCUMENTS,
  ));

test(
  "Codex reports a 403 to its model, and a login with --scopes asks for what was missing",
  {
    timeout,
  },
  () =>
    withNotes(
      (notes) =>
        withCodex(async ({ logIn, call }) => {
          await logIn(...add(notes));
          notes.take();
          const note = { tool: "add_note", args: { text: "milk" } };
          assertStringIncludes(await call(note), "Insufficient scope");
          assertEquals(notes.take(), [
            ...LOOKS,
            ...CONNECTS,
            "POST /mcp tools/call add_note 403",
          ]);
          await logIn("login", "notes", "--scopes", "notes:read,notes:write");
          assertEquals(
            notes.take().filter((line) => line.includes("authorize")),
            ["GET issuer/authorize notes:read notes:write offline_access 303"],
          );
          assertStringIncludes(await call(note), "Notes kept: 1.");
        }),
      WITHOUT_DOCUMENTS,
    ),
);

test("Codex refreshes a token that the server refuses", {
  timeout,
}, () =>
  withNotes(
    (notes) =>
      withCodex(async ({ home, logIn, call }) => {
        await logIn(...add(notes));
        notes.take();
        await spoilToken(join(home, ".credentials.json"));
        assertStringIncludes(await call({ tool: "whoami" }), "developer");
        assertEquals(notes.take(), [
          ...LOOKS,
          "POST /mcp initialize 401",
          "POST issuer/token 200",
          ...CONNECTS,
          "POST /mcp tools/call whoami 200",
        ]);
      }),
    WITHOUT_DOCUMENTS,
  ));

test(
  "Codex identifies itself by its metadata document where the issuer supports these",
  {
    timeout,
  },
  async () => {
    const fetched = new Set<string>();
    await withNotes(
      (notes) =>
        withCodex(async ({ logIn }) => {
          const { stdout } = await logIn(...add(notes));
          assertStringIncludes(stdout, "Successfully logged in");
          assertEquals(
            notes.take().filter((line) => line.includes("register")),
            [],
          );
        }),
      withDocuments((url) => fetched.add(url)),
    );
    assertEquals([...fetched], ["https://chatgpt.com/oauth/codex/client.json"]);
  },
);

test(
  "Codex logs in at the bridge after its user's consent, and refreshes there",
  {
    timeout,
  },
  () =>
    withExample(
      ({ resource }) =>
        withCodex(async ({ home, consent, call }) => {
          // The bridge fetches client ID metadata documents, and Codex's is on the internet.
          const registering = ["--oauth-client-registration", "dcr"];
          const added = await consent(...add({ resource }), ...registering);
          assertStringIncludes(added.stdout, "Successfully logged in");
          await spoilToken(join(home, ".credentials.json"));
          assertStringIncludes(await call({ tool: "whoami" }), "developer");
        }),
      {},
      [process.execPath, "examples/bridge.ts"],
    ),
);
