/**
 * Google service accounts.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  eachOf,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { checkScopes } from "../scopes/scope_token.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  type Provider,
  provider,
  refusal,
} from "./provider.ts";

/** The Google service accounts that may call. */
export interface GoogleServiceAccountsOptions {
  /** The accounts by email address, with the scopes of each: Google's tokens have none. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  /** Default: the resource itself. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<GoogleServiceAccountsOptions> = {
  members: {
    accounts: eachOf(anything),
    audience: oneOrMoreStrings,
  },
};

/**
 * Google service accounts, by the ID tokens that Google Cloud services send each other. People cannot sign in this way:
 * their access tokens are opaque, and only for Google's own APIs.
 *
 * @example A nightly job
 * ```ts
 * import { googleServiceAccounts } from "@gatehouse/mcp-auth/providers";
 *
 * const { authorization_servers, issuers } = googleServiceAccounts({
 *   accounts: { "nightly@acme.iam.gserviceaccount.com": ["notes:read"] },
 * });
 * ```
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function googleServiceAccounts(
  options: GoogleServiceAccountsOptions,
): Provider {
  checkOptions(options, "", SHAPE);
  const accounts = new Map(Object.entries(options.accounts ?? {}));
  if (accounts.size === 0) {
    throw new TypeError("Cannot use accounts: name at least one");
  }
  for (const [email, scopes] of accounts) {
    if (!email.endsWith(".gserviceaccount.com")) {
      throw new TypeError(
        `Cannot use account ${email}: name a service account, since people's access tokens are only for Google's APIs`,
      );
    }
    checkScopes(scopes, email);
  }
  return provider(["https://accounts.google.com"], {
    ...audienceOf(options.audience),
    claims(claims): AccessTokenClaims {
      // Anyone with a Google account can get an ID token for any audience.
      const { email, email_verified } = claims;
      const scopes = typeof email === "string" && email_verified === true
        ? accounts.get(email)
        : undefined;
      if (scopes === undefined) {
        throw refusal("wrong_type", "It is of none of the accounts", {
          expected: [...accounts.keys()],
          received: email,
        });
      }
      return { ...claims, scope: scopes.join(" ") };
    },
  });
}
