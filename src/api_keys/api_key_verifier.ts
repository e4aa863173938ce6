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
  mustBe,
  oneOrMoreStrings,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { checkScopes } from "../scopes/scope_token.ts";
import type { AccessTokenClaims, AccessTokenVerifier } from "../types.ts";
import {
  aKeyPrefix,
  hashOf,
  MAX_KEY_LENGTH,
  MIN_KEY_LENGTH,
} from "./api_key.ts";

/** One key. */
export interface ApiKey {
  /** The name of the key, as `jti` among the claims: 1 to 128 visible ASCII characters, different for each key. */
  readonly id: string;
  /** The SHA-256 hash of the whole key with its prefix: 64 hexadecimal digits. Never the key. */
  readonly sha256: string;
  /** What the key may do. */
  readonly scopes: readonly string[];
  /** When the key becomes invalid: a day (`2027-06-30`, from its first second in UTC) or a time (`2027-06-30T12:00:00Z`). */
  readonly expires: string;
  /**
   * The client that has the key: 1 to 128 visible ASCII characters. Several keys of one client can be valid at once, so
   * that the key can be changed without an interruption. The caller's `sub` and `clientId` are `key:<client>`. Default: the
   * key's `id`.
   */
  readonly client?: string | undefined;
}

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

const aName = mustBe(
  (value) => typeof value === "string" && /^[!-~]{1,128}$/.test(value),
  "write 1 to 128 visible ASCII characters",
);

const KEY: OptionShape<ApiKey> = {
  members: {
    id: aName,
    sha256: mustBe(
      (value) => typeof value === "string" && /^[\da-f]{64}$/i.test(value),
      "write the 64 hexadecimal digits of the key's SHA-256 hash, as createApiKey() returns it",
    ),
    scopes: (value, place) => checkScopes(value as readonly string[], place),
    expires: mustBe(
      (value) => timeOf(value) !== undefined,
      "write a day or a time in UTC, such as 2027-06-30 or 2027-06-30T12:00:00Z",
    ),
    client: aName,
  },
  otherNames: {
    name: "id",
    key: "sha256, the hash of the key",
    hash: "sha256",
    scope: "scopes",
    exp: "expires",
    expiresat: "expires",
    notafter: "expires",
    clientid: "client",
  },
  example:
    '{ id: "report-2027", sha256: "…", scopes: [], expires: "2027-06-30" }',
};

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
    if (!token.startsWith(prefix) || !/^[\w-]*$/.test(token)) {
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
    const claims = claimsByHash.get(await hashOf(token));
    if (claims === undefined) throw new AccessTokenError("unknown_key");
    return claims;
  };
}

function checkKeys(keys: unknown, place: string): void {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new TypeError(
      `Cannot use ${place}: list at least one key, or leave the verifier out`,
    );
  }
  keys.forEach((key, i) => {
    const at = `${place}[${i}]`;
    checkOptions(key, at, KEY);
    checkRequired(key, `${at}.`, KEY, ["id", "sha256", "scopes", "expires"]);
  });
  for (const member of ["id", "sha256"] as const) {
    const values = (keys as readonly ApiKey[]).map((key) =>
      member === "sha256" ? key.sha256.toLowerCase() : key[member]
    );
    const i = values.findIndex((value, i) => values.indexOf(value) < i);
    if (i < 0) continue;
    const first = values.indexOf(values[i]!);
    throw new TypeError(
      `Cannot use ${place}[${i}].${member}: ${place}[${first}] has the same, give each key its own`,
    );
  }
}

/** Lets the checks of members without a default say what to write. */
function checkRequired<T>(
  options: T,
  prefix: string,
  { members }: OptionShape<T>,
  required: readonly (keyof T & string)[],
): void {
  for (const name of required) {
    if (options[name] === undefined) members[name](undefined, prefix + name);
  }
}

/** A time in seconds since 1970; `undefined` if it is not written as {@linkcode ApiKey.expires} demands. */
function timeOf(value: unknown): number | undefined {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d:\d\dZ)?$/.exec(`${value}`) ??
    [];
  const milliseconds = Date.parse(`${value}`);
  // Some parsers read the 30th of February as a day in March.
  return day !== undefined && Number.isFinite(milliseconds) &&
      new Date(milliseconds).toISOString().startsWith(day)
    ? milliseconds / 1000
    : undefined;
}
