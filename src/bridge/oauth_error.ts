/**
 * The errors of OAuth's endpoints ({@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 | RFC 6749 §5.2}).
 *
 * @module
 */

/** An error code of OAuth's registry that a bridge sends. */
export type OAuthErrorCode =
  | "access_denied"
  | "consent_required"
  | "invalid_client"
  | "invalid_client_metadata"
  | "invalid_dpop_proof"
  | "invalid_grant"
  | "invalid_redirect_uri"
  | "invalid_request"
  | "invalid_scope"
  | "invalid_target"
  | "request_not_supported"
  | "server_error"
  | "temporarily_unavailable"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type";

/** A request that a client has to change. The message is a constant: it goes to the client as `error_description`. */
export class OAuthError extends Error {
  /** `OAuthError`. */
  override readonly name = "OAuthError";
  /** The `error`. */
  declare readonly code: OAuthErrorCode;

  /** An error with its code and its description. */
  constructor(code: OAuthErrorCode, description: string) {
    super(description);
    this.code = code;
  }
}
