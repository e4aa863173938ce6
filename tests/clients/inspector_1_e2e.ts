import { assertArrayIncludes, assertEquals } from "@std/assert";
import { test } from "node:test";
import { freePort } from "../e2e/example.ts";
import { type UsePage, withPage } from "./chromium.ts";
import { type Notes, TIMEOUT_MILLISECONDS, withNotes } from "./notes.ts";
import { installed, withProgram } from "./peers.ts";
import { signIn } from "./sign_in.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;
const PROGRAM = "@modelcontextprotocol/inspector-client/bin/client.js";

/** Lends the Inspector's page to a function. Its proxy does not run: there is the direct mode alone. */
async function withInspector(
  { resource: serverUrl }: Notes,
  use: UsePage,
): Promise<void> {
  const port = `${await freePort()}`;
  await withProgram(
    [installed(PROGRAM)],
    { CLIENT_PORT: port, MCP_AUTO_OPEN_ENABLED: "false" },
    /up and running/,
    () =>
      withPage("inspector-1", async (page, shoot) => {
        const transport = "streamable-http";
        const query = new URLSearchParams({ transport, serverUrl });
        await page.goto(`http://localhost:${port}/?${query}`, {
          waitUntil: "domcontentloaded",
        });
        await use(page, shoot);
      }),
  );
}

test(
  "Inspector 1 in direct mode: a page of another origin logs in, is refused a tool, and is let in when it asks for more",
  { timeout },
  () =>
    withNotes((notes) =>
      withInspector(notes, async (page, shoot) => {
        const button = (name: string): Promise<void> =>
          page.getByRole("button", { name, exact: true }).click();
        const connected = (): Promise<void> =>
          page.getByText("Connected", { exact: true }).waitFor();
        const openTools = async (): Promise<void> => {
          await page.getByRole("tab", { name: "Tools" }).click();
          await button("List Tools");
          await page.getByText("Purge notes", { exact: true }).waitFor();
        };
        const addNote = async (): Promise<void> => {
          await page.getByText("Add a note", { exact: true }).click();
          await page.getByRole("textbox", { name: /^text/ }).fill("milk");
          await button("Run Tool");
        };

        await page.getByLabel("Connection Type").click();
        await page.getByRole("option", { name: "Direct" }).click();
        await button("Connect");
        await signIn(page, ["notes:read"], () => shoot("1-sign-in"));
        await connected();
        await shoot("2-connected");
        // The page asks some of it twice over, in an order of its own.
        assertArrayIncludes(notes.take(), [
          "OPTIONS /mcp 204",
          "POST /mcp initialize 401",
          "OPTIONS /.well-known/oauth-protected-resource/mcp 204",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/register 201",
          "GET issuer/authorize notes:read 303",
          "POST issuer/token 200",
          "POST /mcp initialize 200",
        ]);

        await openTools();
        notes.take();
        await addNote();
        await page.getByText("Tool Result: Error").waitFor();
        await shoot("3-refused");
        assertEquals(notes.take(), [
          "POST /mcp tools/call add_note 403",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/token 200",
          "POST /mcp tools/call add_note 403",
        ]);

        // It has refreshed its token, and given up: its user has to ask for more by hand.
        await page.getByRole("tab", { name: "Auth" }).click();
        await button("Clear OAuth State");
        await button("Authentication");
        await page.getByPlaceholder("Scope (space-separated)")
          .fill("notes:read notes:write");
        await button("Quick OAuth Flow");
        const scopes = ["notes:read", "notes:write"];
        await signIn(page, scopes, () => shoot("4-sign-in"));
        await button("Connect");
        await connected();
        await openTools();
        await addNote();
        await page.getByText("Notes kept: 1").first().waitFor();
        await shoot("5-allowed");
      }), { approval: "page" }),
);
