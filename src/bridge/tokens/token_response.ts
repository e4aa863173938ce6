/**
 * The response to a token request
 * ({@link https://www.rfc-editor.org/rfc/rfc6749#section-5.1 | RFC 6749 §5.1}).
 *
 * @module
 */

/** A successful answer of the token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: "Bearer" | "DPoP";
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
}
