// Express, with what ran before it.
import { protectResource } from "@gatehouse/mcp-auth";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import express, { type RequestHandler } from "express";

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
