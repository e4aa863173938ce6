import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  examine,
  type Report,
  reportPage,
  type Sighting,
} from "../../src/doctor/mod.ts";
import type { Page } from "./chromium.ts";
import { TIMEOUT_MILLISECONDS as timeout, withNotes } from "./notes.ts";
import { showPage } from "./shown_page.ts";

/** What a server may send in the hope that a report shows it as it is: each of these would name the page anew. */
const HOSTILE =
  `</title></style></script><script>document.title="owned"</script>
<img src="x" onerror="document.title='owned'"><svg onload="document.title='owned'">
<a href="javascript:document.title='owned'">click</a><base href="https://example.com/">
<style>body{display:none}</style><meta http-equiv="refresh" content="0;url=https://example.com/">"'><b>&lt;`;

/** Shows a report in Chromium, and resolves to the URLs that the page asked for. */
async function show(
  name: string,
  report: Report,
  look: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  const markup = await reportPage(report);
  const asked = await showPage(name, (_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(markup);
  }, look);
  return asked.filter((url) => new URL(url).pathname !== "/favicon.ico");
}

test(
  "the doctor's page shows an examination in Chromium, and asks for nothing else",
  { timeout },
  () =>
    withNotes(async ({ resource }) => {
      const report = await examine(resource);
      const asked = await show("doctor-page", report, async (page) => {
        await page.getByRole("heading", { name: resource }).waitFor();
        await page.getByText("No problems found").waitFor();
        const request = page.getByText("initialize without a token").first();
        await request.click();
        await page.getByText('"method": "initialize"').first().waitFor();
        await page.getByText('"error_description": "').first().waitFor();
      });
      assertEquals(asked.length, 1);
    }),
);

test(
  "the doctor's page shows what a hostile server sent as text, and runs none of it",
  { timeout },
  () =>
    withNotes(async ({ resource }) => {
      const report = await examine(resource);
      const [first] = report.exchanges;
      assert(first !== undefined);
      const sighting: Sighting = { seen: HOSTILE, exchanges: [1] };
      const hostile: Report = {
        ...report,
        url: `${resource}?${HOSTILE}`,
        findings: [{
          code: "resource-extra-slash",
          severity: "error",
          title: HOSTILE,
          clause: { text: HOSTILE, url: "https://example.com/" },
          clients: [HOSTILE],
          sightings: [sighting],
          advice: HOSTILE,
        }],
        clients: report.clients.map((client) => ({
          ...client,
          reason: HOSTILE,
        })),
        exchanges: [{
          ...first,
          purpose: HOSTILE,
          url: `${resource}/${HOSTILE}`,
          requestHeaders: { [HOSTILE]: HOSTILE },
          responseHeaders: { [HOSTILE]: HOSTILE },
          body: HOSTILE,
          failure: HOSTILE,
        }],
      };
      const asked = await show("doctor-hostile", hostile, async (page) => {
        await page.getByText('<img src="x"').first().waitFor();
        assert((await page.title()).startsWith("Examination of"));
      });
      assertEquals(asked.length, 1);
    }),
);
