/**
 * Decisions as lines of a log.
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

/** How {@linkcode logDecisions} writes. */
export interface LogDecisionsOptions {
  /** `text`: for people. `json`: a JSON object. Each is one line. Default: `text`. */
  readonly format?: "json" | "text" | undefined;
  /** Writes a line, which does not end with a line feed. Default: `console.log`. */
  readonly write?: ((line: string) => void) | undefined;
}

const SHAPE: OptionShape<LogDecisionsOptions> = {
  members: { format: oneOf("json", "text"), write: aFunction },
};

/** A line's members by name. Those that are `undefined` are left out. */
type Members = Readonly<Record<string, unknown>>;

/** Limits of a line: how many items of an array, and how many characters of a string. */
const MAX_ITEMS = 32;
const MAX_LENGTH = 512;

/** What a terminal obeys, or ends a line, and JSON leaves as it is. */
const UNESCAPED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu;

/**
 * A function for `onDecision` that writes one line for each decision, to the console unless there is a `write`. Call it
 * where that is wanted: nothing else in this library writes to the console. A line has no token. It has the `sub` and
 * the client of an accepted token, and of a refused one what the check compared. Line ends and control characters are
 * escaped, so that no client can forge a line.
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
 * What the error says beside its reason: a preset's words, or the option to change. Other causes are left out, since
 * they may repeat the token.
 */
function whyOf({ message, cause }: Error): unknown {
  if (typeof cause === "string") return bounded(cause);
  return bounded(/^Cannot accept request: \w+: (.*)$/s.exec(message)?.[1]);
}

/** A value of a token or a request, as long as a line can have it. */
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
