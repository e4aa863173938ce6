/**
 * Cloudflare Workers: a guard that is made of the bindings, keys that isolates share, the caller in `ctx.props`, and
 * sessions of Cloudflare's `McpAgent` that belong to the caller who opened them.
 *
 * @module
 */

import type { ProtectedResourceOptions } from "../options.ts";
import { aFunction } from "../runtime/option_checks.ts";
import type { SharedCache } from "../runtime/platform.ts";
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
 * Protects a Worker. `options` is asked once for each environment, and what is made of its answer serves every
 * request. Isolates share what issuers publish, by the Cache API; `platform` of the options comes before it. Headers by
 * which Cloudflare's `agents` steers its Durable Objects are removed from every request: `x-agents-*`,
 * `x-cf-agents-*`, `x-partykit-*`, `x-channels-*` and `cf-mcp-*`.
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
 * @throws {TypeError} With each request, if an option cannot be used. The message says what to change.
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
      // Where the client has left, all would end with the first await: a handler could not clean up.
      request.signal.addEventListener("abort", () => ctx.waitUntil(aMoment()));
      return worker.fetch(request, env, ctx, context);
    }, {
      ...given,
      platform: { ...given.platform, cache: given.platform?.cache ?? CACHE },
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

const MOMENT_MILLISECONDS = 1000;

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, MOMENT_MILLISECONDS));
}

/** Not the default cache: that is the zone's, and its visitors would be served from it. */
const CACHE: SharedCache = {
  match: async (url) => await (await caches.open("gatehouse")).match(url),
  put: async (url, response) =>
    await (await caches.open("gatehouse")).put(url, response),
};
