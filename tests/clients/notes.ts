/**
 * The notes server of the examples and an authorization server, in the test's own process.
 *
 * @module
 */

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { notesOptions } from "../../examples/app.ts";
import { type DevIssuer, startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { handleNotes } from "../../examples/notes.ts";
import { type Decision, type IssuerRules, protectResource } from "../../mod.ts";
import { toNodeListener } from "../../src/adapters/node.ts";
import { MESSAGE_FIELDS, toolCall } from "../contract/messages.ts";
import { freePort } from "../e2e/example.ts";
import { fetchAsResource, recordRequests, type Requests } from "./requests.ts";

/** A notes server that listens. */
export interface Notes extends Pick<Requests, "take"> {
  readonly origin: string;
  /** The protected resource. */
  readonly resource: string;
  /** The authorization server that its clients find. */
  readonly issuer: string;
  /** Calls a tool with a token, and resolves to `accepted`, or to why the token was refused. */
  judge(token: string): Promise<string>;
}

/** What differs from the examples. */
export interface NotesOptions {
  /** `page`: whoever logs in signs in by hand. Default: the authorization server approves by itself. */
  readonly approval?: "page";
  /** Where the resource is below its origin. Default: `/mcp`. */
  readonly path?: string;
  /** Starts an authorization server of another make. Default: the examples' own. */
  readonly authorizationServer?: (
    settings: Settings,
  ) => Promise<DevIssuer>;
  /** What the resource is told of its issuer. */
  readonly rules?: IssuerRules;
}

/** What an authorization server is to be. */
export interface Settings {
  /** Where it listens: at `http://localhost:<port>`. */
  readonly port: number;
  /** What its tokens are for. */
  readonly resource: string;
  readonly scopes: readonly string[];
}

/** How long one client's whole way may take. */
export const TIMEOUT_MILLISECONDS = 60_000;

const SCOPES = ["notes:read", "notes:write", "notes:admin"];

/** Lends a notes server to a function, and stops it afterwards. */
export async function withNotes(
  use: (notes: Notes) => Promise<void>,
  {
    approval,
    path = "/mcp",
    authorizationServer = (settings) =>
      startDevIssuer({
        ...settings,
        autoApprove: approval === undefined,
      }),
    rules = {},
  }: NotesOptions = {},
): Promise<void> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const resource = `${origin}${path}`;
  const { issuer, close: closeIssuer } = await authorizationServer({
    port: await freePort(),
    resource,
    scopes: SCOPES,
  });
  const requests = recordRequests(issuer);
  const introduction = {
    resource,
    authorizationServers: [issuer],
    development: true,
  };
  const decisions: Decision[] = [];
  const handle = protectResource(handleNotes, {
    ...notesOptions(introduction),
    onDecision: (decision) => decisions.push(decision),
    issuers: { [issuer]: rules },
    platform: { fetch: fetchAsResource },
  });
  async function judge(token: string): Promise<string> {
    await (await callTool(resource, token)).text();
    const decision = decisions.at(-1);
    return decision?.outcome === "refused"
      ? decision.reason
      : `${decision?.outcome}`;
  }
  const close = await listen(port, toNodeListener(requests.record(handle)));
  try {
    await use({ origin, resource, issuer, judge, take: requests.take });
  } finally {
    requests.stop();
    await close();
    await closeIssuer();
  }
}

/** Listens at `http://localhost:<port>`, and resolves to how to stop. */
export async function listen(
  port: number,
  listener: RequestListener,
): Promise<() => Promise<void>> {
  const server = createServer(listener).listen(port, "localhost");
  await once(server, "listening");
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
}

function callTool(resource: string, token: string): Promise<Response> {
  return fetch(resource, {
    method: "POST",
    headers: { ...MESSAGE_FIELDS, authorization: `Bearer ${token}` },
    body: JSON.stringify(toolCall("whoami")),
  });
}
