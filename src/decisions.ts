/**
 * What is told of a verdict. Tokens and requests stay out of it.
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

/** A verdict on a request. */
export type Decision = Accepted | Anonymous | Refused | Unavailable;

/** The request went on to the handler. */
export interface Accepted {
  /** What became of the request. */
  readonly outcome: "accepted";
  /** The token's `iss`: the issuer, or its `token_issuer`. */
  readonly issuer: unknown;
  /** The token's `sub`. */
  readonly subject: unknown;
  /** The client, or the empty string. */
  readonly clientId: string;
  /** The granted scopes. */
  readonly scopes: readonly string[];
  /** What was asked for, where the scope policy had to know. */
  readonly operations: readonly Operation[];
}

/** The request carried no credentials, and went on to the handler for such requests. */
export interface Anonymous {
  /** What became of the request. */
  readonly outcome: "anonymous";
}

/** The request was refused. */
export interface Refused {
  /** What became of the request. */
  readonly outcome: "refused";
  /** Why: more than the client is told. */
  readonly reason: AccessTokenErrorReason | RequestErrorReason;
  /** The status of the answer. */
  readonly status: number;
  /** What would have been accepted, if something was compared: issuers, audiences, scopes, the name of a missing claim. */
  readonly expected?: readonly string[];
  /** What the request had instead, without control characters. Its sender chose it; it is never a token. */
  readonly received?: readonly string[];
  /** What was thrown, with its cause. */
  readonly error: Error;
}

/** Nothing could be decided. */
export interface Unavailable {
  /** What became of the request. */
  readonly outcome: "unavailable";
  /** What could not be had. */
  readonly error: AuthorizationServerError;
}

/** That a caller may go on. */
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

/** That a request was answered in place of the handler, and why. */
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
