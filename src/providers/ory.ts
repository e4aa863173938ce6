/**
 * Ory Network and Ory Hydra.
 *
 * @module
 */

import { checkIssuers } from "../runtime/identifiers.ts";
import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import {
  type Audience,
  audienceOf,
  onlyWith,
  originOf,
  type Provider,
  provider,
} from "./provider.ts";

/** A project of the Ory Network or an Ory Hydra, and the audience of its tokens. Give either `domain` or `issuer`. */
export interface OryOptions {
  /** A project's host, or its URL without a path (`https://acme.projects.oryapis.com`). */
  readonly domain?: string | undefined;
  /**
   * Hydra's issuer (`urls.self.issuer`), exactly as it is configured: Hydra writes it into its metadata and tokens as it
   * is, with its path, and with or without a slash at the end.
   */
  readonly issuer?: string | undefined;
  /** The audience of its tokens. Default: the resource. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<OryOptions> = {
  members: { domain: aString, issuer: aString, audience: oneOrMoreStrings },
};

/**
 * Ory: the Ory Network by a project's URL, or Hydra by its issuer. Access tokens must be JWTs
 * (`strategies.access_token`), and the consent must grant the resource as an audience, because Hydra ignores `resource`.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function ory(options: OryOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, issuer, audience } = options;
  if ((domain === undefined) === (issuer === undefined)) {
    throw new TypeError("Cannot use domain and issuer: write one of them");
  }
  if (issuer !== undefined) checkIssuers([issuer]);
  return provider([issuer ?? originOf(domain!, "domain")], {
    ...audienceOf(audience),
    claims: onlyWith("client_id"),
  });
}
