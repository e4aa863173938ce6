/**
 * What clients send, written down where it arrives, as lines that a test can compare: a client that is a program of its
 * own can be given no `fetch` to record.
 *
 * @module
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Handler } from "../../mod.ts";

/** The requests to a resource and to its authorization server. */
export interface Requests {
  /**
   * The requests since the last call, such as `POST /mcp tools/call whoami 200` or `GET issuer/authorize notes:read 303`,
   * in the order in which they came. Not the stream that clients try to open beside everything else, when they have a
   * token: when they do is left to chance.
   */
  take(): string[];
  /** The resource's handler, whose requests are written down. */
  record(handler: Handler): Handler;
  /** Ends it. */
  stop(): void;
}

interface Entry {
  readonly request: string;
  status(): number | undefined;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const CHANNEL = "http.server.request.start";

/** What goes on between the examples' sign-in page and its server. */
const SIGN_IN = /^\/(?:authorize|interaction)\/./;

/** The resource asks its issuer too, and that shall be taken for no client's request. */
const OWN_FIELD = "x-sent-by-the-resource";

/** The resource's `fetch`. */
export function fetchAsResource(
  url: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set(OWN_FIELD, "1");
  return fetch(url, { ...init, headers });
}

/** Writes requests down. An issuer that is a server of this process is seen from the outside, and the resource from within, where messages can be read. */
export function recordRequests(issuer: string): Requests {
  const { host: issuerHost } = new URL(issuer);
  const entries: Entry[] = [];
  const onRequest = (message: unknown): void => {
    const { request, response } = message as Exchange;
    const { host, [OWN_FIELD]: own } = request.headers;
    if (host !== issuerHost || own !== undefined) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", issuer);
    if (SIGN_IN.test(pathname)) return;
    const scopes = searchParams.getAll("scope");
    entries.push({
      request: [`${request.method} issuer${pathname}`, ...scopes].join(" "),
      status: () => response.headersSent ? response.statusCode : undefined,
    });
  };
  subscribe(CHANNEL, onRequest);
  return {
    take: () =>
      entries.splice(0)
        .filter((entry) =>
          entry.request !== "GET /mcp" || entry.status() === 401
        )
        .map(({ request, status }) => `${request} ${status() ?? "unanswered"}`),
    record: (handler) => async (request, platform): Promise<Response> => {
      const { pathname } = new URL(request.url);
      const words = wordsOf(await request.clone().text());
      const answer: { status?: number } = {};
      entries.push({
        request: [request.method, pathname, ...words].join(" "),
        status: () => answer.status,
      });
      const response = await handler(request, platform);
      answer.status = response.status;
      return response;
    },
    stop: () => unsubscribe(CHANNEL, onRequest),
  };
}

/** A message's method and the tool that it names. */
function wordsOf(body: string): string[] {
  if (body === "") return [];
  const { method, params } = Object(JSON.parse(body));
  return [method, params?.name].filter((word) => typeof word === "string");
}
