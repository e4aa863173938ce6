import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { freePort } from "../e2e/example.ts";
import { type UsePage, withPage } from "./chromium.ts";
import { type Notes, TIMEOUT_MILLISECONDS, withNotes } from "./notes.ts";
import { installed, withHome, withProgram } from "./peers.ts";
import { signIn } from "./sign_in.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;
const PROGRAM =
  "@modelcontextprotocol/inspector/clients/launcher/build/index.js";
/** A page that is let in by the token in its URL. */
const PAGE_URL = /http:\S+TOKEN=\S+/;

/** Lends the Inspector's page to a function. */
function withInspector({ resource }: Notes, use: UsePage): Promise<void> {
  return withHome(async (home) => {
    const variables = {
      CLIENT_PORT: `${await freePort()}`,
      HOME: home,
      MCP_AUTO_OPEN_ENABLED: "false",
      MCP_INSPECTOR_SECRET_STORE: "memory",
      MCP_SANDBOX_PORT: `${await freePort()}`,
      MCP_STORAGE_DIR: home,
    };
    const server = ["--transport", "http", "--server-url", resource];
    await withProgram(
      [installed(PROGRAM), "--web", ...server],
      variables,
      PAGE_URL,
      ([url]) =>
        withPage("inspector-2", async (page, shoot) => {
          await page.goto(url, { waitUntil: "domcontentloaded" });
          await use(page, shoot);
        }),
    );
  });
}

test(
  "Inspector 2: its page logs in, is refused a tool, asks for what is missing beside what it had, and is let in",
  { timeout },
  () =>
    withNotes((notes) =>
      withInspector(notes, async (page, shoot) => {
        const button = (name: string): Promise<void> =>
          page.getByRole("button", { name, exact: true }).click();
        const openTools = (): Promise<void> =>
          page.getByText("Tools", { exact: true }).first().click();
        const addNote = async (): Promise<void> => {
          await page.getByText("Add a note", { exact: true }).first().click();
          await page.getByRole("textbox", { name: /^text/ }).fill("milk");
          await button("Execute Tool");
        };

        // A label lies over the switch, and takes the click.
        await page.getByRole("switch").click({ force: true });
        await signIn(page, ["notes:read"], () => shoot("1-sign-in"));
        await openTools();
        await page.getByText("purge_notes", { exact: true }).waitFor();
        await shoot("2-tools");
        // The page speaks through the program that served it: there is no preflight.
        assertEquals(notes.take(), [
          "POST /mcp initialize 401",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/register 201",
          "GET issuer/authorize notes:read offline_access 303",
          "POST issuer/token 200",
          "POST /mcp initialize 200",
          "POST /mcp notifications/initialized 202",
          "POST /mcp tools/list 200",
        ]);

        await addNote();
        await page.getByText("Additional permissions required").waitFor();
        await shoot("3-refused");
        assertEquals(notes.take(), ["POST /mcp tools/call add_note 403"]);
        await button("Authorize");
        const scopes = ["notes:read", "notes:write"];
        await signIn(page, scopes, () => shoot("4-sign-in"));
        await openTools();
        await addNote();
        await page.getByText("Notes kept: 1").first().waitFor();
        await shoot("5-allowed");
      }), { approval: "page" }),
);
