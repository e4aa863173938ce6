/**
 * A verifier of static keys, by their hashes. What a key may do and how long it is valid is configuration.
 * Not implemented: keys in a database, and keys that never expire.
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import {
  aString,
  checkOptions,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { sha256Hex } from "../runtime/sha256.ts";
import type { AccessTokenClaims, AccessTokenVerifier } from "../types.ts";
import { aKeyPrefix, MAX_KEY_LENGTH, MIN_KEY_LENGTH } from "./api_key.ts";
import { type ApiKey, checkKeys, checkRequired, timeOf } from "./key_list.ts";

/** Options of {@linkcode apiKeyVerifier}. */
export interface ApiKeyVerifierOptions {
  /** How each key begins: 2 to 31 letters and digits and an underscore, such as `notes_`. */
  readonly prefix: string;
  /** The keys, at least one. */
  readonly keys: readonly ApiKey[];
  /** The issuer that the keys count as tokens of: one of the resource's `authorization_servers`. */
  readonly issuer: string;
  /**
   * The resource that the keys are for, or several. If `issuers` gives the issuer another `audience`, write that. A
   * resource that is not among them rejects the keys.
   */
  readonly resource: string | readonly string[];
}

/** How a signed or encrypted JWT begins. */
const JWT = /^[\w-]+\.[\w-]*\.[\w-]/;

const SHAPE: OptionShape<ApiKeyVerifierOptions> = {
  members: {
    prefix: aKeyPrefix,
    keys: checkKeys,
    issuer: aString,
    resource: oneOrMoreStrings,
  },
  otherNames: { audience: "resource", aud: "resource", iss: "issuer" },
};

/**
 * A verifier of static keys, for `firstOf`: put it first. It rejects a token that begins with its prefix and is no
 * key, with the reason `unknown_key`, so that no other verifier sends it to an introspection endpoint. A token without the
 * prefix, such as a JWT, is left to the next verifier.
 *
 * A key is looked up by its hash: how long that takes says nothing about any key. Keys of fewer than 32 characters after
 * the prefix are never accepted, since they could be guessed. Expiry, audience and scopes are checked afterwards, as for
 * every token; results are not cached, since a hash is cheap.
 *
 * @example Keys beside the tokens of an authorization server
 * ```ts
 * import { firstOf, jwtVerifier } from "@gatehouse/mcp-auth";
 * import { apiKeyVerifier } from "@gatehouse/mcp-auth/api-keys";
 *
 * const issuer = "https://auth.example.com";
 *
 * const verifyAccessToken = firstOf(
 *   apiKeyVerifier({
 *     prefix: "notes_",
 *     issuer,
 *     resource: "https://notes.example.com/mcp",
 *     keys: [{
 *       id: "nightly-report-2027",
 *       client: "nightly-report",
 *       sha256:
 *         "1d1b6d92b8d1df3af2b3f02a091e66335571d0faea3978019aa66a5fe51c07e9",
 *       scopes: ["notes:read"],
 *       expires: "2027-06-30",
 *     }],
 *   }),
 *   jwtVerifier({ authorization_servers: [issuer] }),
 * );
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message names the key and its member, and never a value.
 * @throws {AccessTokenError} From the verifier: `malformed_token` for a token without the prefix, `unknown_key` for one
 *   with it that is not among the keys.
 */
export function apiKeyVerifier(
  options: ApiKeyVerifierOptions,
): AccessTokenVerifier {
  checkOptions(options, "", SHAPE);
  checkRequired(options, "", SHAPE, ["prefix", "keys", "issuer", "resource"]);
  const { prefix, keys, issuer, resource } = options;
  const claimsByHash = new Map(keys.map((key): [string, AccessTokenClaims] => {
    const { id, client = id, sha256, scopes, expires } = key;
    return [
      sha256.toLowerCase(),
      Object.freeze({
        iss: issuer,
        sub: `key:${client}`,
        client_id: `key:${client}`,
        aud: Object.freeze([resource].flat()),
        scope: scopes.join(" "),
        exp: timeOf(expires)!,
        jti: id,
      }),
    ];
  }));
  return async (token) => {
    // A JWT may begin like a key. A key with a dot behind it, as at the end of a sentence, is no JWT.
    if (!token.startsWith(prefix) || JWT.test(token)) {
      throw new AccessTokenError("malformed_token");
    }
    const length = token.length - prefix.length;
    if (length < MIN_KEY_LENGTH || length > MAX_KEY_LENGTH) {
      throw new AccessTokenError("unknown_key", {
        expected: [
          `${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} characters after ${prefix}`,
        ],
        received: `${length}`,
      });
    }
    const claims = claimsByHash.get(await sha256Hex(token));
    if (claims === undefined) throw new AccessTokenError("unknown_key");
    return claims;
  };
}
