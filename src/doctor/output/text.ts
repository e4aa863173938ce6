/**
 * How the doctor writes values, lists and counts.
 *
 * @module
 */

import type { DpopOffer, Exchange } from "../report.ts";

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

/** What a report says of an offer, as a sentence. */
export function describeOffer({ mode, algorithms }: DpopOffer): string {
  const proofs = algorithms.length === 0
    ? "without naming the algorithms of proofs"
    : `with proofs by ${algorithms.join(", ")}`;
  return mode === "required"
    ? `Tokens have to be bound to a key by DPoP, ${proofs}. Clients that sign no proofs cannot call.`
    : `Tokens may be bound to a key by DPoP, ${proofs}.`;
}

/** An exchange in the notation of HTTP/1.1. */
export function transcript(
  { method, url, requestHeaders, status, failure, responseHeaders, body }:
    Exchange,
): string {
  const fields = (headers: Readonly<Record<string, string>>): string[] =>
    Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    `${method} ${url}`,
    ...fields(requestHeaders),
    "",
    status === undefined ? failure ?? "no answer" : `${status}`,
    ...fields(responseHeaders),
    ...body === "" ? [] : ["", body],
  ].join("\n");
}
