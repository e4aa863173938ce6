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
  /**
   * The audience on the authorization server's page, such as `api://default`. With Okta for AI Agents, list the resource
   * too: tokens of clients that sent `resource` have it as `aud`.
   */
  readonly audience: Audience;
  /** Default: `default`, which Okta creates for every organization. */
  readonly authorizationServerId?: string | undefined;
}

const SHAPE: OptionShape<OktaOptions> = {
  members: {
    domain: aString,
    audience: oneOrMoreStrings,
    authorizationServerId: aString,
  },
};

/** The administrators' host of an organization, in each of Okta's clouds. */
const ADMIN_CONSOLE =
  /-admin\.(?:okta(?:preview|-emea|-gov|-miltest)?\.com|okta\.mil|trex-govcloud\.com)$/;

const jwt = onlyWith("cid");
/** Introspection responses name the client by RFC 7662 §2.2. */
const introspected = onlyWith("client_id");

/**
 * Okta, with a custom authorization server, because tokens of the organization's built-in server are only for Okta. Only
 * Okta for AI Agents supports `resource`. Without it, all tokens of an authorization server have the same audience: give
 * each resource its own authorization server.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function okta(options: OktaOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience, authorizationServerId = "default" } = options;
  const origin = originOf(domain, "domain");
  if (ADMIN_CONSOLE.test(new URL(origin).hostname)) {
    throw new TypeError(
      `Cannot use domain ${domain}: remove -admin, that is the console's host`,
    );
  }
  if (audience === undefined) {
    throw new TypeError(
      "Cannot use audience: copy it from the authorization server's page",
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
    claims: (claims) => (claims.active === true ? introspected : jwt)(claims),
  });
}
