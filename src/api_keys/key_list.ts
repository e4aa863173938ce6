/**
 * The list of keys in a configuration, and its checks.
 *
 * @module
 */

import {
  checkOptions,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { checkScopes } from "../scopes/scope_token.ts";

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

/**
 * Checks a list of keys.
 *
 * @throws {TypeError} If it is empty, or a key cannot be used. The message names the member, and never a hash.
 */
export function checkKeys(keys: unknown, place: string): void {
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
export function checkRequired<T>(
  options: T,
  prefix: string,
  { members }: OptionShape<T>,
  required: readonly (keyof T & string)[],
): void {
  for (const name of required) {
    if (options[name] === undefined) members[name](undefined, prefix + name);
  }
}

/** A time in seconds since 1970; `undefined` if it is not written as `expires` demands. */
export function timeOf(value: unknown): number | undefined {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d:\d\dZ)?$/.exec(`${value}`) ??
    [];
  const milliseconds = Date.parse(`${value}`);
  // Some parsers read the 30th of February as a day in March.
  return day !== undefined && Number.isFinite(milliseconds) &&
      new Date(milliseconds).toISOString().startsWith(day)
    ? milliseconds / 1000
    : undefined;
}
