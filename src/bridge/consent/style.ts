/**
 * How the pages look: light and dark, wide and narrow.
 *
 * @module
 */

/** The style sheet of every page. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1b1d22; --soft: #565c68; --line: #d9dce2; --accent: #0b57d0; --on-accent: #fff; --warn: #fff3d1; --warn-line: #e3b341; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111318; --card: #1c1f26; --text: #eceef2; --soft: #a9b0bd; --line: #363b46; --accent: #a8c7fa; --on-accent: #062e6f; --warn: #3a2f0b; --warn-line: #8a6d1d; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; align-items: center; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { width: min(30rem, 100% - 2rem); margin: 2rem auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); font-size: 0.9375rem; }
dl { margin: 0 0 1.25rem; border: 1px solid var(--line); border-radius: 0.625rem; }
dl > div { padding: 0.625rem 0.875rem; }
dl > div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); font-size: 0.875rem; }
dd { margin: 0; font-weight: 600; }
dd small { display: block; font-weight: 400; font-size: 0.875rem; color: var(--soft); }
ul { margin: 0; padding: 0; list-style: none; font-weight: 400; }
li { padding: 0.125rem 0 0.125rem 1.375rem; position: relative; }
li::before { content: ""; position: absolute; left: 0.25rem; top: 0.42rem; width: 0.4rem; height: 0.7rem; border: solid var(--accent); border-width: 0 2px 2px 0; transform: rotate(45deg); }
code { font: 0.9375rem ui-monospace, monospace; }
.note { padding: 0.75rem 0.875rem; background: var(--warn); border: 1px solid var(--warn-line); border-radius: 0.625rem; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; }
button { flex: 1 1 9rem; min-height: 2.875rem; padding: 0.5rem 1.25rem; font: inherit; font-weight: 600; border: 1px solid var(--accent); border-radius: 0.625rem; background: transparent; color: var(--accent); cursor: pointer; }
button.main { background: var(--accent); color: var(--on-accent); }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 28rem) { body { align-items: start; } main { margin: 1rem auto; padding: 1.25rem; } }
`;
