/**
 * The clients of the landing page as tabs, with a button to copy each snippet. The tabs are radio buttons, so that arrow
 * keys move between them, and they work without the script.
 *
 * @module
 */

import { html } from "hono/html";
import type { Html } from "../src/dev_issuer/page.ts";
import type { Client } from "./clients.ts";

/** The tabs. */
export function clientTabs(clients: readonly Client[]): Html {
  return html`
    <fieldset class="tabs">
      <legend>Client</legend>
      ${clients.map(({ name }, i) =>
        html`
          <input type="radio" name="client" id="client-${i}" ${i === 0
            ? "checked"
            : ""}><label
            for="client-${i}">${name}</label>
        `
      )}
      ${clients.map(({ name, about, snippets }) =>
        html`
          <section aria-label="${name}">
            <p>${about}</p>
            ${snippets.map((snippet) => copyable(snippet))}
          </section>
        `
      )}
    </fieldset>
  `;
}

/** Text with a button that copies it. Without the script there is no button. */
export function copyable(text: string): Html {
  return html`
    <div
      class="copy"><pre>${text}</pre><button type="button" hidden>Copy</button></div>
  `;
}

/** The style of both. */
export function tabsStyle(count: number): string {
  const shown = Array.from(
    { length: count },
    (_, i) =>
      `#client-${i}:checked ~ section:nth-of-type(${
        i + 1
      }) { display: block; }`,
  );
  return `
.tabs { border: 0; padding: 0; margin: 0.5rem 0; }
.tabs legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.tabs input { position: absolute; opacity: 0; pointer-events: none; }
.tabs label { display: inline-block; padding: 0.375rem 0.75rem; margin: 0 0.25rem 0.375rem 0; text-indent: 0; border: 1px solid var(--line); border-radius: 1rem; cursor: pointer; }
.tabs input:checked + label { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.tabs input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px; }
.tabs section { display: none; }
.tabs section p { margin: 0.5rem 0; }
.copy { display: flex; align-items: flex-start; gap: 0.5rem; margin: 0.5rem 0; }
.copy pre { flex: 1; min-width: 0; margin: 0; }
.copy button { margin: 0.25rem 0 0; padding: 0.375rem 0.75rem; min-width: 5.5rem; }
.copy button[hidden] { display: none; }
@media (max-width: 30rem) { .copy { flex-direction: column; align-items: stretch; gap: 0.25rem; } .copy button { align-self: flex-end; margin: 0; } }
${shown.join("\n")}
`;
}

/** Shows the buttons, and lets them copy. Where the clipboard is not allowed, the text is selected instead. */
export const COPY_SCRIPT: string = `
for (const button of document.querySelectorAll(".copy button")) {
  const pre = button.previousElementSibling;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = "Selected";
    }
    setTimeout(() => button.textContent = "Copy", 2000);
  });
}
`;
