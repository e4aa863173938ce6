// Vercel's mcp-handler, as its documentation mounts it.
import {
  createMcpHandler,
  metadataCorsOptionsRequestHandler,
  protectedResourceHandler,
  withMcpAuth,
} from "mcp-handler";
import process from "node:process";

const { PORT, ISSUER } = process.env;
const handler = createMcpHandler(() => {}, {
  serverInfo: { name: "peer", version: "1.0.0" },
});
const mcp = withMcpAuth(handler, () => undefined, { required: true });
const metadata = protectedResourceHandler({ authServerUrls: [ISSUER] });
const preflight = metadataCorsOptionsRequestHandler();

Bun.serve({
  port: Number(PORT),
  hostname: "localhost",
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthcheck") return new Response("OK");
    if (pathname === "/mcp") return mcp(request);
    if (pathname !== "/.well-known/oauth-protected-resource") {
      return new Response(null, { status: 404 });
    }
    return request.method === "OPTIONS" ? preflight() : metadata(request);
  },
});
