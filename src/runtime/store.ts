/**
 * What instances of a server share, where one is configured: values by keys, each with an end.
 *
 * @module
 */

import {
  aFunction,
  aPositiveNumber,
  checkOptions,
  type OptionShape,
} from "./option_checks.ts";

/** A store that every instance sees. It must be strongly consistent where `ifAbsent` is used. */
export interface Store {
  /** The value of a key, or `undefined`. */
  get(key: string): Promise<string | undefined>;
  /**
   * Sets a value for `ttl` seconds. With `ifAbsent` it does so only if the key has none, in one step: of several that
   * try at once, one resolves to `true` and the others to `false`. Without it, it resolves to `true`.
   */
  set(
    key: string,
    value: string,
    options: { readonly ttl: number; readonly ifAbsent?: boolean | undefined },
  ): Promise<boolean>;
  /** Removes a value. */
  delete(key: string): Promise<void>;
}

/** What {@linkcode memoryStore} takes. */
export interface MemoryStoreOptions {
  /** How many values it holds. Past that it forgets those that were set first. Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const SHAPE: OptionShape<MemoryStoreOptions> = {
  members: { maxEntries: aPositiveNumber, now: aFunction },
};

/** A store in the memory of this process: for tests, and for a server that has one instance. */
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
