/**
 * What the development issuer's pages are made of: nothing from elsewhere, not in a frame, not in a cache.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** Markup, in which every value was escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page's headers and its body. */
export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a page has beside the style of all pages. */
export interface PageParts {
  /** More style. Default: none. */
  readonly style?: string;
  /** A script, constant. Default: the page can run none. */
  readonly script?: string;
}

/** A page: nothing from elsewhere, not in a frame, not in a cache. */
export function htmlPage(
  title: string,
  main: Html,
  { style = "", script }: PageParts = {},
): Page {
  const nonce = crypto.randomUUID();
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style nonce="${nonce}">${raw(STYLE + style)}</style>
      </head>
      <body>
        <main>${main}</main>
        ${script === undefined
          ? []
          : html`<script nonce="${nonce}">${raw(script)}</script>`}
      </body>
    </html>
  `;
  return {
    headers: {
      "cache-control": "no-store",
      // No form-action: browsers apply it to the redirect that follows a form too, and a client's can lead anywhere.
      "content-security-policy":
        "default-src 'none'; img-src data:; base-uri 'none'; " +
        `frame-ancestors 'none'; style-src 'nonce-${nonce}'` +
        (script === undefined ? "" : `; script-src 'nonce-${nonce}'`),
      "content-type": "text/html; charset=utf-8",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
    body: `${page}`.trimStart(), // no part of it is a promise
  };
}

const STYLE = `
:root { color-scheme: light dark; --line: #767676; --faint: #f2f2f2; --soft: #595959; --accent: #0b57d0; --on-accent: #fff; --warn: #fff4ce; }
@media (prefers-color-scheme: dark) {
  :root { --line: #8c8c8c; --faint: #262626; --soft: #b0b0b0; --accent: #a8c7fa; --on-accent: #062e6f; --warn: #4a3c00; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; margin: 2rem 0 0.5rem; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9375rem; }
pre { background: var(--faint); padding: 0.75rem; margin: 0.5rem 0; white-space: pre-wrap; border-radius: 0.25rem; }
.note { background: var(--warn); padding: 0.5rem 0.75rem; border-radius: 0.25rem; }
.hint { color: var(--soft); }
p.hint { margin: 0.25rem 0 0; }
fieldset { border: 1px solid var(--line); border-radius: 0.25rem; margin: 1rem 0; padding: 0.5rem 0.75rem; min-width: 0; }
label { display: block; padding: 0.25rem 0; }
fieldset label { padding-left: 1.75rem; text-indent: -1.75rem; }
input[type=text] { display: block; width: 100%; font: inherit; padding: 0.5rem; border: 1px solid var(--line); border-radius: 0.25rem; }
input[type=checkbox] { width: 1.125rem; height: 1.125rem; vertical-align: -0.15rem; margin: 0 0.625rem 0 0; accent-color: var(--accent); }
button { display: inline-block; font: inherit; padding: 0.5rem 1.25rem; margin: 0 0.5rem 0.5rem 0; border: 1px solid var(--accent); border-radius: 0.25rem; background: transparent; color: var(--accent); cursor: pointer; }
.main { background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error { color: light-dark(#b3261e, #f2b8b5); font-weight: 600; }
`;
