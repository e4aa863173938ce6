import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { freePort } from "../e2e/example.ts";
import { type Page, withPage } from "./chromium.ts";
import { TIMEOUT_MILLISECONDS, withNotes } from "./notes.ts";
import { installed, withHome, withProgram } from "./peers.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;

/** Signs in at the development authorization server's own page, where these scopes are asked for. */
async function signIn(
  page: Page,
  scopes: readonly string[],
  shoot: () => Promise<void>,
): Promise<void> {
  await page.getByLabel("User name").fill("ada");
  for (const scope of scopes) {
    await page.getByText(scope, { exact: true }).waitFor();
  }
  await shoot();
  await page.getByRole("button", { name: "Approve" }).click();
}

test(
  "Inspector 1 in direct mode: a page of another origin logs in, is refused a tool, and is let in when it asks for more",
  { timeout },
  () =>
    withNotes(async (notes) => {
      const port = await freePort();
      await withProgram(
        [installed("@modelcontextprotocol/inspector-client/bin/client.js")],
        { CLIENT_PORT: `${port}`, MCP_AUTO_OPEN_ENABLED: "false" },
        /up and running/,
        () =>
          withPage("inspector-1", async (page, shoot) => {
            const button = (name: string): Promise<void> =>
              page.getByRole("button", { name, exact: true }).click();
            const tab = (name: string): Promise<void> =>
              page.getByRole("tab", { name }).click();
            const query = new URLSearchParams({
              transport: "streamable-http",
              serverUrl: notes.resource,
            });
            await page.goto(`http://localhost:${port}/?${query}`, {
              waitUntil: "domcontentloaded",
            });
            await page.getByLabel("Connection Type").click();
            await page.getByRole("option", { name: "Direct" }).click();
            await button("Connect");
            await signIn(page, ["notes:read"], () => shoot("1-sign-in"));
            await page.getByText("Connected", { exact: true }).waitFor();
            await shoot("2-connected");
            const login = notes.take();
            // The page asks some of it twice over, in an order of its own.
            for (
              const request of [
                "OPTIONS /mcp 204",
                "POST /mcp initialize 401",
                "OPTIONS /.well-known/oauth-protected-resource/mcp 204",
                "GET /.well-known/oauth-protected-resource/mcp 200",
                "GET issuer/.well-known/oauth-authorization-server 200",
                "POST issuer/register 201",
                "GET issuer/authorize notes:read 303",
                "POST issuer/token 200",
                "POST /mcp initialize 200",
              ]
            ) assert(login.includes(request), `${request}: ${login}`);

            await tab("Tools");
            await button("List Tools");
            await page.getByText("Purge notes", { exact: true }).waitFor();
            const addNote = async (): Promise<void> => {
              await page.getByText("Add a note", { exact: true }).click();
              await page.getByRole("textbox", { name: /^text/ }).fill("milk");
              await button("Run Tool");
            };
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

            // At a 403 it refreshes its token and gives up: its user has to ask for more by hand.
            await tab("Auth");
            await button("Clear OAuth State");
            await button("Authentication");
            await page.getByPlaceholder("Scope (space-separated)")
              .fill("notes:read notes:write");
            await button("Quick OAuth Flow");
            await signIn(
              page,
              ["notes:read", "notes:write"],
              () => shoot("4-sign-in"),
            );
            await button("Connect");
            await page.getByText("Connected", { exact: true }).waitFor();
            await tab("Tools");
            await button("List Tools");
            await addNote();
            await page.getByText("Notes kept: 1").first().waitFor();
            await shoot("5-allowed");
          }),
      );
    }, { approval: "page" }),
);

test(
  "Inspector 2: its page logs in, is refused a tool, asks for what is missing beside what it had, and is let in",
  { timeout },
  () =>
    withNotes((notes) =>
      withHome(async (home) => {
        const url = new URL(notes.resource).href;
        await withProgram(
          [
            installed(
              "@modelcontextprotocol/inspector/clients/launcher/build/index.js",
            ),
            ...["--web", "--transport", "http", "--server-url", url],
          ],
          {
            CLIENT_PORT: `${await freePort()}`,
            HOME: home,
            MCP_AUTO_OPEN_ENABLED: "false",
            MCP_INSPECTOR_SECRET_STORE: "memory",
            MCP_SANDBOX_PORT: `${await freePort()}`,
            MCP_STORAGE_DIR: home,
          },
          /http:\S+TOKEN=\S+/,
          ([page_url]) =>
            withPage("inspector-2", async (page, shoot) => {
              const button = (name: string): Promise<void> =>
                page.getByRole("button", { name, exact: true }).click();
              await page.goto(page_url, { waitUntil: "domcontentloaded" });
              // A label lies over the switch, and takes the click.
              await page.getByRole("switch").click({ force: true });
              await signIn(page, ["notes:read"], () => shoot("1-sign-in"));
              await page.getByText("Tools", { exact: true }).first().click();
              await page.getByText("purge_notes", { exact: true }).waitFor();
              await shoot("2-tools");
              // Its pages speak through a server of its own: no preflight is here.
              assertEquals(
                notes.take(),
                [
                  "POST /mcp initialize 401",
                  "GET /.well-known/oauth-protected-resource/mcp 200",
                  "GET issuer/.well-known/oauth-authorization-server 200",
                  "POST issuer/register 201",
                  "GET issuer/authorize notes:read offline_access 303",
                  "POST issuer/token 200",
                  "POST /mcp initialize 200",
                  "POST /mcp notifications/initialized 202",
                  "POST /mcp tools/list 200",
                ],
              );

              const addNote = async (): Promise<void> => {
                await page.getByText("Add a note", { exact: true }).first()
                  .click();
                await page.getByRole("textbox", { name: /^text/ }).fill("milk");
                await button("Execute Tool");
              };
              await addNote();
              await page.getByText("Additional permissions required").waitFor();
              await shoot("3-refused");
              assertEquals(notes.take(), [
                "POST /mcp tools/call add_note 403",
              ]);
              await button("Authorize");
              await signIn(
                page,
                ["notes:read", "notes:write"],
                () => shoot("4-sign-in"),
              );
              await page.getByText("Tools", { exact: true }).first().click();
              await addNote();
              await page.getByText("Notes kept: 1").first().waitFor();
              await shoot("5-allowed");
            }),
        );
      }), { approval: "page" }),
);
