/**
 * What all forms of a report say in the same words.
 *
 * @module
 */

import { CLIENT_IDS, namesOf } from "../clients/clients.ts";
import { CATALOGUE } from "../findings/catalogue.ts";
import { SEVERITIES, type Severity } from "../findings/severity.ts";
import type { Finding, Report } from "../report.ts";
import { counted } from "./text.ts";

/** The clients that a finding breaks; empty if none is known. */
export function brokenBy({ code }: Finding): string {
  const { clients } = CATALOGUE[code];
  return clients.length === CLIENT_IDS.length
    ? "every client"
    : namesOf(clients).join("; ");
}

/** How many findings of each severity there are, the worst first. */
export function countOf(
  { findings }: Report,
): { readonly severity: Severity; readonly count: number }[] {
  return SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  })).filter(({ count }) => count > 0);
}

/** The same as a sentence without its period: `1 error, 2 warnings`. */
export function countsOf(report: Report): string {
  const counts = countOf(report);
  const words = counts.length === 0
    ? ["No problems found"]
    : counts.map(({ severity, count }) => counted(count, severity));
  return [...words, ...adviceCount(report)].join(", ");
}

/** How much advice there is. */
export function adviceCount({ advice = [] }: Report): string[] {
  return advice.length === 0
    ? []
    : [`${counted(advice.length, "piece")} of advice`];
}
