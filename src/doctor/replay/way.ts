/**
 * A client on its way from the endpoint's URL to its user's sign-in.
 *
 * @module
 */

import type { Client, GoesOnAfter } from "../clients/client.ts";
import type { Examination } from "../examination.ts";
import type { Answer, Question } from "../network/network.ts";

/** A client of which all is known that a replay needs: what is not known of PKCE and registration stops nobody. */
export type Known =
  & Pick<Client, "pkce" | "registration">
  & {
    readonly [Name in Exclude<keyof Client, "pkce" | "registration">]: Exclude<
      Client[Name],
      "unknown"
    >;
  };

/** What a step of the way comes to, why the way ends there or goes on by guessing, or why nobody can say. */
export type Step<T> =
  | { readonly value: T }
  | { readonly stop: string }
  | { readonly guess: string }
  | { readonly unsure: string };

/** One client on its way. */
export interface Way {
  readonly examination: Examination;
  readonly client: Known;
  /** Asks, and remembers the number of what was asked. */
  ask(question: Omit<Question, "stage" | "purpose">): Promise<Answer>;
}

/** Whether an answer is no end of a search. */
export function goesOn(after: GoesOnAfter, { status }: Answer): boolean {
  switch (after) {
    case "everything":
      return true;
    case "all but 5xx":
      return status < 500;
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
