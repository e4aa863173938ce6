/**
 * Several verifiers as one, for a server whose tokens come from several kinds of issuers.
 *
 * @module
 */

import { AccessTokenError, type AccessTokenErrorReason } from "../errors.ts";
import { withForeignErrors } from "./foreign_errors.ts";
import { namedIssuer } from "./jwt.ts";
import type { AccessTokenVerifier } from "../types.ts";

/** By these a verifier says that a token is not one of its own. The later one tells more of the token. */
const NOT_ITS_OWN: readonly AccessTokenErrorReason[] = [
  "malformed_token",
  "untrusted_issuer",
  "inactive_token",
];

/**
 * A verifier that asks others, one after the other, until one knows the token. The next one is asked only where a
 * token is not the one's own: `malformed_token`, `untrusted_issuer` or, of an opaque token, `inactive_token`. Any
 * other refusal is final, so that a token which is expired, revoked or badly signed gets no second chance, and so is
 * an {@linkcode AuthorizationServerError}. Issuer, audience and times are judged afterwards, as ever.
 *
 * An opaque token is shown to every introspection endpoint before the one that knows it: put only those beside each
 * other that may see each other's tokens. A JWT that names its issuer goes to no other issuer's endpoint.
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
 * @throws {AccessTokenError} When it verifies, where none knows the token: of their refusals the one that tells most,
 *   which is `inactive_token`, else `untrusted_issuer`, else `malformed_token`.
 */
export function firstOf(
  ...verifiers: readonly AccessTokenVerifier[]
): AccessTokenVerifier {
  if (verifiers.length === 0) {
    throw new TypeError("Cannot use no verifier: name at least one");
  }
  const all = verifiers.map(withForeignErrors);
  return async (token, platform) => {
    let refusal: AccessTokenError | undefined;
    for (const verify of all) {
      try {
        return await verify(token, platform);
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

/** Whether a token is the verifier's own, and no good. */
function isFinal(error: AccessTokenError, token: string): boolean {
  return rankOf(error) < 0 ||
    // Only its own issuer was asked of it: a JWT that was revoked must not pass by its signature.
    error.reason === "inactive_token" && namedIssuer(token) !== undefined;
}

function rankOf({ reason }: AccessTokenError): number {
  return NOT_ITS_OWN.indexOf(reason);
}
