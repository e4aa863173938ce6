/**
 * A Worker and what its handler receives, described by the members that are used: the types of Cloudflare's own
 * packages fit them.
 *
 * @module
 */

import type { AuthContext } from "../../types.ts";

/** The members that are used of a Worker's {@link https://developers.cloudflare.com/workers/runtime-apis/context/ | context}. */
export interface WorkerContext {
  /** Where Cloudflare's `McpAgent`, and a handler of `createMcpHandler` that is called as a function, look for the caller. */
  props?: unknown;
  /** Keeps the Worker alive until the work is done, after the response was sent or the client has disconnected. */
  waitUntil(work: Promise<unknown>): void;
}

/**
 * The context that a protected Worker receives: the runtime's own, with the caller in `props`. Its members are typed
 * loosely, so that it fits each release of `@cloudflare/workers-types`, the `agents` package and Hono. A parameter that
 * is declared as `ctx: ExecutionContext` is accepted too.
 */
export interface ProtectedWorkerContext extends WorkerContext {
  /** The verified caller. */
  props: Caller;
  /** Forwards the request to the origin if the Worker throws. */
  passThroughOnException(): void;
  /** Entrypoints of this Worker. */
  // deno-lint-ignore no-explicit-any
  readonly exports: any;
  /** The Worker's cache. */
  // deno-lint-ignore no-explicit-any
  readonly cache?: any;
  /** The user whom Cloudflare Access authenticated. */
  // deno-lint-ignore no-explicit-any
  readonly access?: any;
  /** Custom spans. */
  // deno-lint-ignore no-explicit-any
  readonly tracing: any;
  /** Ends the invocation. */
  // deno-lint-ignore no-explicit-any
  abort(reason?: any): void;
  /** Routes a virtual host. */
  // deno-lint-ignore no-explicit-any
  mapVirtualHost(...args: any): string;
}

/** The request that a protected Worker receives, with Cloudflare's `cf`. */
// deno-lint-ignore no-explicit-any
export type ProtectedWorkerRequest = Request & { cf?: any; clone(): any };

/** A Worker. */
export interface Worker<Env> {
  /** Handles a request. */
  fetch(request: Request, env: Env, ctx: WorkerContext): Promise<Response>;
}

/** A Worker that only verified callers reach. */
export interface ProtectedWorker<Env> {
  /** Handles a request. `ctx.props` is the {@linkcode Caller}; pass `context` to the MCP SDK's `handleRequest`. */
  fetch(
    request: ProtectedWorkerRequest,
    env: Env,
    ctx: ProtectedWorkerContext,
    context: AuthContext,
  ): Response | Promise<Response>;
}

/** The caller, without the token, because a Durable Object stores its props. A type: `McpAgent` accepts no interface. */
export type Caller = {
  /** The issuer of the token. */
  readonly iss: string;
  /** The user, or the client if there is no user. */
  readonly sub: string | undefined;
  /** The client, or the empty string if the token names none. */
  readonly clientId: string;
  /** The granted scopes. */
  readonly scopes: readonly string[];
  /** When the token expires, in seconds since 1970. */
  readonly expiresAt: number | undefined;
};
