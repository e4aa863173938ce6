// Deno, with and without the adapter.
import { protectResource } from "@gatehouse/mcp-auth";
import { platform, serve } from "@gatehouse/mcp-auth/deno";

const mcp = protectResource(() => new Response("Hello"), {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
  platform,
});

Deno.serve(mcp);
export default { fetch: mcp } satisfies Deno.ServeDefaultExport;

const { signal } = new AbortController();
await serve(mcp, {
  port: undefined,
  hostname: undefined,
  onListen: undefined,
  signal,
  graceSeconds: undefined,
});
