/**
 * Sessions of Cloudflare's `McpAgent` that belong to the caller who opened them.
 *
 * @module
 */

import type { Caller, ProtectedWorker } from "./worker.ts";

/**
 * Keeps a session to the caller who opened it: its issuer, subject and client. Whoever else brings its identifier
 * gets the 404 of a session that never was, since the name of its Durable Object is made of the caller too. What
 * the object is sent has no token.
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
      const owner = await digest(JSON.stringify([iss, sub, clientId]));
      const namespace = ownedBy(owner, env[binding] as ObjectNamespace);
      const bare = new Request(request);
      bare.headers.delete("authorization");
      const owned = { ...env, [binding]: namespace };
      return await agent.fetch(bare, owned, ctx, context);
    },
  };
}

/** What `McpAgent` uses of a namespace of Durable Objects. */
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

async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
