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

/** A finding. */
export interface Finding {
  /** The kind of finding. Codes are stable across versions. */
  readonly code: Code;
  /** The severity. */
  readonly severity: Severity;
  /** The title, for people. It may change between versions. */
  readonly title: string;
  /** The rule that it is about. */
  readonly clause: Clause;
  /** Names and versions of the clients that it breaks. */
  readonly clients: readonly string[];
  /** What was seen, once for each URL or header that shows it. */
  readonly sightings: readonly Sighting[];
  /** What to change. */
  readonly advice: string;
}

/** One observation of a finding. */
export interface Sighting {
  /** What was seen. It may quote the server; control characters are escaped. */
  readonly seen: string;
  /** The numbers of the requests whose responses show it. */
  readonly exchanges: readonly number[];
}

/** A request and its response. Access tokens are omitted from both. */
export interface Exchange {
  /** The number, starting from 1. */
  readonly number: number;
  /** The part of the examination. */
  readonly stage: Stage;
  /** The purpose of the request, for people. */
  readonly purpose: string;
  /** The request's method. */
  readonly method: string;
  /** The request's URL. */
  readonly url: string;
  /** The request's headers. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The request's body, if it had one. */
  readonly requestBody?: string | undefined;
  /** The response's status; `undefined` if there was none. */
  readonly status?: number;
  /** The response's headers, with control characters escaped. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** The beginning of the response's body, with control characters escaped. JSON is on one line. */
  readonly body: string;
  /** Why there was no response, or only a part of it. */
  readonly failure?: string;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/** How far a client gets towards the sign-in. */
export interface Verdict {
  /** The client's key in the table of clients. */
  readonly client: ClientId;
  /** Its name and its version. */
  readonly name: string;
  /**
   * Whether it can send its user to sign in. `guesses`: it finds no metadata, and tries the endpoints of MCP
   * 2025-03-26. `unknown`: the client's requests are not known, or a URL that it needs could not be requested.
   */
  readonly outcome: "signs in" | "guesses" | "stops" | "unknown";
  /** The reason, or the documents that lead to the sign-in. */
  readonly reason: string;
  /** The numbers of the requests that it makes, in its own order. */
  readonly exchanges: readonly number[];
}

/** What a server says of tokens that are bound to a key (DPoP, RFC 9449). */
export interface DpopOffer {
  /** `optional`: tokens may be bound. `required`: only bound tokens are accepted. */
  readonly mode: "optional" | "required";
  /** The algorithms of proofs, as the server names them: at most 16. */
  readonly algorithms: readonly string[];
}

/** The result of an examination. */
export interface Report {
  /** The URL that was examined, as it was given. */
  readonly url: string;
  /** When it began: ISO 8601, in UTC. */
  readonly startedAt: string;
  /** The findings: the most severe first, and otherwise in the order in which they were found. */
  readonly findings: readonly Finding[];
  /** What is no fault, but worth a change for some servers. `undefined`: the report is of an earlier version. */
  readonly advice?: readonly Finding[] | undefined;
  /** How far each client gets. */
  readonly clients: readonly Verdict[];
  /** What the server offers for bound tokens. It is no finding. `undefined`: nothing. */
  readonly dpop?: DpopOffer | undefined;
  /** Every request, in order. */
  readonly exchanges: readonly Exchange[];
}

/** The severity of a report's worst finding, or `undefined` if it has none. */
export function worstSeverity({ findings }: Report): Severity | undefined {
  return SEVERITIES.find((severity) =>
    findings.some((finding) => finding.severity === severity)
  );
}
