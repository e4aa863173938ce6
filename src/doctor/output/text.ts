/**
 * How the doctor writes values, lists and counts.
 *
 * @module
 */

import type { DpopOffer, Exchange } from "../report.ts";
import { printable } from "../../runtime/printable.ts";

/** A value as JSON, or `missing`. */
export function quoted(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "missing";
  } catch {
    // A RangeError: the value is nested too deeply to be serialized.
    return "nested too deeply";
  }
}

/** A list in words: `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2
    ? last
    : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** A count and its noun: `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a report says of an offer, as a sentence. `names` are the algorithms, as the server names them. */
export function describeOffer(
  { mode, algorithms }: DpopOffer,
  names: string = algorithms.join(", "),
): string {
  const proofs = algorithms.length === 0
    ? "without naming the algorithms of proofs"
    : `with proofs by ${names}`;
  return mode === "required"
    ? `Tokens have to be bound to a key by DPoP, ${proofs}. Clients that sign no proofs cannot call.`
    : `Tokens may be bound to a key by DPoP, ${proofs}.`;
}

/** The longest body that is indented: of nested arrays, indentation is most. */
const MAX_INDENTED = 10_000;

/** An exchange in the notation of HTTP/1.1. Bodies of JSON are indented. */
export function transcript(exchange: Exchange): string {
  const { method, url, requestHeaders, requestBody = "" } = exchange;
  const { status, failure, responseHeaders, body } = exchange;
  const fields = (headers: Readonly<Record<string, string>>): string[] =>
    Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const bodyOf = (text: string): string[] =>
    text === "" ? [] : ["", indented(text)];
  return [
    `${method} ${url}`,
    ...fields(requestHeaders),
    ...bodyOf(requestBody),
    "",
    status === undefined ? failure ?? "no answer" : `${status}`,
    ...fields(responseHeaders),
    ...bodyOf(body),
  ].join("\n");
}

/** JSON with its members on lines of their own, or the text with its lines. What JSON escapes stays escaped. */
function indented(text: string): string {
  try {
    const lines = JSON.stringify(JSON.parse(text), null, 2).split("\n");
    const shown = lines.map((line) => printable(line, MAX_INDENTED)).join("\n");
    return shown.length > MAX_INDENTED ? text : shown;
  } catch {
    return text.replaceAll("\\u{d}", "").replaceAll("\\u{a}", "\n");
  }
}
