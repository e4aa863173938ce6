// Express, with what ran before it.
import { protectResource } from "@gatehouse/mcp-auth";
import {
  type ExpressRequest,
  protectedResource,
} from "@gatehouse/mcp-auth/express";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express, {
  type ErrorRequestHandler,
  type RequestHandler,
} from "express";

const mcp = protectResource(() => new Response("Hello"), {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
});
const listener = toNodeListener(mcp);

const app = express();
app.use(express.json());
app.use(listener);
app.all("/mcp", listener);
app.use("/mcp", (req, res) => listener(req, res));
app.use(express.Router().use(listener));

export const middleware: RequestHandler = listener;

const resource = protectedResource({
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
});
const transport = new StreamableHTTPServerTransport({});
const guarded = express();
guarded.use(resource);
guarded.use(["/mcp", "/.well-known"], resource);
guarded.post("/mcp", resource, async (req, res) => {
  await transport.handleRequest(req, res, req.body);
  console.log((req as ExpressRequest).auth?.scopes);
});
guarded.use(resource.challenge);

export const guard: RequestHandler = resource;
export const challenge: ErrorRequestHandler = resource.challenge;

protectedResource({
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
  // @ts-expect-error: a middleware cannot filter what later handlers send
  scopes: { lists: ["tools/list"] },
});
