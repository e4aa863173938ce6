/**
 * Auth0.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOf,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import {
  type Audience,
  audienceOf,
  originOf,
  type Provider,
  provider,
  strings,
} from "./provider.ts";

/** An API of an Auth0 tenant. */
export interface Auth0Options {
  /** The tenant's domain, such as `acme.eu.auth0.com`, or its custom domain. */
  readonly domain: string;
  /** The API's identifier. Default: the resource itself. */
  readonly audience?: Audience | undefined;
  /**
   * The claim that holds the scopes. `scope`: what the client was granted. `permissions`: everything that the user may do,
   * whatever the client requested. Default: `scope`.
   */
  readonly scopeClaim?: "scope" | "permissions" | undefined;
}

const SHAPE: OptionShape<Auth0Options> = {
  members: {
    domain: aString,
    audience: oneOrMoreStrings,
    scopeClaim: oneOf("scope", "permissions"),
  },
};

/**
 * Auth0, with either token profile. Enable the tenant's Resource Parameter Compatibility Profile, unless clients send
 * `audience`. A token for no API is opaque or encrypted, and is rejected.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function auth0(options: Auth0Options): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience, scopeClaim = "scope" } = options;
  if (scopeClaim !== "scope" && scopeClaim !== "permissions") {
    throw new TypeError("Cannot use scopeClaim: use scope or permissions");
  }
  // Auth0's `iss` ends with a slash.
  return provider([`${originOf(domain, "domain")}/`], {
    ...audienceOf(audience),
    ...(scopeClaim === "permissions" && {
      claims: (claims) => ({
        ...claims,
        scope: strings(claims.permissions).join(" "),
      }),
    }),
  });
}
