/**
 * Checks of the configured rules for single issuers.
 *
 * @module
 */

import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
} from "../issuers/signing_keys.ts";
import { nearestName } from "../runtime/nearest_name.ts";
import {
  aFunction,
  anything,
  aString,
  eachOf,
  isStrings,
  mustBe,
  oneOf,
  oneOrMoreStrings,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import type { IssuerRules } from "../types.ts";

const ISSUER_RULES_SHAPE: OptionShape<IssuerRules> = {
  members: {
    audience: oneOrMoreStrings,
    token_issuer: aString,
    typ: oneOf("at+jwt"),
    at_hash: oneOf("accept"),
    algorithms: mustBe(
      (value) =>
        isStrings(value) && value.length > 0 &&
        value.every(isSignatureAlgorithm),
      `use ${SIGNATURE_ALGORITHMS.join(", ")}`,
    ),
    jwks_uri: aString,
    metadata_url: aString,
    allowHttp: anything,
    claims: aFunction,
  },
};

const checkEach = eachOf(optionsOf(ISSUER_RULES_SHAPE));

/**
 * Checks the rules by issuer.
 *
 * @throws {TypeError} If a member of them cannot be used.
 */
export function checkIssuerRules(rules: unknown, place: string): void {
  checkEach(rules, place);
}

/**
 * Checks that every rule is for a trusted issuer.
 *
 * @throws {TypeError} If one is not.
 */
export function checkTrusted(
  rules: Readonly<Record<string, IssuerRules | undefined>>,
  issuers: readonly string[],
): void {
  for (const issuer of Object.keys(rules)) {
    if (issuers.includes(issuer)) continue;
    const meant = nearestName(issuer, issuers);
    throw new TypeError(
      `Cannot use issuers["${issuer}"]: it is not one of authorization_servers${
        meant === undefined ? "" : `, did you mean ${meant}?`
      }`,
    );
  }
}
