/**
 * Facts that a verifier knows about a token, and that its claims do not contain.
 *
 * @module
 */

import type { AccessTokenClaims } from "../types.ts";

/** A verifier's findings. */
export interface Findings {
  /** The token is for this resource although it has no audience, because its issuer confirms no tokens for others. */
  readonly audience?: "this resource";
  /**
   * The `exp` that the verifier added because the issuer gave none, in seconds since 1970. The token is introspected
   * again at that time.
   */
  readonly exp?: number;
  /** The `claims` function of the verifier or of the issuer's rules has run, and must not run again. */
  readonly claims?: "mapped";
}

/**
 * Findings are a member of the claims, so that `{ ...claims, tenant }` and `Object.assign({}, claims)` copy them. The
 * key is a symbol of this module: JSON contains no symbols, so neither a token nor an issuer's response can state a
 * finding. Copies through JSON or `structuredClone` lose the findings. Without `audience` the token is then rejected;
 * without `exp` its streams end early.
 */
const FINDINGS: unique symbol = Symbol("findings");

/** Claims that may carry findings. */
interface Carrier {
  readonly [FINDINGS]?: Findings;
}

/** Adds findings to claims. */
export function withFindings(
  claims: AccessTokenClaims,
  findings: Findings,
): AccessTokenClaims {
  return Object.keys(findings).length === 0
    ? claims
    : { ...claims, [FINDINGS]: Object.freeze(findings) };
}

/** The findings in claims, an empty object if there are none. */
export function findingsIn(claims: AccessTokenClaims): Findings {
  return (claims as Carrier)[FINDINGS] ?? {};
}

/**
 * Whether the token is for this resource although its claims name no audience. `false` if they name one, since that one
 * has to be checked.
 */
export function isBoundToResource(claims: AccessTokenClaims): boolean {
  return findingsIn(claims).audience !== undefined && hasNoAudience(claims);
}

/** Whether the claims name no audience. */
export function hasNoAudience({ aud }: AccessTokenClaims): boolean {
  return [aud ?? []].flat().length === 0;
}

/** Whether the issuer gave no expiry: `exp` is still the one that the verifier added. */
export function isOpenEnded(claims: AccessTokenClaims): boolean {
  const { exp } = findingsIn(claims);
  return exp !== undefined && exp === claims.exp;
}
