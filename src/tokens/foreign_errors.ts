/**
 * The errors of other libraries that say something about a token: jose's and the MCP SDK's. They are recognized by
 * `code`, `errorCode` or name, never by `instanceof`, since a server may have several copies of such a library.
 *
 * @module
 */

import {
  AccessTokenError,
  type AccessTokenErrorReason,
  AuthorizationServerError,
} from "../errors.ts";
import { isKnownError } from "../http/error_responses.ts";
import { networkFailure } from "../runtime/network_failure.ts";
import type { AccessTokenVerifier } from "../types.ts";

/** What an error means: a reason to reject the token, or that the token cannot be verified now. */
type Meaning = AccessTokenErrorReason | "unavailable";

/**
 * The one table. jose's codes are the same since its version 4; of the MCP SDK, version 1 has `errorCode` and version 2
 * `code`, both with OAuth's own words ({@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 | RFC 6750 §3.1}).
 */
const MEANINGS: ReadonlyMap<unknown, Meaning> = new Map<unknown, Meaning>([
  ["ERR_JWS_INVALID", "malformed_token"],
  ["ERR_JWT_INVALID", "malformed_token"],
  ["ERR_JWE_INVALID", "malformed_token"],
  ["ERR_JOSE_NOT_SUPPORTED", "malformed_token"],
  ["ERR_JOSE_ALG_NOT_ALLOWED", "unsupported_algorithm"],
  ["ERR_JWKS_NO_MATCHING_KEY", "unknown_key"],
  ["ERR_JWKS_MULTIPLE_MATCHING_KEYS", "unknown_key"],
  ["ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "bad_signature"],
  ["ERR_JWE_DECRYPTION_FAILED", "bad_signature"],
  ["ERR_JWT_EXPIRED", "expired"],
  ["ERR_JWKS_TIMEOUT", "unavailable"],
  ["ERR_JWKS_INVALID", "unavailable"],
  // Only jose's remote key sets throw it: for a status other than 200, and for a body that is not JSON.
  ["ERR_JOSE_GENERIC", "unavailable"],
  ["invalid_token", "inactive_token"],
  ["InvalidTokenError", "inactive_token"],
  ["insufficient_scope", "insufficient_scope"],
  ["InsufficientScopeError", "insufficient_scope"],
  ["temporarily_unavailable", "unavailable"],
]);

/** The reason for a claim that jose's `jwtVerify` rejected. Any other claim is one that the verifier demands. */
const CLAIMS: ReadonlyMap<unknown, AccessTokenErrorReason> = new Map([
  ["iss", "untrusted_issuer"],
  ["aud", "wrong_audience"],
  ["typ", "wrong_type"],
  ["nbf", "not_yet_valid"],
  ["iat", "not_yet_valid"],
  ["exp", "expired"],
]);

type Members = Readonly<Record<string, unknown>>;

/**
 * What an error of another library means for the request, with that error as its cause; `undefined` if it says nothing
 * about a token. A failed request, such as one for a key set, is an {@linkcode AuthorizationServerError}.
 */
export function readForeignError(
  error: unknown,
): AccessTokenError | AuthorizationServerError | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, errorCode, name, message } = error as Members;
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    return readClaimError(error as Members);
  }
  const meaning = MEANINGS.get(code) ?? MEANINGS.get(errorCode) ??
    MEANINGS.get(name);
  if (meaning !== undefined && meaning !== "unavailable") {
    return new AccessTokenError(meaning, { cause: error });
  }
  const why = networkFailure(error) ??
    (meaning === "unavailable" ? message : undefined);
  if (why === undefined) return undefined;
  return new AuthorizationServerError(`Cannot verify access token: ${why}`, {
    cause: error,
  });
}

function readClaimError(error: Members): AccessTokenError {
  const { claim, reason, payload } = error;
  const isMissing = reason === "missing";
  const received = isMissing ? undefined : (payload as Members)?.[`${claim}`];
  return new AccessTokenError(
    isMissing ? "missing_claim" : CLAIMS.get(claim) ?? "missing_claim",
    { cause: error, received, ...(isMissing && { expected: [`${claim}`] }) },
  );
}

/** The verifier, with errors of other libraries as ours. Errors that say nothing about a token pass through. */
export function withForeignErrors(
  verify: AccessTokenVerifier,
): AccessTokenVerifier {
  return async (token, request) => {
    try {
      return await verify(token, request);
    } catch (error) {
      if (isKnownError(error)) throw error;
      throw readForeignError(error) ?? error;
    }
  };
}
