/**
 * The notes MCP server as a Hono app, here on Node: `deno task example hono`, or `node examples/hono.ts` after
 * `bun install`. The variables it reads are in `environment.ts`.
 *
 * @module
 */

import { withCors } from "@gatehouse/mcp-auth";
import {
  protectedResource,
  type ProtectedResourceVariables,
} from "@gatehouse/mcp-auth/hono";
import { toNodeListener } from "@gatehouse/mcp-auth/node";
import { Hono } from "hono";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";
import { homeOf, notesOptions } from "./app.ts";
import { exitOnError } from "./environment.ts";
import { handleNotes } from "./notes.ts";
import { landingPage, startupMessage } from "./page.ts";
import { start } from "./start.ts";

async function main(): Promise<void> {
  const { environment, introduction } = await start();
  const { pathname } = new URL(introduction.resource);
  const routes = `${pathname.replace(/\/$/, "")}/*`; // "/mcp/*", which is "/mcp" too

  const protect = protectedResource(notesOptions(introduction));
  const app = new Hono<{ Variables: ProtectedResourceVariables }>()
    .get("/healthcheck", (c) => c.text("OK"))
    .get(homeOf(introduction), () => landingPage(introduction))
    .get(
      "/doctor",
      ({ req }, next) => introduction.doctor?.(req.raw) ?? next(),
    )
    .use("/.well-known/*", protect)
    .use(routes, protect)
    .all(routes, (c) =>
      handleNotes(c.req.raw, {
        authInfo: c.get("auth"),
        parsedBody: c.get("parsedBody"),
      }))
    .notFound((c) => notFound(c.req.raw));

  const server = createServer(toNodeListener((request) => app.fetch(request)));
  server.listen(environment.port, environment.host);
  await once(server, "listening");
  process.stdout.write(startupMessage(introduction));
}

const notFound = withCors(() =>
  Response.json({ error: "not_found" }, { status: 404 })
);

await main().catch(exitOnError);
