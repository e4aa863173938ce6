/**
 * A key-value store with expiry, which the instances of a server share.
 *
 * @module
 */

import {
  aFunction,
  aPositiveNumber,
  checkOptions,
  type OptionShape,
} from "./option_checks.ts";

/** A key-value store that all instances of a server share. `set` with `ifAbsent` must be strongly consistent. */
export interface Store {
  /** The value of a key, or `undefined` if it has none or its value has expired. */
  get(key: string): Promise<string | undefined>;
  /**
   * Sets a value that expires after `ttl` seconds, and resolves to `true`. With `ifAbsent`, atomically, only if the key
   * has no value: of several concurrent calls one resolves to `true`, and the others to `false`.
   */
  set(
    key: string,
    value: string,
    options: { readonly ttl: number; readonly ifAbsent?: boolean | undefined },
  ): Promise<boolean>;
  /** Removes a value. */
  delete(key: string): Promise<void>;
}

/** Options of {@linkcode memoryStore}. */
export interface MemoryStoreOptions {
  /** The maximum number of values. Beyond it, those that were set first are evicted. Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const SHAPE: OptionShape<MemoryStoreOptions> = {
  members: { maxEntries: aPositiveNumber, now: aFunction },
};

/**
 * Creates a store in the memory of this process, for tests and for servers with one instance.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function memoryStore(
  options: MemoryStoreOptions = {},
): Store {
  checkOptions(options, "", SHAPE);
  const { maxEntries = 10_000, now = () => Date.now() } = options;
  const entries = new Map<
    string,
    { readonly value: string; readonly until: number }
  >();

  function find(key: string): string | undefined {
    const entry = entries.get(key);
    if (entry === undefined || now() < entry.until) return entry?.value;
    entries.delete(key);
    return undefined;
  }

  return {
    get: (key) => Promise.resolve(find(key)),
    set(key, value, { ttl, ifAbsent = false }): Promise<boolean> {
      if (ifAbsent && find(key) !== undefined) return Promise.resolve(false);
      entries.delete(key);
      entries.set(key, { value, until: now() + ttl * 1000 });
      if (entries.size > maxEntries) {
        entries.delete(entries.keys().next().value!);
      }
      return Promise.resolve(true);
    },
    delete(key): Promise<void> {
      entries.delete(key);
      return Promise.resolve();
    },
  };
}
