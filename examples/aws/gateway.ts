/**
 * A stand-in for API Gateway's HTTP APIs: what
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html | AWS documents} of routes, Lambda
 * authorizers and their cache, payload format 2.0 and parameter mapping, on one machine. The functions get events and
 * give results as JSON of at most 6 MB, and nothing else passes. Where AWS says nothing, it does the worse of what users report.
 * Not here: stages, throttling, CORS configurations, JWT authorizers.
 *
 * @module
 */

import {
  askAuthorizer,
  type AuthorizerSettings,
} from "./gateway_authorizer.ts";
import {
  authorizerEventOf,
  eventOf,
  routeArnOf,
  selectFrom,
} from "./gateway_events.ts";
import { findRoute, headerBytes, MAX_HEADER_BYTES } from "./gateway_routes.ts";
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
      const { status, context } = await ask({
        select: (source) => selectFrom(event, source),
        event: (identity) => authorizerEventOf(event, identity),
        arn: routeArnOf(event),
      });
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

/** The gateway's own answer: no challenge, and nothing that a browser may read. */
function message(status: number, text: string): Response {
  return Response.json({ message: text }, { status });
}
