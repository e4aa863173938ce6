/**
 * A cache that evicts the least recently used entries.
 *
 * @module
 */

/** Values by key. The sizes of all entries add up to at most the cache's bound. */
export interface LruCache<V> {
  /** The value of a key, which counts as a use. */
  get(key: string): V | undefined;
  /** Sets the value of a key. `size`: its part of the bound. Default: 1. */
  set(key: string, value: V, size?: number): void;
  /** Removes a key. */
  delete(key: string): void;
}

/** A cache whose entries have a size of at most `maxSize` together. A larger entry is not cached. */
export function lruCache<V>(maxSize: number): LruCache<V> {
  // A Map iterates in the order of insertion, and each use inserts anew: the first entry is the least recently used.
  const entries = new Map<
    string,
    { readonly value: V; readonly size: number }
  >();
  let total = 0;
  /** The key that was used last, which need not move. */
  let latest: string | undefined;

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  }

  return {
    get(key): V | undefined {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (key !== latest) {
        entries.delete(key);
        entries.set(key, entry);
        latest = key;
      }
      return entry.value;
    },
    set(key, value, size = 1): void {
      remove(key);
      if (size > maxSize) return;
      entries.set(key, { value, size });
      latest = key;
      total += size;
      for (const oldest of entries.keys()) {
        if (total <= maxSize) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
