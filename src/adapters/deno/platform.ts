/**
 * The Cache API of Deno Deploy.
 *
 * @module
 */

import type { Runtime, SharedCache } from "../../runtime/platform.ts";
import { isDenoDeploy } from "./runtime.ts";

/**
 * On Deno Deploy, issuers' metadata and keys are in the Cache API, which instances may share: its scope is not documented.
 * Elsewhere nothing outlives the process.
 */
export const platform: Runtime = {
  cache: {
    match: async (url) => await (await sharedCache())?.match(url),
    put: async (url, response) =>
      await (await sharedCache())?.put(url, response),
  },
};

/** Outside Deno Deploy, the cache is on disk, where keys would outlive the issuer's removal of them. */
async function sharedCache(): Promise<SharedCache | undefined> {
  return isDenoDeploy() ? await caches.open("mcp-auth") : undefined;
}
