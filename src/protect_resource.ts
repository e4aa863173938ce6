/**
 * The way of a request, from the preflight to the handler, and of its response.
 *
 * @module
 */

import { checkResponse } from "./http/handler_response.ts";
import { hasCredentials, readCredentials } from "./http/bearer_token.ts";
import { accepted, refused } from "./decisions.ts";
import type { ReadRequest } from "./mcp/operations.ts";
import type { ProtectedResourceOptions } from "./options.ts";
import { aFunction } from "./runtime/option_checks.ts";
import { handleOrigin, type Resource } from "./router.ts";
import { checkMethod } from "./http/methods.ts";
import { placeOf } from "./http/paths.ts";
import { isKnownError, refuse } from "./http/error_responses.ts";
import { amendHeaders } from "./http/headers.ts";
import { stagesOf } from "./stages.ts";
import { endAt } from "./http/event_streams.ts";
import type {
  AccessTokenClaims,
  AuthInfo,
  Handler,
  ProtectedHandler,
  RequestContext,
} from "./types.ts";

/** When a body takes this long, its token is verified again. */
const SLOW_BODY_MILLISECONDS = 1000;

/**
 * Gives a handler its OAuth side: discovery, CORS, challenges, verification and scopes. What reaches the handler
 * was accepted.
 *
 * @example An MCP server
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 *
 * export default {
 *   fetch: protectResource(
 *     (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *     {
 *       metadata: {
 *         resource: "https://notes.example.com/mcp",
 *         authorization_servers: ["https://auth.example.com"],
 *       },
 *     },
 *   ),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function protectResource(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
): Handler {
  return handleOrigin([resourceOf(handler, options)], options.otherwise);
}

/** A handler with its OAuth side, as one of an origin's resources. */
export function resourceOf(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
): Resource {
  aFunction(handler, "handler");
  const stages = stagesOf(options);
  const { anonymous, onDecision } = options;
  const { browsers, tokens, scopes, sessions, lists } = stages;
  const { now } = stages.platform;

  async function decide(
    request: Request,
    requestContext?: RequestContext,
  ): Promise<Response> {
    try {
      browsers.check(request);
      if (request.method === "OPTIONS") return browsers.preflight(request);
      if (anonymous !== undefined && !hasCredentials(request)) {
        checkMethod(request);
        sessions.check(request);
        onDecision?.({ outcome: "anonymous" });
        const response = await anonymous(request, requestContext);
        return send(request, checkResponse(response, "anonymous"));
      }
      const token = readCredentials(request);
      let claims = await stages.verifyAccessToken(token, requestContext);
      let authInfo = accept(request, token, claims);
      checkMethod(request);
      let asked: ReadRequest = { request, operations: [] };
      if (scopes.hasOperations) {
        const startedAt = now();
        asked = await stages.read(request, authInfo);
        // A client decides how long its body takes: the token may have expired meanwhile, or been revoked.
        if (Math.abs(now() - startedAt) >= SLOW_BODY_MILLISECONDS) {
          claims = await stages.verifyAccessToken(token, requestContext);
        }
        authInfo = accept(request, token, claims);
      }
      scopes.check(authInfo, asked.operations, asked.params);
      onDecision?.(accepted(authInfo, asked.operations));
      const { parsedBody } = asked;
      const context = scopes.hasOperations
        ? { authInfo, parsedBody }
        : { authInfo };
      let response = checkResponse(
        await handler(asked.request, context, requestContext),
        "the handler",
      );
      sessions.learn(request, response, authInfo);
      if (lists.areSome) {
        response = await lists.show(response, context, authInfo.scopes);
      }
      const end = tokens.endOf(claims);
      return send(request, endAt(response, end, now, requestContext));
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const response = refuse(error, stages.challenge);
      browsers.expose(request, response.headers);
      onDecision?.(refused(error, response.status));
      return response;
    }
  }

  /** The caller, if the token and the session are the caller's at this time. */
  function accept(
    request: Request,
    token: string,
    claims: AccessTokenClaims,
  ): AuthInfo {
    const authInfo = tokens.accept(token, claims);
    sessions.check(request, authInfo);
    return authInfo;
  }

  /** What a caller sees is the caller's alone, unless the handler says otherwise. */
  function send(request: Request, response: Response): Response {
    return amendHeaders(response, (headers) => {
      let caching = headers.get("cache-control") ?? "no-store";
      // To RFC 9111 §3.5 a lifetime alone does not say otherwise. To nginx it does.
      if (!/public|private|no-[cs]/i.test(caching)) caching += ", private";
      headers.set("cache-control", caching);
      browsers.expose(request, headers);
    }, browsers.isExposed);
  }

  const { documents, path } = stages;
  return { documents, path, place: placeOf(path), answer: decide };
}
