/**
 * The state that the parts of an examination share: the server, the network, and the findings.
 *
 * @module
 */

import { CATALOGUE, type Code } from "./findings/catalogue.ts";
import { nameOf } from "./clients/clients.ts";
import type { Answer, Network } from "./network/network.ts";
import { SEVERITIES } from "./findings/severity.ts";
import type { Finding, Sighting } from "./report.ts";

/** The most sightings of one finding, since a server may have the same fault at every URL. */
const MAX_SIGHTINGS = 5;

/** An examination in progress. */
export interface Examination {
  /** The MCP endpoint, as it was given. */
  readonly url: string;
  /** The MCP endpoint. */
  readonly endpoint: URL;
  /** Sends its requests. */
  readonly network: Network;
  /** The `Origin` of a page in a browser. */
  readonly pageOrigin: string;
  /** The time in milliseconds since 1970. */
  now(): number;
  /** Records a finding: what was seen, and the responses that show it. */
  find(code: Code, seen: string, ...answers: readonly Answer[]): void;
  /** All findings, the worst first. */
  findings(): Finding[];
  /** What is no fault, but worth a change. */
  advice(): Finding[];
}

/** Creates an examination. */
export function beginExamination(
  start: Omit<Examination, "find" | "findings" | "advice">,
): Examination {
  const found = new Map<Code, Sighting[]>();
  return {
    ...start,
    find(code, text, ...answers): void {
      const sightings = found.get(code) ?? [];
      found.set(code, sightings);
      const seen = start.network.clean(text);
      if (sightings.length >= MAX_SIGHTINGS) return;
      if (sightings.some((sighting) => sighting.seen === seen)) return;
      const numbers = answers.map(({ exchange }) => exchange.number);
      sightings.push({ seen, exchanges: [...new Set(numbers)] });
    },
    findings: () =>
      SEVERITIES.flatMap((severity) =>
        [...found].filter(([code]) =>
          !isAdvice(code) && CATALOGUE[code].severity === severity
        ).map(findingOf)
      ),
    advice: () => [...found].filter(([code]) => isAdvice(code)).map(findingOf),
  };
}

function isAdvice(code: Code): boolean {
  return CATALOGUE[code].part === "advice";
}

function findingOf(
  [code, sightings]: readonly [Code, readonly Sighting[]],
): Finding {
  const { severity, title, clause, clients, advice } = CATALOGUE[code];
  const names = clients.map(nameOf);
  return { code, severity, title, clause, clients: names, sightings, advice };
}
