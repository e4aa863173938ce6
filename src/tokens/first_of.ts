/**
 * One verifier made of several, for a server that accepts tokens of several kinds.
 *
 * @module
 */

import { AccessTokenError, type AccessTokenErrorReason } from "../errors.ts";
import { withForeignErrors } from "./foreign_errors.ts";
import { namedIssuer } from "./jwt.ts";
import type { AccessTokenVerifier } from "../types.ts";

/** Reasons that mean "not my token", from the least to the most specific. */
const NOT_ITS_OWN: readonly AccessTokenErrorReason[] = [
  "malformed_token",
  "untrusted_issuer",
  "inactive_token",
];

/**
 * A verifier that tries others in order, until one of them knows the token. The next verifier is tried only if the token
 * does not belong to the one before: after `malformed_token`, `untrusted_issuer` or, for an opaque token,
 * `inactive_token`. Any other error is final, {@linkcode AuthorizationServerError} included: a token that is expired,
 * revoked or badly signed gets no second chance. Issuer, audience and times are checked afterwards, as for any verifier.
 *
 * An opaque token is sent to the introspection endpoint of each verifier before the one that knows it. Combine only
 * issuers that may see each other's tokens. A JWT that names its issuer is sent to no other issuer.
 *
 * @example JWTs of one issuer, opaque tokens of another
 * ```ts
 * import {
 *   firstOf,
 *   introspectionVerifier,
 *   jwtVerifier,
 * } from "@gatehouse/mcp-auth";
 *
 * const verifyAccessToken = firstOf(
 *   jwtVerifier({ authorization_servers: ["https://auth.example.com"] }),
 *   introspectionVerifier({
 *     issuer: "https://login.example.net",
 *     client: { client_id: "notes", client_secret: "a secret of the server's" },
 *   }),
 * );
 * ```
 *
 * @throws {TypeError} If there is no verifier.
 * @throws {AccessTokenError} From the verifier, if none knows the token: the most specific of their errors, which is
 *   `inactive_token`, else `untrusted_issuer`, else `malformed_token`.
 */
export function firstOf(
  ...verifiers: readonly AccessTokenVerifier[]
): AccessTokenVerifier {
  if (verifiers.length === 0) {
    throw new TypeError(
      "Cannot use firstOf() without a verifier: pass at least one",
    );
  }
  const all = verifiers.map(withForeignErrors);
  return async (token, context) => {
    let refusal: AccessTokenError | undefined;
    for (const verify of all) {
      try {
        return await verify(token, context);
      } catch (error) {
        if (!(error instanceof AccessTokenError) || isFinal(error, token)) {
          throw error;
        }
        if (refusal === undefined || rankOf(error) > rankOf(refusal)) {
          refusal = error;
        }
      }
    }
    throw refusal;
  };
}

/** Whether the token belongs to the verifier, and is bad. */
function isFinal(error: AccessTokenError, token: string): boolean {
  return rankOf(error) < 0 ||
    // Its own issuer said so: a revoked JWT must not be accepted by its signature.
    error.reason === "inactive_token" && namedIssuer(token) !== undefined;
}

function rankOf({ reason }: AccessTokenError): number {
  return NOT_ITS_OWN.indexOf(reason);
}
