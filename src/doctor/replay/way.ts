/**
 * One client's replay, from the endpoint's URL to its user's sign-in.
 *
 * @module
 */

import type { Client, GoesOnAfter } from "../clients/client.ts";
import type { Examination } from "../examination.ts";
import type { Answer, Question } from "../network/network.ts";

/** A client whose requests are known. Some of its rules may be unknown: they only matter if a response is unusual. */
export type Known =
  & Omit<Client, Needed>
  & { readonly [Name in Needed]: Exclude<Client[Name], "unknown"> };

type Needed = "probe" | "resourceMetadata" | "serverMetadata";

/** The result of a step; or why the replay stops, why the client guesses, or why the outcome is not known. */
export type Step<T> =
  | { readonly value: T }
  | { readonly stop: string }
  | { readonly guess: string }
  | { readonly unsure: string };

/** One client's replay. */
export interface Way {
  readonly examination: Examination;
  readonly client: Known;
  /** Sends a request, and records its number. */
  ask(question: Omit<Question, "stage" | "purpose">): Promise<Answer>;
}

/** Whether a client continues its search after a response. If that is not known, it does so after 404 only. */
export function goesOn(
  after: GoesOnAfter | "unknown",
  { status }: Answer,
): boolean {
  switch (after) {
    case "everything":
      return true;
    case "all but 5xx":
      return status < 500;
    case "all but 429 and 5xx":
      return status < 500 && status !== 429;
    case "all but 429 and 5xx, and 503":
      return status < 500 && status !== 429 || status === 503;
    case "unknown":
    case "404":
      return status === 404;
    case "4xx":
      return status >= 300 && status < 500;
    case "4xx and 502":
      return status >= 400 && status < 500 || status === 502;
    case "4xx and unreadable":
      return status === 200 || status >= 400 && status < 500;
  }
}
