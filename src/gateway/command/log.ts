/**
 * One line for each decision, and for each fault of an upstream. Tokens and requests stay out of it.
 *
 * @module
 */

import type { Decision } from "../../decisions.ts";
import { logDecisions } from "../../log_decisions.ts";
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

/** A log in a format, which goes to `write`. Each line begins with the time. */
export function logOf(
  format: "text" | "json" | "none",
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  if (format === "none") {
    const ignore = (): void => {};
    return { decision: ignore, fault: ignore, failure: ignore };
  }

  function writeLine(line: string): void {
    const time = new Date(now()).toISOString();
    write(
      format === "json"
        ? `{"time":"${time}",${line.slice(1)}`
        : `${time} ${line}`,
    );
  }

  function fail(members: Readonly<Record<string, string | number>>): void {
    const outcome = "failed";
    writeLine(
      format === "json" ? JSON.stringify({ outcome, ...members }) : [
        outcome,
        ...Object.entries(members).map(([name, value]) =>
          `${name}=${JSON.stringify(value)}`
        ),
      ].join(" "),
    );
  }

  return {
    decision: logDecisions({ format, write: writeLine }),
    fault: (upstream, { reason, status, message }) =>
      fail({ status, reason, upstream, why: printable(message) }),
    failure: (error) =>
      fail({ status: 500, reason: "internal", why: printable(`${error}`) }),
  };
}
