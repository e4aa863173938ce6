/**
 * What the provider's answers become: a result, a refusal for good, or that it cannot say now.
 *
 * @module
 */

import * as oauth from "oauth4webapi";
import { AuthorizationServerError } from "../../errors.ts";

/** What the provider refused, for good: a code or a token that it no longer accepts, or a user it does not let in. */
export class UpstreamRefusal extends Error {
  /** `UpstreamRefusal`. */
  override readonly name = "UpstreamRefusal";
}

/** What the provider answered is not what it must answer: it may be misconfigured, or lie. */
export class UpstreamFault extends AuthorizationServerError {}

/** Lets a refusal and nothing else through as one; whatever else goes wrong, the provider cannot say now. */
export function outcomeOf<Args extends readonly unknown[], T>(
  provider: string,
  ask: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  return async (...args) => {
    try {
      return await ask(...args);
    } catch (error) {
      if (
        error instanceof UpstreamRefusal ||
        error instanceof AuthorizationServerError
      ) throw error;
      if (
        error instanceof oauth.ResponseBodyError &&
        error.error === "invalid_grant"
      ) throw refusal("the code or token");
      if (
        error instanceof oauth.AuthorizationResponseError &&
        REFUSED.includes(error.error)
      ) throw refusal("the user");
      throw new UpstreamFault(
        `Cannot use the answer of ${provider}`,
        { cause: withoutContents(error) },
      );
    }
  };
}

/**
 * What an operator may see of an error. oauth4webapi attaches the provider's answers and parameters, and a parser
 * quotes what it read: codes and tokens.
 */
function withoutContents(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = withoutContents(error.cause);
  const shown = new Error(messageOf(error), cause && { cause });
  shown.name = error.name;
  return shown;
}

function messageOf(error: Error): string {
  if (error instanceof SyntaxError) return "It is not JSON";
  const isError = error instanceof oauth.ResponseBodyError ||
    error instanceof oauth.AuthorizationResponseError;
  return isError && /^\w{1,64}$/.test(error.error)
    ? `The error is ${error.error}`
    : error.message;
}

/** What a provider answers where the user, or the provider for the user, said no. */
const REFUSED: readonly string[] = [
  "access_denied",
  "account_selection_required",
  "consent_required",
  "interaction_required",
  "login_required",
];

/** A refusal. */
export function refusal(what: string): UpstreamRefusal {
  return new UpstreamRefusal(`The provider refused ${what}`);
}
