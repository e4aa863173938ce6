// The TypeScript SDK v1's own example server, as it comes; with something beside it that tells when it is up.
import process from "node:process";

process.argv.push("--oauth");
await import(
  "@modelcontextprotocol/sdk/examples/server/simpleStreamableHttp.js"
);

Bun.serve({
  port: Number(process.env.PORT),
  hostname: "localhost",
  async fetch() {
    await fetch(`http://localhost:${process.env.MCP_PORT}/mcp`);
    return new Response("OK");
  },
});
