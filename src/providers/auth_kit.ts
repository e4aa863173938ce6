/**
 * WorkOS AuthKit.
 *
 * @module
 */

import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
  optionsOf,
  strings,
} from "../runtime/option_checks.ts";
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  originOf,
  type Provider,
  provider,
  refusal,
  text,
} from "./provider.ts";

/** An AuthKit domain, and the audience of its tokens. */
export interface AuthKitOptions {
  /** The AuthKit domain (`acme.authkit.app`) or a custom one: its host, or its URL without a path. */
  readonly domain: string;
  /** The audience of users' tokens. Default: the resource. */
  readonly audience?: Audience | undefined;
  /**
   * The machine-to-machine applications that may call. Needs `audience`, for users' tokens. Default: none, so that their
   * tokens are rejected.
   */
  readonly machines?: AuthKitMachines | undefined;
}

/**
 * The machine-to-machine applications of a WorkOS environment. Their tokens have the environment as audience, whatever
 * they were requested for: every service of the environment that one of them calls can call the MCP server with its
 * token.
 */
export interface AuthKitMachines {
  /** The environment's client ID (`client_01…`), which is the `aud` of their tokens. */
  readonly environmentClientId: string;
  /** The client IDs of the applications that may call. Default: every one of the environment. */
  readonly clientIds?: readonly string[] | undefined;
}

const MACHINES: OptionShape<AuthKitMachines> = {
  members: { environmentClientId: aString, clientIds: strings },
};
const SHAPE: OptionShape<AuthKitOptions> = {
  members: {
    domain: aString,
    audience: oneOrMoreStrings,
    machines: optionsOf(MACHINES),
  },
};

/**
 * WorkOS AuthKit, by the AuthKit domain or a custom one. Add the resource to the environment's resource indicators:
 * without any, `aud` is the environment's client ID, and the token is rejected. So are tokens of machine-to-machine
 * applications, whose audience is always the environment, unless `machines` accepts them. Do not list the environment's
 * client ID as `audience`: users' tokens that were requested for no resource have it too.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function authKit(options: AuthKitOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { domain, audience, machines } = options;
  const issuers = [originOf(domain, "domain")];
  if (machines === undefined) return provider(issuers, audienceOf(audience));
  const environment = text(
    machines.environmentClientId,
    "machines.environmentClientId",
  );
  if (audience === undefined || [audience].flat().includes(environment)) {
    throw new TypeError(
      "Cannot use machines: write the resource, and not the environment, as audience",
    );
  }
  const { clientIds } = machines;
  if (clientIds?.length === 0) {
    throw new TypeError(
      "Cannot use machines.clientIds: list at least one application, or leave it out",
    );
  }
  const { audience: resources = [] } = audienceOf(audience);
  return provider(issuers, {
    audience: [resources, environment].flat(),
    claims(claims): AccessTokenClaims {
      if (![claims.aud].flat().includes(environment)) return claims;
      const { client_id, sub, sid } = claims;
      if (typeof client_id !== "string" || sub !== client_id) {
        throw refusal("wrong_type", "It is for the environment, of no machine");
      }
      // The ID of a user's consent.
      if (sid !== undefined) {
        throw refusal("wrong_type", "It is for the environment, of a user");
      }
      if (clientIds?.includes(client_id) === false) {
        throw refusal("wrong_audience", "It is not one of machines.clientIds", {
          expected: clientIds,
          received: client_id,
        });
      }
      return claims;
    },
  });
}
