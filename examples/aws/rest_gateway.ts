/**
 * A stand-in for API Gateway's REST APIs: what AWS documents of Lambda authorizers and their cache, of the gateway's own
 * responses, and of a proxy integration with transfer mode `STREAM`
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html}), on one machine.
 * Not here: buffered integrations, mapping templates, throttling, API keys.
 *
 * @module
 */

import {
  askAuthorizer,
  type AuthorizerSettings,
} from "./gateway_authorizer.ts";
import {
  invokeWith,
  type LambdaFunction,
  pack,
  TIMEOUT,
  within,
} from "./gateway_functions.ts";
import { REMAPPED } from "./gateway_responses.ts";
import { findRoute, headerBytes, MAX_HEADER_BYTES } from "./gateway_routes.ts";
import type { Route } from "./api.ts";
import {
  invokeStreaming,
  type Streamed,
  type StreamingFunction,
} from "./response_stream.ts";
import type { GatewayResponse } from "./rest_api.ts";
import {
  methodArnOf,
  restAuthorizerEventOf,
  type RestEvent,
  restEventOf,
  selectHeader,
} from "./rest_events.ts";
import { limited } from "./stream_limits.ts";

/** An API, as it is configured. */
export interface RestApi {
  /** The methods of its resources, in any order. */
  readonly routes: readonly Route[];
  /** Who is asked about the methods that are authorized. */
  readonly authorizer: AuthorizerSettings;
  /** The function behind all methods, whose responses stream. */
  readonly integration: StreamingFunction;
  /** The gateway's own responses, by type. Others have AWS's defaults. */
  readonly responses: Readonly<Record<string, GatewayResponse>>;
  /** The time in milliseconds. Default: the clock's. */
  readonly now?: () => number;
  /** For how long a response may last. Default: 15 minutes. */
  readonly timeoutMilliseconds?: number;
  /** For how long it may be silent. Default: 5 minutes, as on a regional endpoint. */
  readonly idleMilliseconds?: number;
  /** Where the errors of functions go. Default: stderr. */
  readonly log?: (line: string) => void;
}

const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;

/**
 * Starts the API.
 *
 * @throws {TypeError} If its configuration is one that AWS would refuse.
 */
export function restApi(
  api: RestApi,
): (request: Request, sourceIp?: string) => Promise<Response> {
  const { routes, integration, responses } = api;
  const now = api.now ?? Date.now;
  const timeoutMilliseconds = api.timeoutMilliseconds ?? 15 * 60_000;
  const idleMilliseconds = api.idleMilliseconds ?? 5 * 60_000;
  const log = api.log ?? ((line) => process.stderr.write(`${line}\n`));
  const ask = askAuthorizer(
    { ...api.authorizer, handler: onlyPolicies(api.authorizer.handler) },
    invokeWith(log),
    now,
  );

  /** The gateway's own response: configured, or AWS's default. */
  const say = (type: string, status: number, text: string): Response => {
    const { statusCode, headers, body } = responses[type] ??
      { statusCode: status, headers: {}, body: { message: text } };
    return Response.json(body, { status: Number(statusCode), headers });
  };
  const authorize = async (
    event: RestEvent,
  ): Promise<Response | undefined> => {
    const { status, error, context } = await ask({
      select: (source) => selectHeader(event, source),
      event: () => restAuthorizerEventOf(event),
      arn: methodArnOf(event),
    });
    if (status === 403) return say("ACCESS_DENIED", 403, "Forbidden");
    if (status === 401 || (error as Error)?.message === "Unauthorized") {
      return say("UNAUTHORIZED", 401, "Unauthorized");
    }
    if (status === 500) {
      return say("AUTHORIZER_FAILURE", 500, "Internal server error");
    }
    event.requestContext.authorizer = context;
    return undefined;
  };

  return async (request, sourceIp = "127.0.0.1") => {
    const route = findRoute(routes, request);
    if (route === undefined) {
      return say("MISSING_AUTHENTICATION_TOKEN", 403, "Forbidden");
    }
    if (headerBytes(request) > MAX_HEADER_BYTES) {
      return say("REQUEST_TOO_LARGE", 413, "Request Too Long");
    }
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > MAX_PAYLOAD_BYTES) {
      return say("REQUEST_TOO_LARGE", 413, "Request Too Long");
    }
    const event = restEventOf(request, route.key, body, sourceIp, now());
    const refused = route.authorized ? await authorize(event) : undefined;
    if (refused !== undefined) return refused;
    try {
      const streamed = await within(
        timeoutMilliseconds,
        invokeStreaming(integration, JSON.parse(pack(event))),
      );
      if (streamed === TIMEOUT) {
        return say("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out");
      }
      const limits = { timeoutMilliseconds, idleMilliseconds };
      return respond(streamed, request.method, (body) => limited(body, limits));
    } catch (error) {
      log(`Function error: ${error}`);
      return say("INTEGRATION_FAILURE", 502, "Internal server error");
    }
  };
}

/** A REST API knows no simple answers. */
function onlyPolicies(handler: LambdaFunction): LambdaFunction {
  return async (event, context) => {
    const { isAuthorized: _, ...answer } = Object(
      await handler(event, context),
    );
    return answer;
  };
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Some headers of a function are renamed, as AWS documents it of REST APIs. */
function respond(
  { head, body }: Streamed,
  method: string,
  limit: (body: ReadableStream<Uint8Array>) => Body,
): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(head.headers)) {
    headers.set(REMAPPED.test(name) ? `x-amzn-remapped-${name}` : name, value);
  }
  for (const [name, values] of Object.entries(head.multiValueHeaders ?? {})) {
    for (const value of values) headers.append(name, value);
  }
  const hasBody = method !== "HEAD" &&
    ![204, 205, 304].includes(head.statusCode);
  if (!hasBody) body.cancel().catch(() => {});
  return new Response(hasBody ? limit(body) : null, {
    status: head.statusCode,
    headers,
  });
}
