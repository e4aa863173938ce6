/**
 * A page of the project's own, as Chromium shows it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RequestListener } from "node:http";
import { freePort } from "../e2e/example.ts";
import { type Page, withPage } from "./chromium.ts";
import { listen } from "./notes.ts";

/**
 * Serves a page, looks at it in Chromium, and resolves to the URLs that it asked for. The page has no error, and writes
 * nothing to the console.
 */
export async function showPage(
  name: string,
  serve: RequestListener,
  look: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  const port = await freePort();
  const close = await listen(port, serve);
  const asked: string[] = [];
  const complaints: string[] = [];
  try {
    await withPage(name, async (page, shoot) => {
      page.on("request", (request) => asked.push(request.url()));
      page.on("pageerror", (error) => complaints.push(`${error}`));
      page.on("console", (message) => complaints.push(message.text()));
      await page.goto(`http://localhost:${port}/`, { waitUntil: "load" });
      await look(page);
      await shoot("shown");
    });
  } finally {
    await close();
  }
  assertEquals(complaints, []);
  return asked;
}
