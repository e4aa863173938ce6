/**
 * The notes MCP server on Cloudflare Workers, with sessions: an `McpAgent` behind the guard.
 *
 * @module
 */

import {
  bindSessions,
  type Caller,
  protectWorker,
  type Worker,
} from "@gatehouse/mcp-auth/workers";
// @ts-types="./agents.d.ts"
import { getAgentByName } from "agents";
import { notesOptions, site } from "../workers/site.ts";
import { type Env, NotesAgent } from "./notes_agent.ts";

export { Notes, NotesAgent } from "./notes_agent.ts";

type Agent = ReturnType<typeof NotesAgent.serve>;

const mcp = protectWorker<Env>(
  bindSessions({
    async fetch(
      request,
      env,
      ctx: Parameters<Agent["fetch"]>[2],
    ): Promise<Response> {
      // A session learns by itself who opened it, and not that its caller has another token since.
      const id = request.headers.get("mcp-session-id");
      if (id !== null) {
        const name = `streamable-http:${id}`;
        const session = await getAgentByName(env.NOTES_AGENT, name);
        await session.updateProps(ctx.props as Caller);
      }
      const { pathname } = new URL(env.MCP_RESOURCE);
      const agent = NotesAgent.serve(pathname, { binding: "NOTES_AGENT" });
      return await agent.fetch(request, env, ctx);
    },
  }, "NOTES_AGENT"),
  notesOptions,
);

const worker: Worker<Env> = {
  fetch: async (request, env, ctx) =>
    site(request, env) ?? await mcp.fetch(request, env, ctx),
};

export default worker;
