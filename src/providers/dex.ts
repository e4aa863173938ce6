/**
 * Dex.
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
import type { AccessTokenClaims } from "../types.ts";
import {
  type Audience,
  audienceOf,
  type Provider,
  provider,
} from "./provider.ts";

/** A Dex, and the audience of its tokens. */
export interface DexOptions {
  /** The `issuer` of Dex's configuration. */
  readonly issuer: string;
  /**
   * The ID of the client whose tokens are accepted, or a list of IDs: Dex has no other audiences. Register a client for the
   * MCP server, which other clients request by the scope `audience:server:client_id:{ID}`, to reject tokens for other
   * servers.
   */
  readonly audience: Audience;
}

const SHAPE: OptionShape<DexOptions> = {
  members: { issuer: aString, audience: oneOrMoreStrings },
};

/**
 * Dex. Its access tokens contain `at_hash`, so they cannot be told from ID tokens: anyone who obtains an ID token of the
 * audience, such as another service that a client shows it to, can call the MCP server with it until it expires. Tokens
 * with `c_hash` are rejected: ID tokens from a login have it, ID tokens from a refresh have not. Dex's tokens have no
 * scopes.
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function dex(options: DexOptions): Provider {
  checkOptions(options, "", SHAPE);
  const { issuer, audience } = options;
  checkIssuers([issuer]);
  if (audience === undefined) {
    throw new TypeError(
      "Cannot use audience: write the ID of a client, as Dex does",
    );
  }
  return provider([issuer], {
    ...audienceOf(audience),
    at_hash: "accept",
    claims: mapClaims,
  });
}

/** The client: `azp` if there are several audiences, or else the only one. */
function mapClaims(claims: AccessTokenClaims): AccessTokenClaims {
  const { aud, azp = aud } = claims;
  return typeof azp === "string" ? { ...claims, client_id: azp } : claims;
}
