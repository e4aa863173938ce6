/**
 * Sessions of Cloudflare's `McpAgent`, bound to the caller who opened them.
 *
 * @module
 */

import { sha256Hex } from "../../runtime/sha256.ts";
import type { Caller, ProtectedWorker } from "./worker.ts";

/**
 * Binds each session to the issuer, subject and client of the caller who opened it. Another caller with its identifier
 * receives the same 404 as for an unknown session, because the name of the session's Durable Object includes the caller.
 * The request that the Durable Object receives has no token.
 *
 * @example An agent
 * ```ts ignore
 * import { bindSessions, protectWorker } from "@gatehouse/mcp-auth/workers";
 *
 * const agent = NotesAgent.serve("/mcp", { binding: "NOTES_AGENT" });
 *
 * export default protectWorker<Env>(bindSessions(agent, "NOTES_AGENT"), options);
 * ```
 */
export function bindSessions<Env extends object>(
  agent: ProtectedWorker<NoInfer<Env>>,
  binding: string & keyof Env,
): ProtectedWorker<Env> {
  return {
    async fetch(request, env, ctx, context): Promise<Response> {
      const { iss, sub, clientId } = ctx.props as Caller;
      const owner = await sha256Hex(JSON.stringify([iss, sub, clientId]));
      const namespace = ownedBy(owner, env[binding] as ObjectNamespace);
      const bare = new Request(request);
      bare.headers.delete("authorization");
      const owned = { ...env, [binding]: namespace };
      return await agent.fetch(bare, owned, ctx, context);
    },
  };
}

/** The members of a Durable Object namespace that `McpAgent` uses. */
interface ObjectNamespace {
  newUniqueId(options?: unknown): unknown;
  idFromName(name: string): unknown;
  get(id: unknown, options?: unknown): unknown;
  jurisdiction(name: string): ObjectNamespace;
}

function ownedBy(owner: string, namespace: ObjectNamespace): ObjectNamespace {
  return {
    newUniqueId: (options) => namespace.newUniqueId(options),
    idFromName: (name) => namespace.idFromName(`${name}:${owner}`),
    get: (id, options) => namespace.get(id, options),
    jurisdiction: (name) => ownedBy(owner, namespace.jurisdiction(name)),
  };
}
