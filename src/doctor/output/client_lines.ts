/**
 * How far each client gets, for a terminal.
 *
 * @module
 */

import { namesOf } from "../clients/clients.ts";
import type { Verdict } from "../report.ts";
import { groupBy } from "../../runtime/group_by.ts";
import { printable } from "../../runtime/printable.ts";
import { type Paint, wrap } from "./paint.ts";

/** Writes a line for each group of clients with one outcome and one reason. */
export function clientLines(
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
  const withReasons = (outcome: "guesses" | "stops" | "unknown"): string[] =>
    [...groupBy(of(outcome), ({ reason }) => reason)].flatMap((
      [reason, group],
    ) => {
      const names = namesOf(group.map(({ client }) => client)).join("; ");
      const label = outcome === "unknown" ? "not known" : outcome;
      return line(outcome, label, `${names}: ${reason}`);
    });
  return [
    "",
    paint("Clients", "bold"),
    "",
    ...line("signs in", "can sign in", namesWith("signs in")),
    ...withReasons("guesses"),
    ...withReasons("stops"),
    ...withReasons("unknown"),
  ];
}

const OUTCOMES = {
  "signs in": { mark: "✓", style: "good" },
  "guesses": { mark: "!", style: "warning" },
  "stops": { mark: "✗", style: "error" },
  "unknown": { mark: "?", style: "dim" },
} as const;
