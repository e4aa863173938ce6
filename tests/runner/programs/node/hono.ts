// Hono, on any runtime.
import {
  protectedResource,
  type ProtectedResourceVariables,
} from "@gatehouse/mcp-auth/hono";
import { Hono, type MiddlewareHandler } from "hono";

const resource = protectedResource({
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
});

export default new Hono<{ Variables: ProtectedResourceVariables }>()
  .use("/mcp/*", resource)
  .use("/.well-known/*", resource)
  .all("/mcp", (c) => c.text(`Hello, ${c.get("auth").extra?.sub}`));

export const plain = new Hono().use(resource);
export const middleware: MiddlewareHandler = resource;
export const withBindings = new Hono<
  { Bindings: { KEY: string }; Variables: ProtectedResourceVariables }
>().use(resource);
