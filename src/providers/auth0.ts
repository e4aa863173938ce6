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
   * Which claim holds what a token allows. `scope` is what the client was granted; `permissions` is all that the
   * user may do, whatever the client asked for. Default: `scope`.
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
 * Auth0, with either token profile. The tenant needs its Resource Parameter Compatibility Profile, or else a client
 * that says `audience`; a token for no API is opaque or encrypted, and refused.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function auth0(options: Auth0Options): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience, scopeClaim = "scope" } = options;
  if (scopeClaim !== "scope" && scopeClaim !== "permissions") {
    throw new TypeError("Cannot use scopeClaim: use scope or permissions");
  }
  // The slash is a part of what Auth0 writes as `iss`.
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
