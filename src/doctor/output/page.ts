/**
 * A report as a self-contained page: without scripts and external resources, and with the server's output only as text.
 *
 * @module
 */

import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { parseUrl } from "../../runtime/identifiers.ts";
import { namesOf } from "../clients/clients.ts";
import { STYLE } from "./page_style.ts";
import { SEVERITIES } from "../findings/severity.ts";
import type { Exchange, Finding, Report, Verdict } from "../report.ts";
import { counted, describeOffer, transcript } from "./text.ts";
import { adviceCount, brokenBy, countOf } from "./words.ts";
import { groupBy } from "../../runtime/group_by.ts";

/** Markup, in which every value was escaped. */
type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Writes a report as an HTML document, with a diagram of all requests in order. */
export async function reportPage(report: Report): Promise<string> {
  const { url, startedAt, findings, advice = [], clients, dpop, exchanges } =
    report;
  const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; " +
    `style-src 'sha256-${await sha256(STYLE)}'`;
  const page = await html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>Examination of ${url}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <main>
          <div id="summary">
          <h1>${url}</h1>
          <p class="soft">OAuth on this MCP server, examined
          ${startedAt.replace("T", " ").replace(
            /\..*$/,
            "",
          )} UTC with ${counted(exchanges.length, "request")}.</p>
          ${counts(report)}
          ${SEVERITIES.map((severity) => section(findings, severity))}
          ${clients.length === 0 ? [] : clientTable(clients)}
          ${advice.length === 0 ? [] : adviceList(advice)}
          ${dpop === undefined ? [] : html`<p>${describeOffer(dpop)}</p>`}
          </div>
          <div id="requests">${sequence(report)}</div>
          <footer>Written by Gatehouse's doctor. Access tokens are
          omitted.</footer>
        </main>
      </body>
    </html>
  `;
  return `${page}`.trimStart();
}

function counts(report: Report): Html {
  const found = countOf(report);
  return html`<ul class="counts">${
    found.length === 0
      ? html`<li class="good">No problems found</li>`
      : found.map(({ severity, count }) =>
        html`<li class="${severity}">${counted(count, severity)}</li>`
      )
  }${
    adviceCount(report).map((words) =>
      html`<li><a href="#advice">${words}</a></li>`
    )
  }</ul>`;
}

function section(
  findings: readonly Finding[],
  severity: Finding["severity"],
): Html {
  const found = findings.filter((finding) => finding.severity === severity);
  const heading = { error: "Errors", warning: "Warnings", note: "Notes" };
  if (found.length === 0) return html``;
  return html`
    <h2>${heading[severity]}</h2>
    ${found.map(card)}
  `;
}

function card(
  finding: Finding,
): Html {
  const { code, severity, title, clause, sightings, advice } = finding;
  const broken = brokenBy(finding);
  return html`
    <section class="finding ${severity}" id="${code}">
      <h3><span>${title}</span> <code>${code}</code></h3>
      <dl>
        <dt>Change</dt><dd>${advice}</dd>
        <dt>Seen</dt>${sightings.map(({ seen, exchanges }) =>
          html`<dd><code>${seen}</code>${exchanges.map(link)}</dd>`
        )}
        ${broken === "" ? [] : html`
          <dt>Breaks</dt>
          <dd>${broken}</dd>
        `}
        <dt>Rule</dt><dd><a href="${clause.url}">${clause.text}</a></dd>
      </dl>
    </section>
  `;
}

function adviceList(advice: readonly Finding[]): Html {
  return html`
    <h2 id="advice">Advice</h2>
    <p class="soft">No faults: a good server may have these too.</p>
    <dl class="advice">${advice.map(({ code, title, advice, sightings }) =>
      html`
        <dt id="${code}">${title} <code>${code}</code></dt>
        <dd>${advice} ${sightings.flatMap(({ exchanges }) =>
          exchanges.map(link)
        )}</dd>
      `
    )}</dl>
  `;
}

function link(number: number): Html {
  return html`
    <a href="#exchange-${number}">#${number}</a>
  `;
}

/** The worst first. */
const OUTCOMES = ["stops", "guesses", "unknown", "signs in"];

function clientTable(clients: readonly Verdict[]): Html {
  const words = {
    "signs in": { text: "✓ can sign in", style: "good" },
    "guesses": { text: "! guesses", style: "warning" },
    "stops": { text: "✗ stops", style: "error" },
    "unknown": { text: "? not known", style: "soft" },
  };
  const groups = groupBy(
    clients,
    ({ outcome, reason }) => `${outcome} ${reason}`,
  );
  const sorted = [...groups.values()].toSorted(([a], [b]) =>
    OUTCOMES.indexOf(a!.outcome) - OUTCOMES.indexOf(b!.outcome)
  );
  return html`
    <h2>Clients</h2>
    <table class="clients">
      <thead>
        <tr>
          <th>Client</th>
          <th>Outcome</th>
          <th>Why</th>
        </tr>
      </thead>
      <tbody>${sorted.map((group) => {
        const [{ outcome, reason } = clients[0]!] = group;
        const { text, style } = words[outcome];
        const names = namesOf(group.map(({ client }) => client));
        return html`
          <tr>
            <th>${names.map((name) =>
              html`
                <span class="name">${name}</span>
              `
            )}</th>
            <td class="outcome ${style}">${text}</td>
            <td>${reason} ${ways(group)}</td>
          </tr>
        `;
      })}</tbody>
    </table>
  `;
}

/** The requests of each client, in its own order. */
function ways(group: readonly Verdict[]): Html {
  const asking = group.filter(({ exchanges }) => exchanges.length > 0);
  return asking.length === 0 ? html`` : html`
    <details class="ways">
      <summary>Requests</summary>
      <ul>${asking.map(({ name, exchanges }) =>
        html`<li>${name}: ${exchanges.map(link)}</li>`
      )}</ul>
    </details>
  `;
}

function sequence({ url, findings, exchanges }: Report): Html {
  const host = hostOf(url);
  const others = [
    ...new Set(exchanges.map((exchange) => hostOf(exchange.url))),
  ].filter((other) => other !== host);
  let stage: string | undefined;
  const rows = exchanges.flatMap((exchange) => {
    const heading = exchange.stage === stage
      ? []
      : [html`<li class="stage"><span>${exchange.stage}</span></li>`];
    stage = exchange.stage;
    return [...heading, row(exchange, host, findings)];
  });
  return html`
    <h2>Requests</h2>
    <p
      class="lanes"><span>The client</span><span>${host}</span><span>${others
        .slice(0, 3).join(", ")}</span></p>
    <ol class="sequence">${rows}</ol>
  `;
}

function row(
  exchange: Exchange,
  host: string,
  findings: readonly Finding[],
): Html {
  const { number, purpose, method, url, status, failure, milliseconds } =
    exchange;
  const shown = findings.filter(({ sightings }) =>
    sightings.some(({ exchanges }) => exchanges.includes(number))
  );
  const isFar = hostOf(url) !== host;
  const result = status === undefined
    ? failure ?? "no answer"
    : `${status}${failure === undefined ? "" : `, ${failure}`}`;
  return html`
    <li class="exchange" id="exchange-${number}">
      <details>
        <summary>
          <span class="purpose"><b>${number}</b> ${purpose}</span>
          <span class="wire ${isFar ? "far" : "near"}">
            <span class="request"><code>${method} ${isFar
              ? url
              : pathOf(url)}</code></span>
            <span class="reply ${worst(
              shown,
            )}"><b>${result}</b> <small class="soft">${Math.round(
              milliseconds,
            )} ms</small></span>
          </span>
        </summary>
        <pre>${transcript(exchange)}</pre>
      </details>${shown.length === 0
        ? []
        : html`<p class="chips">${
          shown.map(({ code, severity }) =>
            html`
              <a class="${severity}" href="#${code}">${code}</a>
            `
          )
        }</p>`}
    </li>
  `;
}

function worst(shown: readonly Finding[]): string {
  return SEVERITIES.find((severity) =>
    shown.some((finding) => finding.severity === severity)
  ) ?? "soft";
}

function hostOf(url: string): string {
  return parseUrl(url)?.host ?? url;
}

function pathOf(url: string): string {
  return url.slice(parseUrl(url)?.origin.length ?? 0) || "/";
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
