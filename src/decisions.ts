/**
 * The decisions that are passed to `onDecision`. They contain no tokens and no requests.
 *
 * @module
 */

import {
  type AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
  type RequestError,
  type RequestErrorReason,
} from "./errors.ts";
import type { AuthInfo, Operation } from "./types.ts";

/** The decision on a request. */
export type Decision = Accepted | Anonymous | Refused | Unavailable;

/** The request was passed to the handler. */
export interface Accepted {
  /** The kind of the decision. */
  readonly outcome: "accepted";
  /** The token's `iss`: the issuer, or its `token_issuer`. */
  readonly issuer: unknown;
  /** The token's `sub`. */
  readonly subject: unknown;
  /** The client, or the empty string. */
  readonly clientId: string;
  /** The granted scopes. */
  readonly scopes: readonly string[];
  /** The operations of the request, if the scope policy had to read them. */
  readonly operations: readonly Operation[];
}

/** The request had no credentials, and was passed to `anonymous`. */
export interface Anonymous {
  /** The kind of the decision. */
  readonly outcome: "anonymous";
}

/** The request was rejected. */
export interface Refused {
  /** The kind of the decision. */
  readonly outcome: "refused";
  /** The reason. The response says less. */
  readonly reason: AccessTokenErrorReason | RequestErrorReason;
  /** The status of the response. */
  readonly status: number;
  /** What would have been accepted, if something was compared: issuers, audiences, scopes, the name of a missing claim. */
  readonly expected?: readonly string[];
  /** What the request had instead, without control characters. Its sender chose it; it is never a token. */
  readonly received?: readonly string[];
  /** The error that was thrown, with its cause. */
  readonly error: Error;
}

/** The issuer could not be reached, so that nothing could be decided. Answered with 503. */
export interface Unavailable {
  /** The kind of the decision. */
  readonly outcome: "unavailable";
  /** The error, whose message says what could not be read, and why. */
  readonly error: AuthorizationServerError;
}

/** The decision that a request is passed to the handler. */
export function accepted(
  { clientId, scopes, extra }: AuthInfo,
  operations: readonly Operation[],
): Accepted {
  return {
    outcome: "accepted",
    issuer: extra?.iss,
    subject: extra?.sub,
    clientId,
    scopes,
    operations,
  };
}

/** The decision for an error that was thrown before or by the handler. */
export function refused(
  error: AccessTokenError | RequestError | AuthorizationServerError,
  status: number,
): Refused | Unavailable {
  if (error instanceof AuthorizationServerError) {
    return { outcome: "unavailable", error };
  }
  const { reason, expected, received } = error;
  return {
    outcome: "refused",
    reason,
    status,
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
    error,
  };
}
