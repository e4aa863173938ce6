/**
 * Claims, mapped by the `claims` function of an issuer's rules or of a verifier.
 *
 * @module
 */

import type { AccessTokenClaims, IssuerRules } from "../types.ts";

/** Claims that limit a token: to the holder of a key, and to a time. */
const LIMITS = ["cnf", "exp", "nbf"] as const;

/**
 * Maps claims to the standard ones. A limit that the function leaves out still holds: a token that is bound to a key must
 * not become a bearer token because a function lists the claims that it knows.
 */
export function mappedClaims(
  map: NonNullable<IssuerRules["claims"]>,
  claims: AccessTokenClaims,
): AccessTokenClaims {
  const read = map(claims);
  const lost = LIMITS.filter((name) =>
    read[name] === undefined && claims[name] !== undefined
  );
  return lost.length === 0 ? read : {
    ...read,
    ...Object.fromEntries(lost.map((name) => [name, claims[name]])),
  };
}
