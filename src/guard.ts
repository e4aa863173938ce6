/**
 * Decides on the requests to one resource: from the preflight to the scopes. What answers an accepted request comes
 * after it: a handler, or the routes behind a middleware.
 *
 * @module
 */

import { accepted, refused } from "./decisions.ts";
import { mirrorOf } from "./discovery/issuer_mirror.ts";
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
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "./options.ts";
import type { Resource } from "./router.ts";
import { isLoopbackIdentifier, pathOf } from "./runtime/identifiers.ts";
import { checkOptions } from "./runtime/option_checks.ts";
import type { ScopeRules } from "./scopes/check.ts";
import { type AuthorizedToken, tokenChecks } from "./token_checks.ts";
import type { AuthContext, RequestContext } from "./types.ts";

const DEFAULT_MAX_BODY_BYTES = 4_194_304;
/** If a body takes this long, its token is verified again. */
const SLOW_BODY_MILLISECONDS = 1000;

/**
 * Answers an accepted request. The response is sent as it is: `finish` prepares it.
 *
 * @param finish Prepares a response to be sent: records the session that it opens or ends, ends its stream with the token,
 *   keeps it out of shared caches unless it declares itself public, and adds the CORS headers.
 * @param reject Creates the response to an error that comes after the answer. Rethrows an error that is not known.
 */
export type Respond = (
  request: Request,
  context: AuthContext,
  requestContext: RequestContext | undefined,
  finish: (response: Response) => Response,
  reject: (error: unknown) => Response,
) => Response | Promise<Response>;

/**
 * Creates a resource whose requests are guarded: preflights are answered, and requests rejected, before `respond`.
 *
 * @param mounts The paths at which it may be mounted. Default: its `path`.
 * @param respondBy Creates what answers accepted requests, with the scope policy of the resource.
 * @throws {TypeError} If an option cannot be used.
 */
export function guardOf(
  options: ProtectedResourceOptions,
  mounts: readonly string[] | undefined,
  respondBy: (scopes: ScopeRules) => Respond,
): Resource {
  checkOptions(options, "", PROTECTED_RESOURCE_SHAPE);
  const checks = tokenChecks(options, mounts);
  const { scopes, proofs, runtime } = checks;
  const { now } = runtime;
  const {
    metadataUrl,
    anonymous,
    onDecision,
    path = pathOf(options.metadata.resource),
    maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
  } = options;
  const metadata = { ...options.metadata, ...options.dpop?.metadata };
  const browsers = isLoopbackIdentifier(metadata.resource)
    ? loopbackCors(options.cors)
    : cors(options.cors ?? {});
  const sessions = sessionTable();
  const respond = respondBy(scopes);

  async function answer(
    request: Request,
    requestContext?: RequestContext,
  ): Promise<Response> {
    const credentials = checks.read(request);

    function expose(headers: Headers): void {
      browsers.expose(request, headers);
      proofs?.amend(headers, credentials.scheme);
    }

    function reject(error: unknown): Response {
      if (!isKnownError(error)) throw error;
      const response = refuse(error, checks.challenge(credentials.scheme));
      expose(response.headers);
      onDecision?.(refused(error, response.status));
      return response;
    }

    /** Adds the CORS headers, and keeps a response out of shared caches, unless the handler declares it public. */
    function finish(response: Response, caller?: AuthorizedToken): Response {
      if (caller) {
        sessions.learn(request, response, caller.authInfo);
        response = endAt(response, caller.endsAt, now, requestContext);
      }
      return amendHeaders(response, (headers) => {
        let caching = headers.get("cache-control") ?? "no-store";
        // By RFC 9111 §3.5 a lifetime does not make a response to an authorized request cacheable in shared caches; nginx
        // caches it nevertheless.
        if (!/public|private|no-[cs]/i.test(caching)) caching += ", private";
        headers.set("cache-control", caching);
        expose(headers);
      }, browsers.isExposed);
    }

    try {
      browsers.check(request);
      if (request.method === "OPTIONS") return browsers.preflight(request);
      if (anonymous && credentials.reason === "no_credentials") {
        checkMethod(request);
        sessions.check(request);
        onDecision?.({ outcome: "anonymous" });
        const response = await anonymous(request, requestContext);
        return finish(checkResponse(response, "anonymous"));
      }
      let caller = await checks.authorize(request, credentials, requestContext);
      sessions.check(request, caller.authInfo);
      checkMethod(request);
      let asked: ReadRequest = { request, operations: [] };
      if (scopes.hasOperations) {
        const startedAt = now();
        // A caller who may not do what the headers say is rejected before the body is read.
        asked = await readOperations(
          request,
          maxBodyBytes,
          (operations) =>
            operations.length > 0 && scopes.check(caller.authInfo, operations),
        );
        // A client decides how long its body takes: the token may have expired meanwhile, or been revoked.
        const elapsed = Math.abs(now() - startedAt);
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
      const { authInfo } = caller;
      scopes.check(authInfo, asked.operations, asked.params);
      onDecision?.(accepted(authInfo, asked.operations));
      const { parsedBody } = asked;
      return await respond(
        asked.request,
        scopes.hasOperations ? { authInfo, parsedBody } : { authInfo },
        requestContext,
        (response) => finish(response, caller),
        reject,
      );
    } catch (error) {
      return reject(error);
    }
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
    answer,
  };
}
