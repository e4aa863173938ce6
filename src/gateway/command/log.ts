/**
 * One line for each decision, and for each fault of an upstream. Tokens and requests stay out of it.
 *
 * @module
 */

import type { Decision } from "../../decisions.ts";
import { printable } from "../../runtime/printable.ts";
import type { UpstreamError } from "../errors.ts";

/** Writes lines. */
export interface Log {
  /** A decision of the guard. */
  readonly decision: (decision: Decision) => void;
  /** An upstream that did not answer a request, or not in a way that can be passed on. */
  readonly fault: (upstream: string, error: UpstreamError) => void;
  /** An error that should not happen. */
  readonly failure: (error: unknown) => void;
}

/** What a line says: strings, numbers and arrays of strings. */
type Entry = Readonly<Record<string, unknown>>;

/** How many operations of a batch a line names. */
const MAX_OPERATIONS = 10;

/** A log in a format, which goes to `write`. */
export function logOf(
  format: "text" | "json" | "none",
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  function log(outcome: string, entry: Entry): void {
    if (format === "none") return;
    const time = new Date(now()).toISOString();
    const said = Object.entries(entry)
      .filter(([, value]) => value !== undefined && value !== "");
    write(
      format === "json"
        ? JSON.stringify({ time, outcome, ...Object.fromEntries(said) })
        : [
          time,
          outcome,
          ...said.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
        ].join(" "),
    );
  }

  return {
    decision: (decision) => log(decision.outcome, entryOf(decision)),
    fault: (upstream, { reason, status, message }) =>
      log("failed", { reason, status, upstream, message: printable(message) }),
    failure: (error) =>
      log("failed", { reason: "internal", message: printable(`${error}`) }),
  };
}

function entryOf(decision: Decision): Entry {
  switch (decision.outcome) {
    case "accepted": {
      const { issuer, subject, clientId, operations } = decision;
      const named = operations.slice(0, MAX_OPERATIONS).map((
        { method, name },
      ) => printable(name === undefined ? method : `${method} ${name}`));
      return {
        issuer: text(issuer),
        subject: text(subject),
        client: text(clientId),
        ...(named.length > 0 && { operations: named }),
      };
    }
    case "refused": {
      const { reason, status, expected, received, error: { cause } } = decision;
      return {
        reason,
        status,
        expected,
        received,
        cause: cause instanceof Error ? printable(cause.message) : undefined,
      };
    }
    case "unavailable":
      return { message: printable(decision.error.message) };
    case "anonymous":
      return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? printable(value) : undefined;
}
