import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { landingPage } from "../../examples/page.ts";
import type { Page } from "./chromium.ts";
import { TIMEOUT_MILLISECONDS as timeout } from "./notes.ts";
import { showPage } from "./shown_page.ts";

const RESOURCE = "http://localhost:8787/mcp";

/** Shows the page of an example in Chromium, and resolves to the URLs that it asked for. */
function show(
  name: string,
  look: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  return showPage(name, async (_request, response) => {
    const page = landingPage({
      resource: RESOURCE,
      authorizationServers: ["http://localhost:7788"],
      development: true,
    });
    for (const [field, value] of page.headers) {
      response.setHeader(field, value);
    }
    response.end(await page.text());
  }, look);
}

test(
  "the page of an example changes its client by keys, and asks for nothing else",
  { timeout },
  async () => {
    const asked = await show("example-page", async (page) => {
      const first = page.getByText("claude mcp login notes");
      await first.waitFor();
      await page.getByRole("radio", { name: "Claude Code" }).press(
        "ArrowRight",
      );
      await page.getByText(`code --add-mcp`).waitFor();
      assert(!await first.isVisible());
    });
    assertEquals(asked.length, 1);
  },
);

test(
  "the page of an example copies the server's URL",
  { timeout },
  async () => {
    await show("example-copy", async (page) => {
      const button = page.getByRole("button", { name: "Copy" }).first();
      await button.press("Enter");
      // Without a screen, Chromium may deny the clipboard; then the text is selected.
      await page.getByRole("button", { name: /^(?:Copied|Selected)$/ })
        .waitFor();
    });
  },
);
