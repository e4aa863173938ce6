/**
 * A cache of tokens, so that a client's next request costs no signature check and no introspection. It records that a
 * token is authentic; expiry, audience and scopes are checked on every use.
 *
 * @module
 */

import { lruCache } from "../runtime/lru.ts";

/** Values by token, within a bound. */
export interface TokenCache<T> {
  /** The value of exactly this token. */
  get(token: string): T | undefined;
  /** Sets the value of a token. `length`: the characters of the value that are not the token's own. Default: 0. */
  set(token: string, value: T, length?: number): void;
}

/** An entry's bytes: its claims take about twice the token's characters, and the maps a constant. */
const ENTRY_BYTES = 512;
const BYTES_PER_CHARACTER = 3;
/** The end of the signature is key enough, and is hashed faster. A sender chooses it, so the whole token is compared. */
const KEY_LENGTH = 43;

/** A cache of at most `maxBytes`. Evicts the least recently used tokens. */
export function tokenCache<T>(maxBytes: number): TokenCache<T> {
  const entries = lruCache<{ readonly token: string; readonly value: T }>(
    maxBytes,
  );
  return {
    get(token): T | undefined {
      const entry = entries.get(token.slice(-KEY_LENGTH));
      return entry?.token === token ? entry.value : undefined;
    },
    set(token, value, length = 0): void {
      entries.set(
        token.slice(-KEY_LENGTH),
        { token, value },
        ENTRY_BYTES + BYTES_PER_CHARACTER * (token.length + length),
      );
    },
  };
}
