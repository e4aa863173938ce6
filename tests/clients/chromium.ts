/**
 * Chromium, without a screen, for the clients that live in a browser.
 *
 * @module
 */

import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ROOT } from "../runner/commands.ts";
import { peer } from "./peers.ts";

/** What is used of Playwright's page. */
export interface Page extends Elements {
  goto(url: string, options: { readonly waitUntil: string }): Promise<unknown>;
  on(event: "request", listen: (request: { url(): string }) => void): unknown;
  on(event: "pageerror", listen: (error: Error) => void): unknown;
  on(event: "console", listen: (message: { text(): string }) => void): unknown;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  title(): Promise<string>;
  setDefaultTimeout(milliseconds: number): void;
}

/** How its elements are found: by what a person sees of them. */
export interface Elements {
  getByLabel(name: string): Locator;
  getByPlaceholder(text: string): Locator;
  getByRole(role: string, options?: Named): Locator;
  getByText(text: string, options?: { readonly exact: true }): Locator;
}

/** An element, which each of these waits for. */
export interface Locator extends Elements {
  click(options?: { readonly force: true }): Promise<void>;
  fill(text: string): Promise<void>;
  first(): Locator;
  innerText(): Promise<string>;
  isVisible(): Promise<boolean>;
  press(key: string): Promise<void>;
  waitFor(): Promise<void>;
}

/** Uses a page. `shoot` keeps what the page shows as `tests/artefacts/<name>-<step>.png`. */
export type UsePage = (
  page: Page,
  shoot: (step: string) => Promise<void>,
) => Promise<void>;

interface Named {
  readonly name: string | RegExp;
  readonly exact?: true;
}

interface Chromium {
  launch(options: {
    readonly executablePath: string;
    readonly args: readonly string[];
  }): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
}

/** Ignored by git; kept when a test is over, for somebody to look at. */
const ARTEFACTS = join(ROOT, "tests/artefacts");

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const ARGUMENTS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A page may want a font or count its users; nothing but this machine is asked.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

const STEP_MILLISECONDS = 15_000;

/** The path of the Chromium of this machine: `CHROMIUM`, or the first on the path. */
export function chromiumPath(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Lends a page of a new browser to a function, and closes it afterwards. What it shows when the function throws is kept too. */
export async function withPage(name: string, use: UsePage): Promise<void> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    throw new Error(
      "There is no Chromium: install the package chromium, or set CHROMIUM to the path of one",
    );
  }
  const { chromium } = await peer<{ chromium: Chromium }>("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(STEP_MILLISECONDS);
    mkdirSync(ARTEFACTS, { recursive: true });
    const shoot = async (step: string): Promise<void> => {
      await page.screenshot({ path: join(ARTEFACTS, `${name}-${step}.png`) });
    };
    try {
      await use(page, shoot);
    } catch (error) {
      await shoot("failed");
      throw error;
    }
  } finally {
    await browser.close();
  }
}
