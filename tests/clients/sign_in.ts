/**
 * The person at the development authorization server's own page.
 *
 * @module
 */

import type { Page } from "./chromium.ts";

/** Signs in at the development authorization server's own page, where these scopes are asked for. */
export async function signIn(
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
