/**
 * What several instances of a server share, in memory.
 *
 * @module
 */

import type { SharedCache } from "../../src/runtime/platform.ts";

/** A cache as several instances of a server share it. It forgets nothing, and fails while `broken` is set. */
export interface TestCache extends SharedCache {
  broken: boolean;
}

/** A shared cache, for the `cache` of a platform. */
export function testCache(): TestCache {
  const responses = new Map<string, Response>();
  const self: TestCache = {
    broken: false,
    match: (url) =>
      self.broken
        ? Promise.reject(new Error("Cache is broken"))
        : Promise.resolve(responses.get(url)?.clone()),
    put: (url, response) =>
      self.broken
        ? Promise.reject(new Error("Cache is broken"))
        : Promise.resolve(void responses.set(url, response)),
  };
  return self;
}
