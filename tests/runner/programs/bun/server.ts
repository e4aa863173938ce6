// Bun.serve.
import { protectResource } from "@gatehouse/mcp-auth";
import { serveOptions } from "@gatehouse/mcp-auth/bun";

const metadata = {
  resource: "https://notes.example.com/mcp",
  authorization_servers: ["https://auth.example.com"],
};
const mcp = protectResource(() => new Response("Hello"), { metadata });

Bun.serve({ port: 8787, ...serveOptions(mcp, metadata) });
Bun.serve(serveOptions(mcp, [metadata, metadata]));
Bun.serve({ fetch: mcp });
Bun.serve({ routes: { "/mcp": mcp }, fetch: mcp });

export default { fetch: mcp };

const parameters = { name: "ECDSA", namedCurve: "P-256" };
const pair = await crypto.subtle.generateKey(parameters, true, ["sign"]);
export const { privateKey } = pair;
