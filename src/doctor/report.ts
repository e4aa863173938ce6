/**
 * The result of an examination: plain data, so that it can be written as JSON and read again.
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
  /** What was seen, once for each place. */
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

/** A request and its response. Access tokens are omitted from both. */
export interface Exchange {
  /** From 1. */
  readonly number: number;
  /** The part of the examination. */
  readonly stage: Stage;
  /** What the request is for, in words. */
  readonly purpose: string;
  /** The request's method. */
  readonly method: string;
  /** The request's URL. */
  readonly url: string;
  /** The request's headers. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The response's status; `undefined` if there was none. */
  readonly status?: number;
  /** The response's headers. Control characters are written as escapes. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** The beginning of the response's body. Control characters are written as escapes. */
  readonly body: string;
  /** Why there was no response, or not all of it. */
  readonly failure?: string;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** How far a client gets. */
export interface Verdict {
  /** Which one, in the table of clients. */
  readonly client: ClientId;
  /** Its name and its version. */
  readonly name: string;
  /**
   * Whether it can send its user to sign in. `guesses`: it finds no metadata, and tries the endpoints that MCP 2025-03-26
   * names. `unknown`: how it looks is not known, or a URL that it finds could not be requested.
   */
  readonly outcome: "signs in" | "guesses" | "stops" | "unknown";
  /** Why, or by which documents. */
  readonly reason: string;
  /** The numbers of the requests that it makes, in its own order. */
  readonly exchanges: readonly number[];
}

/** The result of an examination. */
export interface Report {
  /** The URL that was examined, as it was given. */
  readonly url: string;
  /** When it began: ISO 8601, in UTC. */
  readonly startedAt: string;
  /** What was found: the worst first, and as they came. */
  readonly findings: readonly Finding[];
  /** How far each client gets. */
  readonly clients: readonly Verdict[];
  /** Every request, in order. */
  readonly exchanges: readonly Exchange[];
}

/** The severity of a report's worst finding, or `undefined` if it has none. */
export function worstSeverity({ findings }: Report): Severity | undefined {
  return SEVERITIES.find((severity) =>
    findings.some((finding) => finding.severity === severity)
  );
}
