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
  /** The project's ID, which is the audience of all its tokens. */
  readonly projectId: string;
  /** A custom audience, which distinguishes the tokens of some clients. Default: `projectId`. */
  readonly audience?: Audience | undefined;
}

const SHAPE: OptionShape<StytchOptions> = {
  members: {
    domain: aString,
    projectId: aString,
    audience: oneOrMoreStrings,
  },
};

/** The claim of a session of the application itself. A client's access token lacks it. */
const SESSION = "https://stytch.com/session";

/**
 * Stytch Connected Apps. Sessions of the application itself and tokens of machine-to-machine clients have the same
 * audience as access tokens of a Connected App. They lack `client_id`, and are rejected, as ID tokens are.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function stytch(options: StytchOptions): Provider {
  checkOptions(options, "", SHAPE);
  const project = matching(
    options.projectId,
    /^project-/,
    "projectId",
    "write the Project ID, which begins with project-",
  );
  const granted = onlyWith("scope", "client_id");
  return provider([originOf(options.domain, "domain")], {
    ...audienceOf(options.audience ?? project),
    claims(claims): AccessTokenClaims {
      if (claims[SESSION] === undefined) return granted(claims);
      throw refusal("wrong_type", "It is a session of the application itself");
    },
  });
}
