// A runtime that speaks Request and Response, by lib.dom: Vercel among them.
import { type Handler, protectResource, withCors } from "@gatehouse/mcp-auth";
import { toRouteHandlers } from "@gatehouse/mcp-auth/vercel";

const mcp: Handler = protectResource(() => new Response("Hello"), {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
});

export const { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } =
  toRouteHandlers(mcp, { waitUntil: undefined });
export default { fetch: withCors(mcp) };
