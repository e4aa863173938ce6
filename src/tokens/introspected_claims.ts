/**
 * Introspection responses, read by the rules of their issuer. `introspectionVerifier` knows no rules but its own options;
 * a preset's `claims` must not be lost because they were not repeated there.
 *
 * @module
 */

import { memoizeByObject } from "../runtime/memoize.ts";
import type { AccessTokenClaims, IssuerRules } from "../types.ts";
import { findingsIn, withFindings } from "./findings.ts";
import { deepFreeze } from "./jwt.ts";
import { mappedClaims } from "./mapped_claims.ts";
import { issuersByToken } from "./token_issuers.ts";

/**
 * Applies the `claims` of the issuer's rules to an introspection response, which has `active`, unless the verifier has
 * mapped it already. Other claims stay as they are.
 */
export function introspectedClaims(
  issuers: readonly string[],
  rules: Readonly<Record<string, IssuerRules>>,
): (claims: AccessTokenClaims) => AccessTokenClaims {
  const byToken = issuersByToken(issuers, rules);

  function rulesFor({ iss, active }: AccessTokenClaims): IssuerRules {
    const issuer = typeof iss === "string" && active === true
      ? byToken.get(iss)
      : undefined;
    return issuer === undefined ? {} : rules[issuer] ?? {};
  }

  const mapped = memoizeByObject((claims: AccessTokenClaims) => {
    const { iss, exp } = claims;
    const { claims: map } = rulesFor(claims);
    const read = map ? mappedClaims(map, claims) : claims;
    return deepFreeze(withFindings(
      { ...read, iss: read.iss ?? iss, exp: read.exp ?? exp },
      { ...findingsIn(claims), claims: "mapped" },
    ));
  });

  return (claims) =>
    rulesFor(claims).claims === undefined ||
      findingsIn(claims).claims === "mapped"
      ? claims
      : mapped(claims);
}
