/**
 * The cache that Deno Deploy's isolates share.
 *
 * @module
 */

import type { Runtime, SharedCache } from "../../runtime/platform.ts";
import { denoRuntime } from "./runtime.ts";

/** On Deno Deploy, isolates share issuers' metadata and keys. Elsewhere nothing outlives the process. */
export const platform: Runtime = {
  cache: {
    match: async (url) => await (await sharedCache())?.match(url),
    put: async (url, response) =>
      await (await sharedCache())?.put(url, response),
  },
};

/** Outside Deno Deploy, the cache is on disk, where keys would outlive the issuer's removal of them. */
async function sharedCache(): Promise<SharedCache | undefined> {
  const { env, permissions } = denoRuntime();
  const variable = "DENO_DEPLOYMENT_ID";
  // Requesting the permission would block the server until somebody answers the prompt.
  const { state } = permissions.querySync({ name: "env", variable });
  return state === "granted" && env.get(variable) !== undefined
    ? await caches.open("mcp-auth")
    : undefined;
}
