/**
 * Verified tokens, so that a client's next request costs no signature check. What is kept is that a token was
 * authentic; expiry, audience and scopes are judged on every use.
 *
 * @module
 */

/** Remembers values by token, within a bound. */
export interface TokenCache<T> {
  /** What is remembered of exactly this token. */
  get(token: string): T | undefined;
  /** Remembers a token that was verified; `length` is what its value has, in characters, beside what the token says. */
  set(token: string, value: T, length?: number): void;
}

interface Entry<T> {
  readonly token: string;
  readonly value: T;
  readonly bytes: number;
}

/** What an entry holds beside its token's own characters: its claims, about twice as much again, and the maps' part. */
const ENTRY_BYTES = 512;
const BYTES_PER_CHARACTER = 3;
/** The part of the bound for tokens that were seen once. */
const PROBATION = 0.25;
/** The end of a signature tells tokens apart; the whole token is compared too, since a sender chooses both. */
const KEY_LENGTH = 43;

/**
 * A cache of at most `maxBytes`. A token that was seen once is kept apart from those that were seen again, so
 * that a flood of tokens, each used once, drives out only its own.
 */
export function tokenCache<T>(maxBytes: number): TokenCache<T> {
  const once = segment<T>(maxBytes * PROBATION);
  const again = segment<T>(maxBytes * (1 - PROBATION));
  return {
    get(token): T | undefined {
      const key = token.slice(-KEY_LENGTH);
      let entry = again.entries.get(key);
      if (entry?.token === token) return entry.value;
      entry = once.entries.get(key);
      if (entry?.token !== token) return undefined;
      once.remove(key);
      again.add(key, entry);
      return entry.value;
    },
    set(token, value, length = 0): void {
      const key = token.slice(-KEY_LENGTH);
      const bytes = ENTRY_BYTES + BYTES_PER_CHARACTER * (token.length + length);
      const known = again.entries.get(key)?.token === token;
      (known ? again : once).add(key, { token, value, bytes });
    },
  };
}

interface Segment<T> {
  readonly entries: ReadonlyMap<string, Entry<T>>;
  add(key: string, entry: Entry<T>): void;
  remove(key: string): void;
}

/** Entries in the order in which they came; the first goes when there are too many. */
function segment<T>(maxBytes: number): Segment<T> {
  const entries = new Map<string, Entry<T>>();
  let bytes = 0;
  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry !== undefined && entries.delete(key)) bytes -= entry.bytes;
  }
  return {
    entries,
    remove,
    add(key, entry): void {
      remove(key);
      entries.set(key, entry);
      bytes += entry.bytes;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
  };
}
