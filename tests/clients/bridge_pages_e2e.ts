/**
 * The bridge's pages as Chromium draws them: light, dark, on a phone, and by the keyboard alone. The pictures are kept in
 * tests/artefacts, for somebody to look at.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { freePort, withExample } from "../e2e/example.ts";
import { ROOT } from "../runner/commands.ts";
import { chromiumPath } from "./chromium.ts";
import { TIMEOUT_MILLISECONDS } from "./notes.ts";
import { peer } from "./peers.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;
const COMMAND = [process.execPath, "examples/bridge.ts"];
const ARTEFACTS = join(ROOT, "tests/artefacts");
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** What is used of Playwright. */
interface Page {
  goto(url: string): Promise<{ status(): number } | null>;
  screenshot(options: { path: string; fullPage: true }): Promise<unknown>;
  keyboard: { press(key: string): Promise<void> };
  evaluate<T>(script: string): Promise<T>;
}
interface Browser {
  newPage(options: object): Promise<Page>;
  close(): Promise<void>;
}
interface Chromium {
  launch(options: object): Promise<Browser>;
}

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1000, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1000, height: 800 } },
  narrow: { colorScheme: "light", viewport: { width: 320, height: 640 } },
} as const;

async function clientOf(
  origin: string,
  redirectUri: string,
  name: string,
): Promise<string> {
  const response = await fetch(`${origin}/register`, {
    method: "POST",
    body: JSON.stringify({ redirect_uris: [redirectUri], client_name: name }),
  });
  return (await response.json()).client_id;
}

function launch(): Promise<Browser> {
  return peer<{ chromium: Chromium }>("playwright-core").then(({ chromium }) =>
    chromium.launch({
      executablePath: chromiumPath(),
      args: ["--no-sandbox", "--disable-gpu"],
    })
  );
}

function authorize(
  origin: string,
  client_id: string,
  redirect_uri: string,
  more: Record<string, string> = {},
): string {
  return `${origin}/authorize?${new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    scope: "notes:read notes:write notes:admin",
    state: "s",
    ...more,
  })}`;
}

test(
  "every page a person can meet, light, dark and narrow: nothing is wider than the window, and the policy lets its style in",
  { timeout },
  () =>
    withExample(
      async ({ origin }) => {
        const browser = await launch();
        mkdirSync(ARTEFACTS, { recursive: true });
        const loopback = "http://127.0.0.1:33418/callback";
        const remote = "https://client.example/a-long-path/of-a-callback";
        const local = await clientOf(origin, loopback, "Editor of notes");
        const hosted = await clientOf(
          origin,
          remote,
          "A client with a name that is as long as names may be, and is cut then, whatever",
        );
        const pages: Readonly<
          Record<string, readonly [url: string, status: number]>
        > = {
          "consent-loopback": [authorize(origin, local, loopback), 200],
          "consent-host": [authorize(origin, hosted, remote), 200],
          "unknown-client": [authorize(origin, "nobody", loopback), 400],
          "bad-redirect-uri": [
            authorize(origin, local, "https://evil.example/"),
            400,
          ],
          "request-error": [
            authorize(origin, hosted, remote, { response_type: "token" }),
            400,
          ],
          "no-transaction": [
            `${origin}/callback?state=${"x".repeat(32)}&code=y`,
            400,
          ],
        };
        try {
          for (const [look, options] of Object.entries(LOOKS)) {
            const page = await browser.newPage(options);
            for (const [name, [url, status]] of Object.entries(pages)) {
              const response = await page.goto(url);
              assertEquals(response?.status(), status, name);
              const path = join(ARTEFACTS, `bridge-${name}-${look}.png`);
              await page.screenshot({ path, fullPage: true });
              const [width, radius] = await page.evaluate<[number, string]>(
                "[document.documentElement.scrollWidth, getComputedStyle(document.querySelector('main')).borderRadius]",
              );
              assertEquals(
                width <= options.viewport.width,
                true,
                `${name} ${look}`,
              );
              assertEquals(radius, "16px", `${name} ${look}`);
            }
          }
        } finally {
          await browser.close();
        }
      },
      {},
      COMMAND,
    ),
);

test(
  "by the keyboard alone a person denies, and approves; the form's redirects are followed",
  { timeout },
  () =>
    withExample(
      async ({ origin }) => {
        const browser = await launch();
        const port = await freePort();
        const redirect_uri = `http://127.0.0.1:${port}/callback`;
        let receive = (_answer: URLSearchParams): void => {};
        const server = createServer((request, response) => {
          response.end("<title>Done</title>");
          const { pathname, searchParams } = new URL(
            request.url ?? "/",
            origin,
          );
          if (pathname === "/callback") receive(searchParams);
        }).listen(port, "127.0.0.1");
        const client_id = await clientOf(origin, redirect_uri, "Editor");
        const url = authorize(origin, client_id, redirect_uri);
        try {
          for (const [tabs, expected] of [[1, "code"], [2, "error"]] as const) {
            const answered = new Promise<URLSearchParams>((resolve) => {
              receive = resolve;
            });
            const page = await browser.newPage(LOOKS.light);
            await page.goto(url);
            for (let i = 0; i < tabs; i++) await page.keyboard.press("Tab");
            await page.keyboard.press("Enter");
            const answer = await answered;
            assertEquals(answer.has(expected), true);
            assertEquals(answer.get("iss"), origin);
          }
        } finally {
          await browser.close();
          server.close();
        }
      },
      {},
      COMMAND,
    ),
);
