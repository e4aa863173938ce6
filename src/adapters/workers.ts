/**
 * An adapter for Cloudflare Workers: options from the bindings, keys that isolates share, the caller in `ctx.props`, and
 * sessions of Cloudflare's `McpAgent` that are bound to their caller.
 *
 * @module
 */

import type { ProtectedResourceOptions } from "../options.ts";
import { aFunction } from "../runtime/option_checks.ts";
import type { SharedCache } from "../runtime/platform.ts";
import { pause } from "../runtime/timeout.ts";
import { protectResource } from "../protect_resource.ts";
import { withoutAgentHeaders } from "./workers/agent_headers.ts";
import type {
  Caller,
  ProtectedWorker,
  ProtectedWorkerContext,
  ProtectedWorkerRequest,
  Worker,
  WorkerContext,
} from "./workers/worker.ts";
import type { AuthInfo, Handler } from "../types.ts";

export { bindSessions } from "./workers/sessions.ts";

export type {
  Caller,
  ProtectedWorker,
  ProtectedWorkerContext,
  ProtectedWorkerRequest,
  Worker,
  WorkerContext,
};

/**
 * Protects a Worker. `options` is called once for each environment, and its result serves every request. Isolates share
 * issuers' metadata and keys in the Cache API, unless the options have a `platform.cache`. The headers by which Cloudflare's
 * `agents` controls its Durable Objects are removed from every request: `x-agents-*`, `x-cf-agents-*`,
 * `x-partykit-*`, `x-channels-*` and `cf-mcp-*`.
 *
 * @example A Worker
 * ```ts
 * import { protectWorker } from "@gatehouse/mcp-auth/workers";
 *
 * interface Env {
 *   readonly MCP_RESOURCE: string;
 *   readonly MCP_AUTHORIZATION_SERVER: string;
 * }
 *
 * export default protectWorker<Env>({
 *   fetch: (_request, _env, _ctx, { authInfo }) =>
 *     new Response(`Hello, ${authInfo.extra?.sub}`),
 * }, (env) => ({
 *   metadata: {
 *     resource: env.MCP_RESOURCE,
 *     authorization_servers: [env.MCP_AUTHORIZATION_SERVER],
 *   },
 * }));
 * ```
 *
 * @throws {TypeError} On each request, if an option is invalid. The message says what to change.
 */
export function protectWorker<Env extends object>(
  worker: ProtectedWorker<Env>,
  options: (env: Env) => ProtectedResourceOptions,
): Worker<Env> {
  aFunction(worker?.fetch, "fetch of the worker");
  aFunction(options, "options");
  const guards = new WeakMap<Env, Handler>();

  function guard(env: Env): Handler {
    const given = options(env);
    return protectResource((request, context, platform) => {
      const ctx = platform as ProtectedWorkerContext;
      ctx.props = callerOf(context.authInfo);
      // Without waitUntil, a disconnect stops the Worker at the next await, before the handler can clean up.
      request.signal.addEventListener(
        "abort",
        () => ctx.waitUntil(pause(CLEANUP_MILLISECONDS)),
      );
      return worker.fetch(request, env, ctx, context);
    }, {
      ...given,
      platform: {
        ...given.platform,
        cache: given.platform?.cache ?? cacheOf(given),
      },
    });
  }

  return {
    async fetch(request, env, ctx): Promise<Response> {
      const handler = guards.get(env) ?? guard(env);
      guards.set(env, handler);
      return await handler(withoutAgentHeaders(request), ctx);
    },
  };
}

function callerOf({ clientId, scopes, expiresAt, extra }: AuthInfo): Caller {
  const { iss, sub } = extra as Pick<Caller, "iss" | "sub">;
  return { iss, sub, clientId, scopes: [...scopes], expiresAt };
}

/** How long a handler may clean up after its client has disconnected. */
const CLEANUP_MILLISECONDS = 1000;

/**
 * A named cache of the Cache API. Visitors of the zone could read the default cache. Keys use the Worker's own host,
 * because another host would cost DNS lookups
 * ({@link https://developers.cloudflare.com/workers/runtime-apis/cache/#accessing-cache | Accessing Cache}).
 */
function cacheOf({ metadata }: ProtectedResourceOptions): SharedCache {
  const cache = (): Promise<Cache> => caches.open("gatehouse");
  const keyOf = (url: string): string =>
    new URL(`/gatehouse/${encodeURIComponent(url)}`, metadata.resource).href;
  return {
    match: async (url) => await (await cache()).match(keyOf(url)),
    put: async (url, response) =>
      await (await cache()).put(keyOf(url), response),
  };
}
