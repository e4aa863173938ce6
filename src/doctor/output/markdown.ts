/**
 * A report as Markdown, for an issue: one text with the findings and the requests that show them. What a server sent is
 * only in code spans and code blocks, where it is no markup, no link and no mention.
 *
 * @module
 */

import { namesOf } from "../clients/clients.ts";
import type { Exchange, Finding, Report, Verdict } from "../report.ts";
import { groupBy } from "../../runtime/group_by.ts";
import { printable } from "../../runtime/printable.ts";
import { counted, describeOffer, transcript } from "./text.ts";
import { brokenBy, countsOf } from "./words.ts";

/** GitHub accepts 65,536 characters in an issue. */
const MAX_LENGTH = 60_000;
const MAX_EXCHANGES = 12;
const MAX_TRANSCRIPT = 3000;

/** Writes a report as Markdown of at most 60,000 characters, with the requests behind its findings. Ends with a line feed. */
export function reportMarkdown(report: Report): string {
  const { url, startedAt, findings, advice = [], clients, dpop } = report;
  const parts = [
    `# OAuth of ${code(url)}`,
    `${countsOf(report)}, in ${
      counted(report.exchanges.length, "request")
    }. Examined ${startedAt.slice(0, 16).replace("T", " ")} UTC by ` +
    "Gatehouse's doctor. Access tokens are omitted.",
    ...findings.map(section),
    ...clients.length === 0 ? [] : ["## Clients", clientTable(clients)],
    ...advice.length === 0 ? [] : [
      "## Advice",
      "A server without faults may have these too.",
      advice.map(({ code: name, title, advice }) =>
        `- ${prose(title)} (\`${name}\`). ${prose(advice)}`
      ).join("\n"),
    ],
    ...dpop === undefined ? [] : [
      describeOffer(dpop, code(dpop.algorithms.join(", "))),
    ],
    ...requests(report),
  ];
  let text = "";
  for (const part of parts) {
    if (text.length + part.length > MAX_LENGTH) break;
    text += `${part}\n\n`;
  }
  return `${text.trimEnd()}\n`;
}

function section(finding: Finding): string {
  const { severity, title, code: name, sightings, advice, clause } = finding;
  const broken = brokenBy(finding);
  return [
    `## ${severity[0]?.toUpperCase()}${severity.slice(1)}: ${
      prose(title)
    } (\`${name}\`)`,
    sightings.map(({ seen, exchanges }) =>
      `- Seen: ${code(seen)}${
        exchanges.map((number) => ` request ${number}`).join(",")
      }`
    ).join("\n"),
    prose(advice),
    ...broken === "" ? [] : [`Breaks: ${prose(broken)}`],
    `Rule: [${prose(clause.text)}](<${clause.url.replace(/[<>\s]/g, "")}>)`,
  ].join("\n\n");
}

function clientTable(clients: readonly Verdict[]): string {
  const groups = groupBy(
    clients,
    ({ outcome, reason }) => JSON.stringify([outcome, reason]),
  );
  const rows = [...groups.values()].map((group) => {
    const { outcome, reason } = group[0]!;
    const names = prose(namesOf(group.map(({ client }) => client)).join("; "));
    return `| ${names} | ${OUTCOMES[outcome]} | ${cell(reason)} |`;
  });
  return ["| client | result | why |", "| --- | --- | --- |", ...rows]
    .join("\n");
}

const OUTCOMES: Readonly<Record<Verdict["outcome"], string>> = {
  "signs in": "can sign in",
  "guesses": "guesses",
  "stops": "stops",
  "unknown": "not known",
};

/** The requests behind the findings, folded. */
function requests({ findings, exchanges }: Report): string[] {
  const numbers = new Set(
    findings.flatMap(({ sightings }) =>
      sightings.flatMap((sighting) => sighting.exchanges)
    ),
  );
  return exchanges.filter(({ number }) => numbers.has(number))
    .slice(0, MAX_EXCHANGES).map(folded);
}

function folded(exchange: Exchange): string {
  const text = transcript(exchange).slice(0, MAX_TRANSCRIPT);
  return `<details><summary>Request ${exchange.number}</summary>\n\n${
    block(text)
  }\n\n</details>`;
}

/** A code block, whose fence is longer than any in the text. */
function block(text: string): string {
  const fence = "`".repeat(longestRun(text) < 3 ? 3 : longestRun(text) + 1);
  const lines = text.split("\n").map((line) => printable(line, MAX_TRANSCRIPT));
  return `${fence}text\n${lines.join("\n")}\n${fence}`;
}

/** A code span in one line. Its backticks are longer than any in the text. */
function code(text: string): string {
  const line = printable(text, 1000).replace(/\s+/g, " ");
  const ticks = "`".repeat(longestRun(line) + 1);
  return `${ticks} ${line} ${ticks}`;
}

/** A code span in a table, where a bar would end the cell. */
function cell(text: string): string {
  return code(text.replaceAll("|", "¦"));
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** The doctor's own words: what Markdown would read otherwise is escaped. */
function prose(text: string): string {
  return printable(text, 2000).replace(/[\\`*_<>[\]|#~@]/g, "\\$&");
}
