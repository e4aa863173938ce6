/**
 * What a verifier knows about a token although the token's claims do not say it.
 *
 * @module
 */

import type { AccessTokenClaims } from "../types.ts";

/** A verifier's findings. */
export interface Findings {
  /** The token is for this resource, although its claims name no audience: its issuer vouches for no others. */
  readonly audience?: "this resource";
  /**
   * The `exp` that the verifier added to claims without one, in seconds since 1970: when the token is introspected
   * again.
   */
  readonly exp?: number;
  /** The response was read by `claims` of the verifier or of the issuer's rules: these rules do not apply again. */
  readonly claims?: "mapped";
}

/**
 * Findings are a member of the claims, so that `{ ...claims, tenant }` and `Object.assign({}, claims)` copy them. The
 * key is a symbol of this module: JSON contains no symbols, so neither a token nor an issuer's response can state a
 * finding. Copies through JSON or `structuredClone` lose the findings; the token is then rejected, or its streams end
 * early.
 */
const FINDINGS: unique symbol = Symbol("findings");

/** Claims that may carry findings. */
interface Carrier {
  readonly [FINDINGS]?: Findings;
}

/** The claims with a verifier's findings, if there are any. */
export function withFindings(
  claims: AccessTokenClaims,
  findings: Findings,
): AccessTokenClaims {
  return Object.keys(findings).length === 0
    ? claims
    : { ...claims, [FINDINGS]: Object.freeze(findings) };
}

/** The findings in claims. */
export function findingsIn(claims: AccessTokenClaims): Findings {
  return (claims as Carrier)[FINDINGS] ?? {};
}

/**
 * Whether the token is for this resource although its claims name no audience. `false` if the claims name one: then the
 * named audience is checked.
 */
export function isBoundToResource(claims: AccessTokenClaims): boolean {
  return findingsIn(claims).audience !== undefined && namesNobody(claims);
}

/** Whether the claims name no audience. */
export function namesNobody({ aud }: AccessTokenClaims): boolean {
  return [aud ?? []].flat().length === 0;
}

/** Whether the issuer gave no expiry. `false` if the claims have another `exp` than the verifier added. */
export function isOpenEnded(claims: AccessTokenClaims): boolean {
  const { exp } = findingsIn(claims);
  return exp !== undefined && exp === claims.exp;
}
