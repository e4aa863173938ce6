/**
 * A report for a terminal.
 *
 * @module
 */

import { CATALOGUE } from "../findings/catalogue.ts";
import { CLIENT_IDS, namesOf } from "../clients/clients.ts";
import { SEVERITIES } from "../findings/severity.ts";
import type {
  Exchange,
  Finding,
  Report,
  Severity,
  Verdict,
} from "../report.ts";
import {
  aPositiveNumber,
  checkOptions,
  oneOf,
  type OptionShape,
} from "../../runtime/option_checks.ts";
import { printable } from "../../runtime/printable.ts";
import { counted, describeOffer } from "./text.ts";
import { groupBy } from "../../runtime/group_by.ts";

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

/** Styles a string. */
type Paint = (text: string, style: keyof typeof STYLES) => string;

const STYLES = {
  bold: "bold",
  dim: "dim",
  error: "red",
  warning: "yellow",
  note: "cyan",
  good: "green",
} as const;

/** The parts of `node:util` that are used. Node, Deno and Bun all have them. */
interface WithUtil {
  readonly process?: {
    getBuiltinModule?(name: "node:util"): {
      styleText(
        style: string,
        text: string,
        options: { readonly validateStream: false },
      ): string;
    } | undefined;
  };
}

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

function painter(colors: "ansi" | "none"): Paint {
  const util = (globalThis as WithUtil).process?.getBuiltinModule?.(
    "node:util",
  );
  return (text, style) =>
    colors === "none" || util === undefined
      ? text
      // The caller decides whether there are colours.
      : util.styleText(STYLES[style], text, { validateStream: false });
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

function findingLines(
  { code, severity, title, clause, sightings, advice }: Finding,
  width: number,
  paint: Paint,
): string[] {
  const block = (label: string, text: string): string[] =>
    wrap(printable(text, 1000), width - 12).map((line, i) =>
      `    ${paint((i === 0 ? label : "").padEnd(8), "dim")}${line}`
    );
  const { clients } = CATALOGUE[code];
  const broken = clients.length === CLIENT_IDS.length
    ? "every client"
    : namesOf(clients).join("; ");
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

function clientLines(
  clients: readonly Verdict[],
  width: number,
  paint: Paint,
): string[] {
  if (clients.length === 0) return [];
  const of = (outcome: Verdict["outcome"]): readonly Verdict[] =>
    clients.filter((verdict) => verdict.outcome === outcome);
  const line = (
    outcome: Verdict["outcome"],
    label: string,
    text: string,
  ): string[] =>
    wrap(printable(text, 1000), width - 17).flatMap((part, i) =>
      text === ""
        ? []
        : i === 0
        ? `  ${paint(OUTCOMES[outcome].mark, OUTCOMES[outcome].style)} ${
          label.padEnd(13)
        }${part}`
        : `${" ".repeat(17)}${part}`
    );
  const namesWith = (outcome: Verdict["outcome"]): string =>
    namesOf(of(outcome).map(({ client }) => client)).join("; ");
  const withReasons = (outcome: "guesses" | "stops"): string[] =>
    [...groupBy(of(outcome), ({ reason }) => reason)].flatMap((
      [reason, group],
    ) => {
      const names = namesOf(group.map(({ client }) => client)).join("; ");
      return line(outcome, outcome, `${names}: ${reason}`);
    });
  return [
    "",
    paint("Clients", "bold"),
    "",
    ...line("signs in", "can sign in", namesWith("signs in")),
    ...withReasons("guesses"),
    ...withReasons("stops"),
    ...line("unknown", "not known", namesWith("unknown")),
  ];
}

const OUTCOMES = {
  "signs in": { mark: "✓", style: "good" },
  "guesses": { mark: "!", style: "warning" },
  "stops": { mark: "✗", style: "error" },
  "unknown": { mark: "?", style: "dim" },
} as const;

function summaryLine(
  { findings, exchanges, url }: Report,
  paint: Paint,
): string {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  })).filter(({ count }) => count > 0);
  const words = counts.map(({ severity, count }) =>
    paint(counted(count, severity), severity)
  );
  const result = words.length === 0
    ? paint("no problems found", "good")
    : words.join(", ");
  return `\n${printable(url)}: ${result}, in ${
    counted(exchanges.length, "request")
  }`;
}

/** Breaks a string at spaces. A word that is longer than a line is not broken. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
