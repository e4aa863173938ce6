/**
 * The style of a report's page: light and dark, for screens, phones and paper, without external resources.
 *
 * @module
 */

/** The page's only style sheet. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --ground: #fff; --ink: #1b1b1f; --soft: #5c5c66; --faint: #f4f4f7; --line: #d5d5de;
  --error: #b3261e; --warning: #8a5300; --note: #0b57d0; --good: #146c2e;
  --error-ground: #fdecea; --warning-ground: #fff4e0; --note-ground: #e9f0fd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131316; --ink: #e6e6ea; --soft: #a5a5b0; --faint: #1f1f24; --line: #3c3c46;
    --error: #ffb4ab; --warning: #ffb95c; --note: #a8c7fa; --good: #7ddc94;
    --error-ground: #3b1512; --warning-ground: #33230a; --note-ground: #14243f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0.25rem 0; }
a { color: var(--note); }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.875rem; }
pre { background: var(--faint); border-radius: 0.375rem; margin: 0.5rem 0 0; padding: 0.625rem 0.75rem; white-space: pre-wrap; }
.soft { color: var(--soft); }
.counts { display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; margin: 1rem 0 0; padding: 0; }
.counts li { border-radius: 1rem; padding: 0.125rem 0.75rem; font-weight: 600; }
.error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); } .good { color: var(--good); }
.counts .error, .finding.error { background: var(--error-ground); }
.counts .warning, .finding.warning { background: var(--warning-ground); }
.counts .note, .finding.note { background: var(--note-ground); }
.counts .good { border: 1px solid currentcolor; }
.finding { border-left: 4px solid currentcolor; border-radius: 0.375rem; margin: 0 0 0.75rem; padding: 0.75rem 1rem; }
.finding > * { color: var(--ink); }
.finding h3 { color: inherit; display: flex; flex-wrap: wrap; gap: 0 0.75rem; justify-content: space-between; align-items: baseline; }
.finding h3 code { font-weight: 400; opacity: 0.85; }
dl { display: grid; grid-template-columns: 5rem 1fr; gap: 0.25rem 0.75rem; margin: 0.5rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; grid-column: 2; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; }
.clients th:nth-child(1) { width: 42%; } .clients th:nth-child(2) { width: 8.5rem; }
.name { border: 1px solid var(--line); border-radius: 0.25rem; display: inline-block; font-size: 0.875rem; font-weight: 400; margin: 0 0.125rem 0.25rem 0; padding: 0 0.375rem; }
th, td { border-bottom: 1px solid var(--line); padding: 0.375rem 0.75rem 0.375rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; }
.outcome { white-space: nowrap; }
.advice { display: block; } .advice dt { color: var(--ink); font-weight: 600; margin-top: 0.75rem; } .advice dt code { color: var(--soft); font-weight: 400; } .advice dd { margin: 0.125rem 0 0; }
.counts li a { color: inherit; font-weight: 400; }
.ways { font-size: 0.875rem; } .ways summary { color: var(--note); list-style: revert; } .ways ul { margin: 0.25rem 0 0; padding-left: 1.25rem; }
.lanes { display: flex; justify-content: space-between; gap: 0.5rem; position: sticky; top: 0; z-index: 1; background: var(--ground); padding: 0.5rem 0; border-bottom: 1px solid var(--line); font-weight: 600; font-size: 0.875rem; }
.lanes span { flex: 1 1 0; } .lanes span:nth-child(2) { text-align: center; } .lanes span:nth-child(3) { text-align: right; }
.sequence { list-style: none; margin: 0; padding: 0.5rem 0;
  background:
    linear-gradient(var(--line), var(--line)) 0.375rem 0 / 1px 100% no-repeat,
    linear-gradient(var(--line), var(--line)) 50% 0 / 1px 100% no-repeat,
    linear-gradient(var(--line), var(--line)) calc(100% - 0.375rem) 0 / 1px 100% no-repeat; }
.stage { margin: 0.75rem 0 0.25rem; padding: 0; }
.stage span { background: var(--faint); border: 1px solid var(--line); border-radius: 1rem; font-size: 0.8125rem; padding: 0.0625rem 0.625rem; }
.exchange { padding: 0.25rem 0.375rem; scroll-margin-top: 4rem; }
.exchange:target { background: var(--note-ground); border-radius: 0.375rem; }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--note); outline-offset: 2px; }
.purpose { display: inline-block; background: var(--ground); border-radius: 0.25rem; font-size: 0.875rem; padding: 0 0.375rem 0 0; }
.purpose::after { content: " ▸"; color: var(--soft); }
details[open] .purpose::after { content: " ▾"; }
.wire { display: block; font-size: 0.8125rem; width: 50%; }
.wire.far { width: 100%; }
.wire span { display: block; position: relative; padding: 0 0.875rem 0 0.5rem; line-height: 1.4; }
.wire code { background: var(--ground); font-size: 0.8125rem; }
.request { border-bottom: 2px solid var(--soft); }
.request::after { content: "▶"; color: var(--soft); position: absolute; right: -0.125rem; bottom: -0.71rem; }
.wire .reply { border-bottom: 2px dashed currentcolor; padding-left: 1rem; text-align: right; }
.reply::before { content: "◀"; position: absolute; left: -0.25rem; bottom: -0.71rem; }
.reply b { background: var(--ground); padding: 0 0.25rem; }
.chips { display: inline; font-size: 0.8125rem; margin-left: 0.5rem; }
.exchange pre { margin-left: 0.5rem; }
footer { color: var(--soft); font-size: 0.875rem; margin-top: 3rem; }
@media (max-width: 34rem) {
  h1 { font-size: 1.25rem; } .lanes { font-size: 0.75rem; }
  dl { grid-template-columns: 1fr; gap: 0 0; } dd { grid-column: 1; margin-bottom: 0.375rem; }
  td, th, .clients th:nth-child(n) { display: block; border: 0; padding: 0.125rem 0; width: auto; } tr { display: block; border-bottom: 1px solid var(--line); padding: 0.375rem 0; } thead { display: none; }
}
@media print { .lanes { position: static; } .finding, .exchange { break-inside: avoid; } }
`;
