// Cloudflare's McpAgent behind the guard.
import {
  bindSessions,
  type Caller,
  protectWorker,
} from "@gatehouse/mcp-auth/workers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { getAgentByName } from "agents";
import { McpAgent } from "agents/mcp";

interface Env extends Cloudflare.Env {
  readonly MCP_RESOURCE: string;
  readonly NOTES_AGENT: DurableObjectNamespace<NotesAgent>;
}

export class NotesAgent extends McpAgent<Env, unknown, Caller> {
  server = new McpServer({ name: "notes", version: "1.0.0" });

  async init(): Promise<void> {
    this.server.registerTool("whoami", {}, () => ({
      content: [{ type: "text", text: `${this.props?.sub}` }],
    }));
  }
}

const options = ({ MCP_RESOURCE }: Env) => ({
  metadata: {
    resource: MCP_RESOURCE,
    authorization_servers: ["https://auth.example.com"],
  },
});
const agent = NotesAgent.serve("/mcp", { binding: "NOTES_AGENT" });

export const plain: ExportedHandler<Env> = protectWorker<Env>({
  fetch: (request, env, ctx) => agent.fetch(request, env, ctx),
}, options);
export const itself: ExportedHandler<Env> = protectWorker<Env>(agent, options);
export const bound: ExportedHandler<Env> = protectWorker<Env>(
  bindSessions(agent, "NOTES_AGENT"),
  options,
);
export default protectWorker<Env>(
  bindSessions({
    async fetch(request, env, ctx) {
      const session = await getAgentByName(env.NOTES_AGENT, "name");
      await session.updateProps(ctx.props);
      return await agent.fetch(request, env, ctx);
    },
  }, "NOTES_AGENT"),
  options,
) satisfies ExportedHandler<Env>;
