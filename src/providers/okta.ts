/**
 * Okta.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import {
  type Audience,
  audienceOf,
  matching,
  onlyWith,
  originOf,
  type Provider,
  provider,
} from "./provider.ts";

/** An authorization server of an Okta organization. */
export interface OktaOptions {
  /** The organization's host, such as `acme.okta.com`, or its custom domain. */
  readonly domain: string;
  /** The audience that stands on the authorization server's page, such as `api://default`. */
  readonly audience: Audience;
  /** Default: `default`, which Okta makes for every organization. */
  readonly authorizationServerId?: string | undefined;
}

const SHAPE: OptionShape<OktaOptions> = {
  members: {
    domain: aString,
    audience: oneOrMoreStrings,
    authorizationServerId: aString,
  },
};

/**
 * Okta, by a custom authorization server; the organization's own issues tokens that are for Okta alone. Okta writes
 * one audience for all that an authorization server issues, so each resource is best given a server of its own.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function okta(options: OktaOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience, authorizationServerId = "default" } = options;
  const origin = originOf(domain, "domain");
  if (/-admin\.okta(?:preview|-emea)?\.com$/.test(origin)) {
    throw new TypeError(
      `Cannot use domain ${domain}: remove -admin, that is the console's host`,
    );
  }
  if (audience === undefined) {
    throw new TypeError(
      "Cannot use no audience: copy it from the authorization server's page",
    );
  }
  const id = matching(
    authorizationServerId,
    /^\w+$/,
    "authorizationServerId",
    "write a custom authorization server's ID",
  );
  return provider([`${origin}/oauth2/${id}`], {
    ...audienceOf(audience),
    claims: onlyWith("cid"),
  });
}
