/**
 * What all pages of a bridge are made of: no script, nothing from elsewhere, not in a frame, not in a cache.
 *
 * @module
 */

import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { randomToken } from "../sealing/hash.ts";
import { STYLE } from "./style.ts";

/** Markup, in which every value was escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** The status of a page. */
export type PageStatus = 200 | 400 | 403 | 503;

/** Answers with a page. */
export async function sendPage(
  c: Context,
  status: PageStatus,
  title: string,
  main: Html,
): Promise<Response> {
  const nonce = randomToken();
  const page = await html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style nonce="${nonce}">${raw(STYLE)}</style>
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html>
  `;
  return c.html(`${page}`.trimStart(), status, {
    "cache-control": "no-store",
    // Without form-action: Chromium applies it to the redirects that follow the form, and these lead to the provider.
    "content-security-policy":
      "default-src 'none'; img-src data:; base-uri 'none'; " +
      `frame-ancestors 'none'; style-src 'nonce-${nonce}'`,
    "cross-origin-opener-policy": "same-origin",
    // With no-referrer the form would post "Origin: null".
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
}
