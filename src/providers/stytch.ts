/**
 * Stytch Connected Apps.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  matching,
  onlyWith,
  originOf,
  type Provider,
  provider,
  refusal,
} from "./provider.ts";

/** A Stytch project. */
export interface StytchOptions {
  /** The project's domain, such as `word-word-1234.customers.stytch.com`, or its custom domain. */
  readonly domain: string;
  /** The project's ID, which Stytch writes as audience of all its tokens. */
  readonly projectId: string;
  /** A custom audience, which sets the tokens of some clients apart. Default: `projectId`. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<StytchOptions> = {
  members: {
    domain: aString,
    projectId: aString,
    audience: oneOrMoreStrings,
  },
};

/** What tells a session of the application itself from what a client was granted. */
const SESSION = "https://stytch.com/session";

/**
 * Stytch Connected Apps. All tokens of a project have the project as audience: ID tokens and the sessions of the
 * application itself are told apart by their claims.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function stytch(options: StytchOptions): Provider {
  checkOptions(options, "", SHAPE);
  const project = matching(
    options.projectId,
    /^project-/,
    "projectId",
    "write the Project ID, which begins with project-",
  );
  const granted = onlyWith("scope");
  return provider([originOf(options.domain, "domain")], {
    ...audienceOf(options.audience ?? project),
    claims(claims): AccessTokenClaims {
      if (claims[SESSION] === undefined) return granted(claims);
      throw refusal("wrong_type", "It is a session of the application itself");
    },
  });
}
