/**
 * What Deno Deploy's isolates share.
 *
 * @module
 */

import type { Runtime, SharedCache } from "../../runtime/platform.ts";
import { denoRuntime } from "./runtime.ts";

/** On Deno Deploy, isolates share what issuers publish; elsewhere nothing outlives the process. */
export const platform: Runtime = {
  cache: {
    match: async (url) => await (await sharedCache())?.match(url),
    put: async (url, response) =>
      await (await sharedCache())?.put(url, response),
  },
};

/** Deno's own cache is on disk, where keys would outlive the issuer that had them. */
async function sharedCache(): Promise<SharedCache | undefined> {
  const { env, permissions } = denoRuntime();
  const variable = "DENO_DEPLOYMENT_ID";
  // Asking for a permission would stop the server until somebody answers.
  const { state } = permissions.querySync({ name: "env", variable });
  return state === "granted" && env.get(variable) !== undefined
    ? await caches.open("mcp-auth")
    : undefined;
}
