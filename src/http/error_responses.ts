/**
 * The response to each error
 * ({@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 | RFC 6750 §3.1}). Clients receive constant descriptions:
 * the reason is for the log, and nothing of the request is repeated.
 *
 * @module
 */

import {
  type Challenge,
  formatChallenge,
  SCOPE_TOKEN,
} from "./www_authenticate.ts";
import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
  RequestError,
  type RequestErrorReason,
} from "../errors.ts";
import { memoizeByObject } from "../runtime/memoize.ts";

/** The parameters of every challenge of a resource. */
export interface ChallengeParams {
  /** The URL of the resource's metadata. */
  readonly resourceMetadata: string;
  /** The scopes to request, if the error does not name its own. */
  readonly scope: readonly string[];
  /** Writes the header, if the challenge is not of the scheme Bearer alone. */
  readonly format?: (params: Challenge["params"], status: number) => string;
}

/** The status, the description for people, and the error code, if there is one. */
type Row = readonly [status: number, description: string, error?: string];

const NO_TOKEN: Row = [
  401,
  "An access token is required in the Authorization header",
];
const NOT_A_TOKEN = invalid("is malformed or cannot be verified");
const NOT_FOR_US = invalid("was not issued for this resource");
const NOT_NOW = invalid("is expired or not yet valid");
const NO_PROOF: Row = [
  401,
  "The DPoP proof is missing or not valid",
  "invalid_dpop_proof",
];

const ACCESS_TOKEN_ERRORS: Readonly<Record<AccessTokenErrorReason, Row>> = {
  no_credentials: NO_TOKEN,
  unsupported_scheme: NO_TOKEN,
  multiple_credentials: [
    400,
    "The request carries more than one access token",
    "invalid_request",
  ],
  malformed_token: NOT_A_TOKEN,
  wrong_type: NOT_A_TOKEN,
  unsupported_algorithm: NOT_A_TOKEN,
  unknown_key: NOT_A_TOKEN,
  bad_signature: NOT_A_TOKEN,
  inactive_token: NOT_NOW,
  missing_claim: NOT_A_TOKEN,
  untrusted_issuer: NOT_FOR_US,
  wrong_audience: NOT_FOR_US,
  not_yet_valid: NOT_NOW,
  expired: NOT_NOW,
  unsupported_confirmation: invalid("is bound in a way that is not supported"),
  wrong_binding: invalid(
    "needs a proof of the key it is bound to",
  ),
  invalid_proof: NO_PROOF,
  replayed_proof: NO_PROOF,
  nonce_required: [
    401,
    "The DPoP proof needs the nonce in DPoP-Nonce",
    "use_dpop_nonce",
  ],
  insufficient_scope: [
    403,
    "The operation needs more scope than the access token has",
    "insufficient_scope",
  ],
  insufficient_user_authentication: [
    401,
    "The operation needs a stronger or more recent login",
    "insufficient_user_authentication",
  ],
};

function invalid(why: string): Row {
  return [401, `The access token ${why}`, "invalid_token"];
}

/** The status, and the code of a JSON-RPC error, or of an OAuth error if the client may not be an MCP client. */
type RequestErrorRow = readonly [
  status: number,
  code: number | string,
  message: string,
  more?: {
    readonly members?: object;
    readonly headers?: Readonly<Record<string, string>>;
  },
];

const REQUEST_ERRORS: Readonly<Record<RequestErrorReason, RequestErrorRow>> = {
  host_not_allowed: [403, "forbidden", "Host not allowed by cors.hosts"],
  origin_not_allowed: [403, "forbidden", "Origin not allowed by cors.origins"],
  body_not_json: [400, -32700, "Parse error: the body is not JSON in UTF-8"],
  body_not_a_message: [
    400,
    -32600,
    "Invalid Request: not a message or a flat batch",
  ],
  body_too_large: [413, -32600, "Invalid Request: the body is too large"],
  body_encoded: [
    415,
    -32600,
    "Invalid Request: send UTF-8 without Content-Encoding",
  ],
  header_malformed: [
    400,
    -32020,
    "Header mismatch: Mcp-Method or Mcp-Name cannot be read",
  ],
  header_contradicts_body: [
    400,
    -32020,
    "Header mismatch: Mcp-Method or Mcp-Name does not match the body",
  ],
  ambiguous_uri: [
    400,
    -32602,
    "Invalid params: the URI has dot segments, backslashes, control characters or escaped unreserved characters",
  ],
  uri_too_long: [
    400,
    -32602,
    "Invalid params: the URI has more than 8192 characters, or its host more than 255",
  ],
  method_not_allowed: [405, -32000, "Method not allowed", {
    headers: { allow: "GET, POST, DELETE, OPTIONS" },
  }],
  session_malformed: [
    400,
    -32600,
    "Invalid Request: send one Mcp-Session-Id of visible ASCII",
  ],
  // Identical to the MCP SDK's response for an unknown session, so that no caller learns that the session exists.
  foreign_session: [404, -32001, "Session not found", {
    members: { id: null },
  }],
};

/** The errors that become a response. Any other error is rethrown. */
export type KnownError =
  | AccessTokenError
  | RequestError
  | AuthorizationServerError;

/** Whether an error becomes a response. */
export function isKnownError(error: unknown): error is KnownError {
  return error instanceof AccessTokenError || error instanceof RequestError ||
    error instanceof AuthorizationServerError;
}

/** Creates the response to an error. */
export function refuse(error: KnownError, params: ChallengeParams): Response {
  if (error instanceof AccessTokenError) return challenge(error, params);
  if (error instanceof RequestError) return refuseRequest(error);
  return respond(json(503, {
    error: "temporarily_unavailable",
    error_description: "The authorization server cannot be reached",
  }, { "retry-after": `${error.retryAfterSeconds}` }));
}

/** Creates the response to a request that is rejected whatever its token is. */
export function refuseRequest({ reason }: RequestError): Response {
  const [status, code, message, more] = REQUEST_ERRORS[reason];
  return respond(json(
    status,
    typeof code === "number"
      ? { jsonrpc: "2.0", error: { code, message }, ...more?.members }
      : { error: code, error_description: message },
    more?.headers,
  ));
}

/**
 * The body and headers of a response, prepared for reuse. They are the same each time for one resource and reason,
 * unless the error names scopes or a login.
 */
interface Prepared {
  readonly body: string;
  readonly init: ResponseInit;
}

const preparedFor = memoizeByObject((_params: ChallengeParams) =>
  new Map<AccessTokenErrorReason, Prepared>()
);

function challenge(error: AccessTokenError, params: ChallengeParams): Response {
  const { reason, scope, acr_values, max_age } = error;
  if ((scope ?? acr_values ?? max_age) !== undefined) {
    return respond(prepare(reason, params, error));
  }
  const known = preparedFor(params);
  const answer = known.get(reason) ?? prepare(reason, params);
  known.set(reason, answer);
  return respond(answer);
}

function prepare(
  reason: AccessTokenErrorReason,
  params: ChallengeParams,
  thrown?: AccessTokenError,
): Prepared {
  const [status, description, error] = ACCESS_TOKEN_ERRORS[reason];
  const missing = reason === "insufficient_scope"
    ? listed(thrown?.missing)
    : undefined;
  const { format = asBearer } = params;
  const body = {
    error,
    error_description: missing === undefined
      ? description
      : `${description}: ${missing}`,
  };
  return json(status, body, {
    // Clients search for parameters with unanchored patterns, so the description comes last.
    "www-authenticate": format({
      error,
      scope: listed(thrown?.scope ?? params.scope),
      resource_metadata: params.resourceMetadata,
      acr_values: listed(thrown?.acr_values),
      max_age: listed([`${thrown?.max_age}`], /^\d+$/),
      error_description: error === undefined ? undefined : description,
    }, status),
  });
}

function asBearer(params: Challenge["params"]): string {
  return formatChallenge({ scheme: "Bearer", params });
}

/** Joins the values that a challenge can hold. A handler may have put anything into an error. */
function listed(
  values: readonly string[] = [],
  pattern = SCOPE_TOKEN,
): string | undefined {
  return values.filter((value) => pattern.test(value)).join(" ") || undefined;
}

function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Prepared {
  return {
    body: JSON.stringify(body),
    init: {
      status,
      headers: new Headers({
        "content-type": "application/json",
        "cache-control": "no-store",
        ...headers,
      }),
    },
  };
}

function respond({ body, init }: Prepared): Response {
  return new Response(body, init);
}
