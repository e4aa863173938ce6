// Hono's middleware for MCP, as its README mounts it.
import {
  bearerAuth,
  simpleMcpAuthRouter,
  StreamableHTTPTransport,
} from "@hono/mcp";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Hono } from "hono";
import process from "node:process";

const { PORT, ISSUER } = process.env;
const app = new Hono();
app.get("/healthcheck", (c) => c.text("OK"));
app.route(
  "/",
  simpleMcpAuthRouter({
    issuer: ISSUER,
    resourceServerUrl: new URL(`http://localhost:${PORT}/mcp`),
  }),
);
app.use("/mcp", bearerAuth({ verifyToken: () => false }));
app.all("/mcp", async (c) => {
  const server = new McpServer({ name: "peer", version: "1.0.0" });
  const transport = new StreamableHTTPTransport();
  await server.connect(transport);
  return transport.handleRequest(c);
});

Bun.serve({ port: Number(PORT), hostname: "localhost", fetch: app.fetch });
