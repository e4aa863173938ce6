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
  /** Its `issuer`, as its configuration has it. */
  readonly issuer: string;
  /**
   * The client whose tokens are accepted: a client's ID, since Dex knows no other audiences; any one of a list. One of the
   * MCP server's own, which other clients ask for by the scope `audience:server:client_id:{ID}`, keeps tokens for other
   * servers out.
   */
  readonly audience: Audience;
}

const SHAPE: OptionShape<DexOptions> = {
  members: { issuer: aString, audience: oneOrMoreStrings },
};

/**
 * Dex. It writes `at_hash` into its access tokens, so that nothing tells them from ID tokens: whoever gets hold of an ID
 * token of the audience, such as another service that a client shows it to, can call the MCP server with it until it
 * expires. Tokens with `c_hash` are refused, which the ID tokens of a login have, and those of a refresh have not. Its
 * tokens have no scopes.
 *
 * @throws {TypeError} If an option cannot be used.
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
    claims: standardize,
  });
}

/** Of several audiences, `azp` says who asked. The only one asked for itself. */
function standardize(claims: AccessTokenClaims): AccessTokenClaims {
  const { aud, azp = aud } = claims;
  return typeof azp === "string" ? { ...claims, client_id: azp } : claims;
}
