/**
 * The errors that end a request before the handler, and their reasons.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  mustBe,
  type OptionShape,
} from "./runtime/option_checks.ts";
import { printable, printableList } from "./runtime/printable.ts";

/** Why an access token, or the lack of one, was rejected. For the log: the response says less. */
export type AccessTokenErrorReason =
  | "no_credentials"
  | "unsupported_scheme"
  | "multiple_credentials"
  | "malformed_token"
  | "wrong_type"
  | "unsupported_algorithm"
  | "unknown_key"
  | "bad_signature"
  | "inactive_token"
  | "missing_claim"
  | "untrusted_issuer"
  | "wrong_audience"
  | "not_yet_valid"
  | "expired"
  | "unsupported_confirmation"
  | "wrong_binding"
  | "invalid_proof"
  | "replayed_proof"
  | "nonce_required"
  | "insufficient_scope"
  | "insufficient_user_authentication";

/** Every reason. A new one does not compile until it is here. */
const REASONS: Readonly<Record<AccessTokenErrorReason, true>> = {
  no_credentials: true,
  unsupported_scheme: true,
  multiple_credentials: true,
  malformed_token: true,
  wrong_type: true,
  unsupported_algorithm: true,
  unknown_key: true,
  bad_signature: true,
  inactive_token: true,
  missing_claim: true,
  untrusted_issuer: true,
  wrong_audience: true,
  not_yet_valid: true,
  expired: true,
  unsupported_confirmation: true,
  wrong_binding: true,
  invalid_proof: true,
  replayed_proof: true,
  nonce_required: true,
  insufficient_scope: true,
  insufficient_user_authentication: true,
};

/** Whether a value is a reason. */
export function isAccessTokenErrorReason(
  value: unknown,
): value is AccessTokenErrorReason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}

/** Options of {@linkcode AccessTokenError}. */
export interface AccessTokenErrorOptions extends ErrorOptions {
  /** All the scopes that the operation needs, for the challenge. A string that is not a valid scope is left out. */
  readonly scope?: readonly string[] | undefined;
  /** For `insufficient_scope`: those of `scope` that the token lacks, for the response's body. Default: all of `scope`. */
  readonly missing?: readonly string[] | undefined;
  /** For `insufficient_user_authentication`: the values of `acr` that are accepted, for the challenge. */
  readonly acr_values?: readonly string[] | undefined;
  /** For `insufficient_user_authentication`: the maximum age of the login in whole seconds, for the challenge. */
  readonly max_age?: number | undefined;
  /** For the log: what would have been accepted, such as the audiences, or the name of a missing claim. */
  readonly expected?: readonly string[] | undefined;
  /** For the log: what the request or its token had in that place. Never the token itself. */
  readonly received?: unknown;
}

const anArray = mustBe(
  Array.isArray,
  'write an array of strings, such as ["notes:read"]',
);

const OPTIONS: OptionShape<AccessTokenErrorOptions> = {
  members: {
    scope: anArray,
    missing: anArray,
    acr_values: anArray,
    max_age: anything,
    expected: anArray,
    received: anything,
    cause: anything,
  },
};

/** The access token was rejected. Answered with a challenge: 401, 400 or 403 by its reason. */
export class AccessTokenError extends Error {
  /** `AccessTokenError`. */
  override readonly name = "AccessTokenError";
  /** The reason. */
  declare readonly reason: AccessTokenErrorReason;
  /** The scopes that the challenge names instead of the resource's. */
  declare readonly scope: readonly string[] | undefined;
  /** Those of them that the token lacks. */
  declare readonly missing: readonly string[] | undefined;
  /** The values of `acr` that are accepted. */
  declare readonly acr_values: readonly string[] | undefined;
  /** The maximum age of the login in seconds. */
  declare readonly max_age: number | undefined;
  /** What would have been accepted. For the log: it is never sent to the client. */
  declare readonly expected: readonly string[] | undefined;
  /**
   * What was received instead: at most 16 strings of at most 256 characters, without control characters, since the
   * sender of a token chooses them. For the log: it is never sent to the client.
   */
  declare readonly received: readonly string[] | undefined;

  /**
   * An error with a reason and, for the log, a cause.
   *
   * @throws {TypeError} If the reason or an option is not known.
   */
  constructor(
    reason: AccessTokenErrorReason,
    options: AccessTokenErrorOptions = {},
  ) {
    if (!isAccessTokenErrorReason(reason)) {
      throw new TypeError(
        `Cannot use reason ${reason}: use ${Object.keys(REASONS).join(", ")}`,
      );
    }
    checkOptions(options, "", OPTIONS);
    super(`Cannot accept access token: ${reason}`, options);
    this.reason = reason;
    this.scope = options.scope;
    this.missing = options.missing ?? options.scope;
    this.acr_values = options.acr_values;
    this.max_age = options.max_age;
    this.expected = shown(options.expected);
    this.received = shown(options.received);
  }
}

function shown(value: unknown): readonly string[] | undefined {
  return value === undefined ? undefined : printableList(value);
}

const MAX_MESSAGE_LENGTH = 2000;

/** Options of {@linkcode AuthorizationServerError}. */
export interface AuthorizationServerErrorOptions extends ErrorOptions {
  /** After how many seconds the client may try again, a whole number. Default: 5. */
  readonly retryAfterSeconds?: number | undefined;
}

const AUTHORIZATION_SERVER_OPTIONS: OptionShape<
  AuthorizationServerErrorOptions
> = {
  members: {
    retryAfterSeconds: anything,
    cause: anything,
  },
};

/**
 * The authorization server's metadata, keys or introspection response cannot be read. Answered with 503 and without a
 * challenge: the token may be good, and a challenge would make the client discard it.
 */
export class AuthorizationServerError extends Error {
  /** `AuthorizationServerError`. */
  override readonly name = "AuthorizationServerError";
  /** The `Retry-After` of the response, in seconds. */
  declare readonly retryAfterSeconds: number;

  /**
   * An error whose message says what could not be read, and why. An issuer may have chosen parts of it: control
   * characters are written as `\u{1b}`, and it is cut after 2000 characters.
   *
   * @throws {TypeError} If an option is not known.
   */
  constructor(message: string, options: AuthorizationServerErrorOptions = {}) {
    checkOptions(options, "", AUTHORIZATION_SERVER_OPTIONS);
    super(printable(message, MAX_MESSAGE_LENGTH), options);
    this.retryAfterSeconds = options.retryAfterSeconds ?? 5;
  }
}

/** Why a request was rejected, whatever its token is. */
export type RequestErrorReason =
  | "host_not_allowed"
  | "origin_not_allowed"
  | "body_not_json"
  | "body_not_a_message"
  | "body_too_large"
  | "body_encoded"
  | "header_malformed"
  | "header_contradicts_body"
  | "ambiguous_uri"
  | "uri_too_long"
  | "method_not_allowed"
  | "session_malformed"
  | "foreign_session";

/** Options of {@linkcode RequestError}. */
export interface RequestErrorOptions
  extends ErrorOptions, Pick<AccessTokenErrorOptions, "expected" | "received"> {
  /** What the operator can change, for the message. */
  readonly advice?: string | undefined;
}

/** The request is rejected whatever its token is. Answered without a challenge: no token would help. */
export class RequestError extends Error {
  /** `RequestError`. */
  override readonly name = "RequestError";
  /** The reason. */
  declare readonly reason: RequestErrorReason;
  /** What would have been accepted, as in {@linkcode AccessTokenError}. */
  declare readonly expected: readonly string[] | undefined;
  /** What was received instead, as in {@linkcode AccessTokenError}. */
  declare readonly received: readonly string[] | undefined;

  /** An error with a reason. */
  constructor(reason: RequestErrorReason, options: RequestErrorOptions = {}) {
    const { advice } = options;
    const message = `Cannot accept request: ${reason}`;
    super(advice === undefined ? message : `${message}: ${advice}`, options);
    this.reason = reason;
    this.expected = shown(options.expected);
    this.received = shown(options.received);
  }
}
