/**
 * The `iss` that the tokens of each trusted issuer have.
 *
 * @module
 */

import { checkTrusted } from "./issuer_rules.ts";
import type { IssuerRules } from "../types.ts";

/**
 * The trusted issuers by the `iss` of their tokens: `token_issuer` of the issuer's rules, or else its identifier.
 *
 * @throws {TypeError} If there are rules for an issuer that is not trusted, or if the tokens of two issuers would have
 *   the same `iss`.
 */
export function issuersByToken(
  issuers: readonly string[],
  rules: Readonly<Record<string, IssuerRules>> = {},
): ReadonlyMap<string, string> {
  checkTrusted(rules, issuers);
  const found = new Map<string, string>();
  for (const issuer of issuers) {
    const name = rules[issuer]?.token_issuer ?? issuer;
    const other = found.get(name) ?? issuer;
    if (other !== issuer) {
      throw new TypeError(
        `Cannot use issuers ${other} and ${issuer}: the tokens of both would have the iss ${name}, give each its own token_issuer`,
      );
    }
    found.set(name, issuer);
  }
  return found;
}
