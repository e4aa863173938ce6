/**
 * The notes server as users of Express have it: with sessions, on the SDK's transport for Node, behind the middleware.
 *
 * @module
 */
import express from "express";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { notesOptions } from "../../examples/app.ts";
import { NOTES_ISSUER_SCOPES } from "../../examples/notes_scopes.ts";
import { protectedResource } from "../../src/adapters/express.ts";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { type Example, freePort } from "./example.ts";

/** What both SDKs' transports for Node do. */
export interface NodeTransport {
  handleRequest(
    req: IncomingMessage,
    res: ServerResponse,
    body?: unknown,
  ): Promise<void>;
}

/** Opens a session: connects a server to a transport that calls `opened` and `closed` with its identifier. */
export type OpenSession = (on: {
  readonly opened: (id: string) => void;
  readonly closed: (id: string) => void;
}) => Promise<NodeTransport>;

/** Where `express.json()` is, and whether the transport is given what it parsed. */
export type BodyParser = "before" | "after" | "none";

/** Lends a server, and an authorization server that approves by itself, to a function. */
export async function withExpressNotes(
  openSession: OpenSession,
  parser: BodyParser,
  use: (
    example: Pick<Example, "origin" | "resource" | "issuer">,
  ) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const resource = `${origin}/mcp`;
  const { issuer, close } = await startDevIssuer({
    port: await freePort(),
    resource,
    autoApprove: true,
    ...NOTES_ISSUER_SCOPES,
  });
  const app = express();
  if (parser === "before") app.use(express.json());
  app.use(protectedResource(
    notesOptions({
      resource,
      authorizationServers: [issuer],
      development: true,
    }),
  ));
  if (parser === "after") app.use(express.json());
  app.all("/mcp", serveSessions(openSession, parser));
  const server = createServer(app).listen(port, "localhost");
  await once(server, "listening");
  try {
    await use({ origin, resource, issuer });
  } finally {
    server.close();
    server.closeAllConnections();
    await close();
  }
}

/** As in the SDK's own examples. */
function serveSessions(
  openSession: OpenSession,
  parser: BodyParser,
): (req: Parsed, res: ServerResponse) => Promise<void> {
  const sessions = new Map<unknown, NodeTransport>();
  return async (req, res) => {
    const id = req.headers["mcp-session-id"];
    const transport = id === undefined && req.body?.method === "initialize"
      ? await openSession({
        opened: (id) => void sessions.set(id, transport!),
        closed: (id) => void sessions.delete(id),
      })
      : sessions.get(id);
    if (transport === undefined) res.writeHead(404).end();
    // Without a parser, the transport reads the body by itself.
    else if (parser === "none") await transport.handleRequest(req, res);
    else await transport.handleRequest(req, res, req.body);
  };
}

interface Parsed extends IncomingMessage {
  readonly body?: { readonly method?: unknown };
}
