/**
 * The pipeline of one request: from the preflight to the handler, and its response back.
 *
 * @module
 */

import { accepted, refused } from "./decisions.ts";
import { mirrorOf } from "./discovery/issuer_mirror.ts";
import type { Credentials } from "./http/credentials.ts";
import { cors, loopbackCors } from "./http/cors.ts";
import { isKnownError, refuse } from "./http/error_responses.ts";
import { endAt } from "./http/event_streams.ts";
import { checkResponse } from "./http/handler_response.ts";
import { amendHeaders } from "./http/headers.ts";
import { checkMethod } from "./http/methods.ts";
import { placeOf } from "./http/paths.ts";
import { readOperations, type ReadRequest } from "./mcp/operations.ts";
import { sessionTable } from "./mcp/sessions.ts";
import {
  defaultsOf,
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "./options.ts";
import { handleOrigin, type Resource } from "./router.ts";
import { isLoopbackIdentifier, pathOf } from "./runtime/identifiers.ts";
import { aFunction, checkOptions } from "./runtime/option_checks.ts";
import { listRules } from "./scopes/lists.ts";
import { tokenChecks } from "./token_checks.ts";
import type { Handler, ProtectedHandler, RequestContext } from "./types.ts";

/** If a body takes this long, its token is verified again. */
const SLOW_BODY_MILLISECONDS = 1000;

/**
 * Adds OAuth to a handler: discovery, CORS, challenges, token verification and scopes. Only accepted requests reach the
 * handler.
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

/**
 * A handler with OAuth, as one of an origin's resources. `mounts` are the paths at which it may be mounted. Default: its
 * `path`.
 */
export function resourceOf(
  handler: ProtectedHandler,
  options: ProtectedResourceOptions,
  mounts?: readonly string[],
): Resource {
  aFunction(handler, "handler");
  checkOptions(options, "", PROTECTED_RESOURCE_SHAPE);
  const checks = tokenChecks(options, mounts);
  const { path, maxBodyBytes } = defaultsOf(options);
  const { scopes, proofs, runtime } = checks;
  const { metadataUrl, anonymous, onDecision } = options;
  const metadata = { ...options.metadata, ...options.dpop?.metadata };
  const browsers = isLoopbackIdentifier(metadata.resource)
    ? loopbackCors(options.cors)
    : cors(options.cors ?? {});
  const sessions = sessionTable();
  const lists = listRules(options.scopes?.lists ?? [], scopes);

  async function decide(
    request: Request,
    requestContext?: RequestContext,
  ): Promise<Response> {
    const credentials = checks.read(request);
    try {
      browsers.check(request);
      if (request.method === "OPTIONS") return browsers.preflight(request);
      if (anonymous && credentials.reason === "no_credentials") {
        checkMethod(request);
        sessions.check(request);
        onDecision?.({ outcome: "anonymous" });
        const response = await anonymous(request, requestContext);
        return send(
          request,
          checkResponse(response, "anonymous"),
          credentials,
        );
      }
      let caller = await checks.authorize(
        request,
        credentials,
        requestContext,
      );
      sessions.check(request, caller.authInfo);
      checkMethod(request);
      let asked: ReadRequest = { request, operations: [] };
      if (scopes.hasOperations) {
        const startedAt = runtime.now();
        // A caller who may not do what the headers say is rejected before the body is read.
        asked = await readOperations(
          request,
          maxBodyBytes,
          (operations) =>
            operations.length > 0 && scopes.check(caller.authInfo, operations),
        );
        // A client decides how long its body takes: the token may have expired meanwhile, or been revoked.
        const elapsed = Math.abs(runtime.now() - startedAt);
        if (elapsed >= SLOW_BODY_MILLISECONDS) {
          caller = await checks.authorize(
            request,
            credentials,
            requestContext,
            caller.prove,
          );
        } else if (elapsed > 0) {
          caller = checks.judge(credentials.token, caller.claims);
        }
        sessions.check(request, caller.authInfo);
      }
      const { authInfo, endsAt } = caller;
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
      return send(
        request,
        endAt(response, endsAt, runtime.now, requestContext),
        credentials,
      );
    } catch (error) {
      if (!isKnownError(error)) throw error;
      const response = refuse(error, checks.challenge(credentials.scheme));
      browsers.expose(request, response.headers);
      proofs?.amend(response.headers, credentials.scheme);
      onDecision?.(refused(error, response.status));
      return response;
    }
  }

  /** Keeps a response out of shared caches, unless the handler declares it public, and adds the CORS headers. */
  function send(
    request: Request,
    response: Response,
    { scheme }: Credentials,
  ): Response {
    return amendHeaders(response, (headers) => {
      let caching = headers.get("cache-control") ?? "no-store";
      // By RFC 9111 §3.5 a lifetime does not make a response to an authorized request cacheable in shared caches; nginx
      // caches it nevertheless.
      if (!/public|private|no-[cs]/i.test(caching)) caching += ", private";
      headers.set("cache-control", caching);
      browsers.expose(request, headers);
      proofs?.amend(headers, scheme);
    }, browsers.isExposed);
  }

  return {
    documents: {
      metadata,
      metadataUrl,
      mirror: mirrorOf(options, runtime),
      paths: [pathOf(metadata.resource), path],
    },
    path,
    place: placeOf(path),
    answer: decide,
  };
}
