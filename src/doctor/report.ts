/**
 * What an examination comes to: plain data, so that it can be written as JSON and read again.
 *
 * @module
 */

import type { ClientId } from "./clients/clients.ts";
import type { Code } from "./findings/catalogue.ts";
import type { Clause } from "./findings/clause.ts";
import { SEVERITIES, type Severity } from "./findings/severity.ts";

export type { Clause, Severity };

/** The part of the examination that a request belongs to. */
export type Stage =
  | "endpoint"
  | "resource metadata"
  | "authorization server"
  | "mirror"
  | "forged fields"
  | "browser"
  | "tokens"
  | "clients";

/** One thing that was found. */
export interface Finding {
  /** What it is. Codes stay the same from version to version. */
  readonly code: Code;
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is, in words. */
  readonly title: string;
  /** The rule it comes from. */
  readonly clause: Clause;
  /** Names and versions of the clients that it breaks. */
  readonly clients: readonly string[];
  /** What was seen; once for each place, as far as they are told apart. */
  readonly sightings: readonly Sighting[];
  /** What to change. */
  readonly advice: string;
}

/** Where a finding shows. */
export interface Sighting {
  /** What was seen. Made of what the server sent: control characters are written as escapes. */
  readonly seen: string;
  /** The numbers of the requests that show it. */
  readonly exchanges: readonly number[];
}

/** A request and its answer. Access tokens are left out of both. */
export interface Exchange {
  /** From 1. */
  readonly number: number;
  /** The part of the examination. */
  readonly stage: Stage;
  /** What is asked, in words. */
  readonly purpose: string;
  /** The request's method. */
  readonly method: string;
  /** The request's URL. */
  readonly url: string;
  /** The request's fields. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The answer's status; `undefined` where there was no answer. */
  readonly status?: number;
  /** The answer's fields. Control characters are written as escapes. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** The beginning of the answer's body. Control characters are written as escapes. */
  readonly body: string;
  /** Why there was no answer, or not all of it. */
  readonly failure?: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** How far a client comes. */
export interface Verdict {
  /** Which one, in the table of clients. */
  readonly client: ClientId;
  /** Its name and its version. */
  readonly name: string;
  /**
   * Whether it can send its user to sign in. `guesses`: it finds no metadata, and tries the endpoints that MCP 2025-03-26
   * names. `unknown`: nobody knows how it looks, or what it finds could not be asked.
   */
  readonly outcome: "signs in" | "guesses" | "stops" | "unknown";
  /** Why, or by which documents. */
  readonly reason: string;
  /** The numbers of the requests that it makes, in its own order. */
  readonly exchanges: readonly number[];
}

/** What an examination comes to. */
export interface Report {
  /** The URL that was examined, as it was given. */
  readonly url: string;
  /** When it began: ISO 8601, in UTC. */
  readonly startedAt: string;
  /** What was found: the worst first, and as they came. */
  readonly findings: readonly Finding[];
  /** How far each client comes. */
  readonly clients: readonly Verdict[];
  /** Every request, in order. */
  readonly exchanges: readonly Exchange[];
}

/** The worst of a report's findings, or `undefined` where there is none. */
export function worstSeverity({ findings }: Report): Severity | undefined {
  return SEVERITIES.find((severity) =>
    findings.some((finding) => finding.severity === severity)
  );
}
