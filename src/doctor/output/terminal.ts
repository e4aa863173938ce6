/**
 * A report for a terminal.
 *
 * @module
 */

import { SEVERITIES } from "../findings/severity.ts";
import type { Exchange, Finding, Report, Severity } from "../report.ts";
import {
  aPositiveNumber,
  checkOptions,
  oneOf,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { printable } from "../../runtime/printable.ts";
import { counted, describeOffer } from "./text.ts";
import { adviceCount, brokenBy, countOf } from "./words.ts";
import { clientLines } from "./client_lines.ts";
import { type Paint, painter, wrap } from "./paint.ts";

/** Options of {@linkcode formatReport}. */
export interface FormatReportOptions {
  /** Whether it has colours: `ansi` for a terminal (where the runtime has `node:util`), `none` for a file. Default: `none`. */
  readonly colors?: "ansi" | "none" | undefined;
  /** The number of characters in a line. Default: 80. */
  readonly columns?: number | undefined;
}

const SHAPE: OptionShape<FormatReportOptions> = {
  members: { colors: oneOf("ansi", "none"), columns: aPositiveNumber },
};

const MARKS: Readonly<Record<Severity, string>> = {
  error: "✗",
  warning: "!",
  note: "·",
};

/** Writes a report as text, the most severe findings first. Ends with a line feed. */
export function formatReport(
  report: Report,
  options: FormatReportOptions = {},
): string {
  checkOptions(options, "", SHAPE);
  const { colors = "none", columns = 80 } = options;
  const paint = painter(colors);
  const width = Math.max(40, Math.min(columns, 100));
  const lines = [
    ...SEVERITIES.flatMap((severity) =>
      severityLines(report, severity, width, paint)
    ),
    ...clientLines(report.clients, width, paint),
    ...adviceLines(report.advice ?? [], width, paint),
    ...report.dpop === undefined
      ? []
      : ["", ...wrap(printable(describeOffer(report.dpop), 1000), width)],
    summaryLine(report, paint),
  ];
  return `${lines.join("\n")}\n`;
}

/** Writes an exchange as one line. */
export function formatExchange(
  { number, method, url, status, failure, milliseconds }: Exchange,
  { colors = "none", columns = 80 }: FormatReportOptions = {},
): string {
  const paint = painter(colors);
  const result = status === undefined ? failure ?? "no answer" : `${status}`;
  const end = `${result}  ${Math.round(milliseconds)} ms`;
  const start = `${`${number}`.padStart(3)}  ${method.padEnd(7)} `;
  const room = Math.max(20, columns - start.length - end.length - 2);
  const shown = printable(url);
  const cut = shown.length > room ? `${shown.slice(0, room - 1)}…` : shown;
  return paint(start, "dim") + cut.padEnd(room) + "  " + paint(end, "dim");
}

function severityLines(
  { findings }: Report,
  severity: Severity,
  width: number,
  paint: Paint,
): string[] {
  const found = findings.filter((finding) => finding.severity === severity);
  if (found.length === 0) return [];
  const heading = counted(found.length, severity);
  return [
    "",
    paint(paint(heading, "bold"), severity),
    ...found.flatMap((finding) => findingLines(finding, width, paint)),
  ];
}

/** What is no fault: in fewer words than a finding. */
function adviceLines(
  advice: readonly Finding[],
  width: number,
  paint: Paint,
): string[] {
  if (advice.length === 0) return [];
  return [
    "",
    paint("Advice", "bold") + ", for servers without faults too",
    "",
    ...advice.flatMap(({ code, title, advice }) => [
      `  ${paint("·", "note")} ${title}  ${paint(code, "dim")}`,
      ...wrap(printable(advice, 1000), width - 4).map((line) => `    ${line}`),
    ]),
  ];
}

function findingLines(
  finding: Finding,
  width: number,
  paint: Paint,
): string[] {
  const { code, severity, title, clause, sightings, advice } = finding;
  const block = (label: string, text: string): string[] =>
    wrap(printable(text, 1000), width - 12).map((line, i) =>
      `    ${paint((i === 0 ? label : "").padEnd(8), "dim")}${line}`
    );
  const broken = brokenBy(finding);
  return [
    "",
    `  ${paint(MARKS[severity], severity)} ${paint(title, "bold")}  ${
      paint(code, "dim")
    }`,
    ...sightings.flatMap(({ seen, exchanges }, i) =>
      block(
        i === 0 ? "seen" : "",
        [seen, ...exchanges.map((number) => `#${number}`)].join(" "),
      )
    ),
    ...broken === "" ? [] : block("breaks", broken),
    ...block("change", advice),
    ...block("rule", `${clause.text} ${clause.url}`),
  ];
}

function summaryLine(report: Report, paint: Paint): string {
  const words = countOf(report).map(({ severity, count }) =>
    paint(counted(count, severity), severity)
  );
  const result = words.length === 0
    ? [paint("no problems found", "good")]
    : words;
  return `\n${printable(report.url)}: ${
    [...result, ...adviceCount(report)].join(", ")
  }, in ${counted(report.exchanges.length, "request")}`;
}
