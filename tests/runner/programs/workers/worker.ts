// Cloudflare Workers: what reaches a protected Worker fits what it is handed to.
import { type Caller, protectWorker } from "@gatehouse/mcp-auth/workers";
import { McpServer } from "@modelcontextprotocol/server";
import { createMcpHandler } from "agents/mcp/server";
import { Hono } from "hono";

interface Env {
  readonly MCP_RESOURCE: string;
  readonly KV: KVNamespace;
}

const options = ({ MCP_RESOURCE }: Env) => ({
  metadata: {
    resource: MCP_RESOURCE,
    authorization_servers: ["https://auth.example.com"],
  },
});

const app = new Hono<{ Bindings: Env }>();
export const hono: ExportedHandler<Env> = protectWorker<Env>({
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
}, options);
export const honoItself: ExportedHandler<Env> = protectWorker<Env>(
  app,
  options,
);

const mcp = createMcpHandler(() =>
  new McpServer({ name: "notes", version: "1.0.0" })
);
export const stateless: ExportedHandler<Env> = protectWorker<Env>({
  fetch: (request, env, ctx) => mcp(request, env, ctx),
}, options);

const other: ExportedHandler<Env> & Required<Pick<ExportedHandler, "fetch">> = {
  fetch: (request) => new Response(request.cf?.country),
};
export const exported: ExportedHandler<Env> = protectWorker<Env>({
  fetch: (request, env, ctx) => other.fetch(request, env, ctx),
}, options);

export const inferred: ExportedHandler<Env> = protectWorker({
  fetch: (_request, env: Env) => new Response(env.MCP_RESOURCE),
}, options);

export const annotated: ExportedHandler<Env> = protectWorker<Env>({
  fetch(request: Request, env: Env, ctx: ExecutionContext, { authInfo }) {
    ctx.waitUntil(env.KV.put("seen", authInfo.clientId));
    return new Response(request.url);
  },
}, options);

export const caller: ExportedHandler<Env> = protectWorker<Env>({
  fetch(request, _env, ctx) {
    const { sub }: Caller = ctx.props;
    ctx.passThroughOnException();
    return new Response(`${sub} ${request.clone().url}`);
  },
}, options);

export default {
  fetch: (request, env, ctx) => hono.fetch!(request, env, ctx),
  async scheduled(_controller, env) {
    await env.KV.delete("seen");
  },
} satisfies ExportedHandler<Env>;

protectWorker<Env>({
  // @ts-expect-error: this environment has no such binding
  fetch: (_request, env) => new Response(env.OTHER),
}, options);
protectWorker<Env>({
  // @ts-expect-error: a request has no such member
  fetch: (request) => new Response(request.nonsense),
}, options);
protectWorker<Env>({
  // @ts-expect-error: nor has a context
  fetch: (_request, _env, ctx) => new Response(ctx.nonsense),
}, options);
