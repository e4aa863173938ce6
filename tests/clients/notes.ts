/**
 * The notes server of the examples and the development authorization server, in the test's own process, and every
 * request to either: a client that is a program of its own can be given no `fetch` to record.
 *
 * @module
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { notesOptions } from "../../examples/app.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../examples/authorization_server.ts";
import { handleNotes } from "../../examples/notes.ts";
import {
  type Challenge,
  type Decision,
  type Handler,
  type IssuerRules,
  parseChallenges,
  protectResource,
} from "../../mod.ts";
import { toNodeListener } from "../../src/adapters/node.ts";
import { MESSAGE_FIELDS, toolCall } from "../contract/messages.ts";
import { freePort } from "../e2e/example.ts";

/** A notes server that listens. */
export interface Notes {
  readonly origin: string;
  /** The protected resource. */
  readonly resource: string;
  /** The authorization server that its clients find. */
  readonly issuer: string;
  /** Every challenge that it gave. */
  readonly challenges: readonly Challenge[];
  /**
   * The requests since the last call, such as `POST /mcp tools/call whoami 200` or `GET issuer/authorize notes:read 303`,
   * in the order in which they came. Not the stream that clients try to open beside everything else, when it is
   * answered 405: when they do is left to chance.
   */
  take(): string[];
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
  ) => Promise<AuthorizationServer>;
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

/** What goes on between the sign-in page and its server. */
const SIGN_IN = /^\/(?:authorize|interaction)\/./;

/** The resource asks its issuer too, and no client's request shall be taken for that. */
const OWN_FIELD = "x-sent-by-the-resource";

/** Lends a notes server to a function, and stops it afterwards. */
export async function withNotes(
  use: (notes: Notes) => Promise<void>,
  {
    approval,
    path = "/mcp",
    authorizationServer = (settings) =>
      startAuthorizationServer({
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
  const requests = recordRequests({
    [origin]: "",
    [new URL(issuer).origin]: "issuer",
  });
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
    await use({ origin, resource, issuer, judge, ...requests });
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

function fetchAsResource(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set(OWN_FIELD, "1");
  return fetch(url, { ...init, headers });
}

function callTool(resource: string, token: string): Promise<Response> {
  return fetch(resource, {
    method: "POST",
    headers: { ...MESSAGE_FIELDS, authorization: `Bearer ${token}` },
    body: JSON.stringify(toolCall("whoami")),
  });
}

interface Requests extends Pick<Notes, "challenges" | "take"> {
  /** The handler, whose requests and challenges are written down. */
  record(handler: Handler): Handler;
  stop(): void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Writes down what comes to the servers of this process, under the names that are given to their origins. */
function recordRequests(names: Readonly<Record<string, string>>): Requests {
  const challenges: Challenge[] = [];
  const entries: { readonly request: string; status: string }[] = [];
  const onRequest = (message: unknown): void => {
    const { request, response } = message as Exchange;
    const { host, [OWN_FIELD]: own } = request.headers;
    const name = names[`http://${host}`];
    // What the resource is asked is written down by `record`, which can read the message.
    if (name === undefined || name === "" || own !== undefined) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    if (SIGN_IN.test(pathname)) return;
    const scopes = searchParams.getAll("scope");
    const entry = {
      request: [`${request.method} ${name}${pathname}`, ...scopes].join(" "),
      status: "unanswered",
    };
    entries.push(entry);
    response.once("finish", () => entry.status = `${response.statusCode}`);
  };
  subscribe("http.server.request.start", onRequest);
  return {
    challenges,
    take: () =>
      entries.splice(0)
        .map(({ request, status }) => `${request} ${status}`)
        .filter((line) => line !== "GET /mcp 405"),
    record: (handler) => async (request, platform): Promise<Response> => {
      const { pathname } = new URL(request.url);
      const words = wordsOf(await request.clone().text());
      const entry = {
        request: [request.method, pathname, ...words].join(" "),
        status: "unanswered",
      };
      entries.push(entry);
      const response = await handler(request, platform);
      entry.status = `${response.status}`;
      const field = response.headers.get("www-authenticate");
      if (field !== null) challenges.push(...parseChallenges(field));
      return response;
    },
    stop: () => unsubscribe("http.server.request.start", onRequest),
  };
}

/** A message's method and the tool that it names. */
function wordsOf(body: string): string[] {
  if (body === "") return [];
  const { method, params } = Object(JSON.parse(body));
  return [method, params?.name].filter((word) => typeof word === "string");
}
