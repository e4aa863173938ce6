/**
 * What the trusted issuers write as `iss` into their tokens.
 *
 * @module
 */

import type { IssuerRules } from "../types.ts";

/** What an issuer writes as `iss`: its identifier, unless its rules name another string. */
export function tokenIssuerOf(
  issuer: string,
  { token_issuer = issuer }: Pick<IssuerRules, "token_issuer"> = {},
): string {
  if (typeof token_issuer !== "string" || token_issuer === "") {
    throw new TypeError(
      `Cannot use issuers["${issuer}"].token_issuer: write the iss of its tokens, a string`,
    );
  }
  return token_issuer;
}

/**
 * The trusted issuers by what they write as `iss`.
 *
 * @throws {TypeError} If that is not a string, or two issuers write the same: their tokens could not be told apart.
 */
export function issuersByToken(
  issuers: readonly string[],
  rules: Readonly<Record<string, IssuerRules>> = {},
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const issuer of issuers) {
    const name = tokenIssuerOf(issuer, rules[issuer]);
    const other = found.get(name) ?? issuer;
    if (other !== issuer) {
      throw new TypeError(
        `Cannot use issuers ${other} and ${issuer}: the tokens of both would have the iss ${name}, give each a token_issuer of its own`,
      );
    }
    found.set(name, issuer);
  }
  return found;
}
