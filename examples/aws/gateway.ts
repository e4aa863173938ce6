/**
 * A stand-in for API Gateway's HTTP APIs: what
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html | AWS documents} of routes, Lambda
 * authorizers and their cache, payload format 2.0 and parameter mapping, on one machine. The functions get events and
 * give results as JSON, and nothing else passes. Where AWS says nothing, it does the worse of what users report.
 * Not here: stages, throttling, CORS configurations, JWT authorizers.
 *
 * @module
 */

import {
  askAuthorizer,
  type AuthorizerSettings,
} from "./gateway_authorizer.ts";
import { eventOf } from "./gateway_events.ts";
import { mapResponse, type ResponseParameters } from "./gateway_responses.ts";
import {
  invokeWith,
  type LambdaFunction,
  TIMEOUT,
  within,
} from "./gateway_functions.ts";
import type { Route } from "./api.ts";

/** An API, as it is configured. */
export interface HttpApi {
  /** The routes, in any order. */
  readonly routes: readonly Route[];
  /** Who is asked about the routes that are authorized. */
  readonly authorizer: AuthorizerSettings;
  /** The function behind all routes. */
  readonly integration: LambdaFunction;
  /** What becomes of its responses, by their status. */
  readonly responseParameters: ResponseParameters;
  /** The time in milliseconds. Default: the clock's. */
  readonly now?: () => number;
  /** For how long a request waits for the function. Default: 30 seconds, the longest that AWS takes. */
  readonly timeoutMilliseconds?: number;
  /** Where the errors of functions go. Default: stderr. */
  readonly log?: (line: string) => void;
}

/** Total size of request line and header values
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html | quotas}). */
const MAX_HEADER_BYTES = 10_240;
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;

/**
 * Starts the API.
 *
 * @throws {TypeError} If its configuration is one that AWS would refuse.
 */
export function httpApi(
  api: HttpApi,
): (request: Request, sourceIp?: string) => Promise<Response> {
  const { routes, integration } = api;
  const now = api.now ?? Date.now;
  const timeout = api.timeoutMilliseconds ?? 30_000;
  const invoke = invokeWith(
    api.log ?? ((line) => process.stderr.write(`${line}\n`)),
  );
  const ask = askAuthorizer(api.authorizer, invoke, now);
  const respond = mapResponse(api.responseParameters);

  return async (request, sourceIp = "127.0.0.1") => {
    const route = findRoute(routes, request);
    if (route === undefined) return message(404, "Not Found");
    if (headerBytes(request) > MAX_HEADER_BYTES) {
      return message(431, "Request Header Fields Too Large");
    }
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > MAX_PAYLOAD_BYTES) {
      return message(413, "Request Entity Too Large");
    }
    const event = eventOf(request, route.key, body, sourceIp, now());
    if (route.authorized) {
      const { status, context } = await ask(event);
      if (status === 401) return message(401, "Unauthorized");
      if (status === 403) return message(403, "Forbidden");
      if (status === 500) return message(500, "Internal Server Error");
      event.requestContext.authorizer = { lambda: context };
    }
    try {
      const result = await within(timeout, invoke(integration, event));
      return result === TIMEOUT
        ? message(503, "Service Unavailable")
        : respond(result, request.method);
    } catch {
      return message(500, "Internal Server Error");
    }
  };
}

/** The most specific route: a path and its method, a path, a greedy path from the longest on, `$default`. */
function findRoute(
  routes: readonly Route[],
  { method, url }: Request,
): Route | undefined {
  const { pathname } = new URL(url);
  const found = routes.flatMap((route) => {
    const [verb = "", path] = route.key.split(" ");
    if (path === undefined) return [{ route, rank: -1 }];
    if (verb !== "ANY" && verb !== method) return [];
    const greedy = /^(.*\/)\{\w+\+\}$/.exec(path)?.[1];
    // Users report that a greedy variable may be empty, and AWS takes no route with a slash at its end.
    const matches = greedy === undefined
      ? pathname === path
      : pathname.startsWith(greedy);
    const exact = greedy === undefined ? 10_000 : 0;
    const rank = exact + path.length + (verb === "ANY" ? 0 : 0.5);
    return matches ? [{ route, rank }] : [];
  });
  return found.sort((a, b) => b.rank - a.rank)[0]?.route;
}

function headerBytes(request: Request): number {
  const { pathname, search } = new URL(request.url);
  const line = `${request.method} ${pathname}${search} HTTP/1.1`;
  return [...request.headers].reduce(
    (sum, [, value]) => sum + value.length,
    line.length,
  );
}

/** The gateway's own answer: no challenge, and nothing that a browser may read. */
function message(status: number, text: string): Response {
  return Response.json({ message: text }, { status });
}
