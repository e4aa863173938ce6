/**
 * Writes decisions as log lines.
 *
 * @module
 */

import type { Decision } from "./decisions.ts";
import {
  aFunction,
  checkOptions,
  oneOf,
  type OptionShape,
} from "./runtime/option_checks.ts";
import { printableList } from "./runtime/printable.ts";

/** Options of {@linkcode logDecisions}. */
export interface LogDecisionsOptions {
  /** The format of a line: `text` is for people, `json` is a JSON object. Default: `text`. */
  readonly format?: "json" | "text" | undefined;
  /** Receives each line, without a line feed. Default: `console.log`. */
  readonly write?: ((line: string) => void) | undefined;
}

const SHAPE: OptionShape<LogDecisionsOptions> = {
  members: { format: oneOf("json", "text"), write: aFunction },
};

/** A line's members by name. Those that are `undefined` are left out. */
type Members = Readonly<Record<string, unknown>>;

/** The limits of a line's values: items of an array, and characters of a string. */
const MAX_ITEMS = 32;
const MAX_LENGTH = 512;

/** Characters that control a terminal or end a line, and that `JSON.stringify` does not escape. */
const UNESCAPED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu;

/**
 * Creates an `onDecision` that writes one line for each decision, by default to the console. Nothing else in this
 * library writes to the console. A line never contains a token. It contains the `sub` and the client of an accepted
 * token, and the values that were compared for a rejected one. Line ends and control characters are escaped, so that a
 * client cannot forge a line.
 *
 * @example
 * ```ts
 * import { logDecisions, protectResource } from "@gatehouse/mcp-auth";
 *
 * export default {
 *   fetch: protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *     onDecision: logDecisions(),
 *   }),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function logDecisions(
  options: LogDecisionsOptions = {},
): (decision: Decision) => void {
  checkOptions(options, "", SHAPE);
  const { format = "text", write = print } = options;
  const lineOf = format === "json" ? jsonLine : textLine;
  return (decision) => write(lineOf(membersOf(decision)));
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}

function membersOf(decision: Decision): Members {
  const { outcome } = decision;
  switch (decision.outcome) {
    case "anonymous":
      return { outcome };
    case "accepted": {
      const { issuer, subject, clientId, scopes, operations } = decision;
      return {
        outcome,
        operations: bounded(
          operations.map(({ method, name }) =>
            name === undefined ? method : `${method} ${name}`
          ),
        ),
        subject: bounded(subject),
        clientId: bounded(clientId),
        scopes: bounded(scopes),
        issuer: bounded(issuer),
      };
    }
    case "refused": {
      const { status, reason, expected, received, error } = decision;
      return { outcome, status, reason, expected, received, why: whyOf(error) };
    }
    case "unavailable":
      return { outcome, status: 503, why: bounded(decision.error.message) };
  }
}

/**
 * The details of an error: the cause that a preset gives, or the option to change. Other causes are left out, since
 * they may contain the token.
 */
function whyOf({ message, cause }: Error): unknown {
  if (typeof cause === "string") return bounded(cause);
  return bounded(/^Cannot accept request: \w+: (.*)$/s.exec(message)?.[1]);
}

/** A value from a token or a request, truncated to the limits of a line. */
function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(bounded);
  if (typeof value === "string" && value.length > MAX_LENGTH) {
    return `${value.slice(0, MAX_LENGTH)}…`;
  }
  return value === undefined || /^(?:string|number|boolean)$/.test(typeof value)
    ? value
    : printableList(value)[0];
}

function jsonLine(members: Members): string {
  return JSON.stringify(members).replace(UNESCAPED, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}

/** `refused status=401 reason=wrong_audience expected=https://a.example received=https://b.example` */
function textLine({ outcome, ...members }: Members): string {
  const words = Object.entries(members).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(" ") : `${value ?? ""}`;
    return text === "" ? [] : [`${name}=${quotedIfNeeded(text)}`];
  });
  return [outcome, ...words].join(" ");
}

function quotedIfNeeded(text: string): string {
  return /^[!#-~]+$/.test(text)
    ? text
    : JSON.stringify(text).replace(UNESCAPED, escaped);
}
