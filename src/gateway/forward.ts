/**
 * The way of an accepted request to the upstream, and of the upstream's response to the client.
 *
 * @module
 */

import { notFound } from "../discovery/well_known.ts";
import { isEventStream } from "../http/event_streams.ts";
import { printLine } from "../runtime/print_problem.ts";
import type {
  AuthContext,
  AuthInfo,
  ProtectedHandler,
  RequestContext,
} from "../types.ts";
import { asserter, ASSERTION_HEADER } from "./assertion.ts";
import {
  decodedBody,
  judgedBody,
  streamedBody,
  watchedBody,
} from "./bodies.ts";
import { causeOf, responseTo, UpstreamError } from "./errors.ts";
import { checkHead, send } from "./exchange.ts";
import { writeForwarded } from "./forwarded.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { identityOf, writeIdentity } from "./identity.ts";
import { type ForwardOptions, resolveForwardOptions } from "./options.ts";
import { openSession, sealSession, SESSION_HEADER } from "./sealed_sessions.ts";
import { type GatewayKeys, keysOf } from "./secrets.ts";
import { transportOf } from "./transport.ts";
import { checkUpstream, mountOf, upstreamUrls } from "./upstream_url.ts";

/** A comment, which every reader of events skips. */
const COMMENT = new TextEncoder().encode(":\n\n");

/**
 * A handler that passes accepted requests on to an MCP server at another URL, in any language, and its responses back.
 * Bodies and events stream both ways. The access token stays here; the upstream learns from headers who calls.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { forwardTo } from "@gatehouse/mcp-auth/gateway";
 *
 * export default {
 *   fetch: protectResource(forwardTo("http://localhost:3000/mcp"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *   }),
 * };
 * ```
 *
 * @throws {TypeError} If the URL or an option cannot be used. The message says what to change.
 */
export function forwardTo(
  upstream: string,
  options: ForwardOptions = {},
): ProtectedHandler {
  const urlOf = upstreamUrls(checkUpstream(upstream));
  const rules = resolveForwardOptions(options);
  const { maxBodyBytes, maxOpen, timeoutSeconds } = rules;
  const onError = rules.onError === null
    ? (): void => {}
    // Not its cause: that may quote the client's query.
    : rules.onError ??
      (({ name, message }: UpstreamError): void =>
        printLine(`${name}: ${message} (${upstream})`));
  const transport = transportOf(rules.fetch);
  const keys = rules.secrets && keysOf(rules.secrets);
  const assert = asserter();
  let open = 0;

  return async (request, context, requestContext) => {
    if (open >= maxOpen) {
      return refuse(
        new UpstreamError("too_many_open", `${maxOpen} requests are open`),
      );
    }
    open++;
    const close = once(() => void open--);
    try {
      return await forward(request, context, requestContext, close);
    } catch (error) {
      close();
      if (error instanceof UpstreamError) return refuse(error);
      throw error; // a RequestError, which the guard answers
    }
  };

  async function forward(
    request: Request,
    { authInfo, parsedBody }: AuthContext,
    requestContext: RequestContext | undefined,
    close: () => void,
  ): Promise<Response> {
    const { method, signal } = request;
    const url = urlOf(request.url, rules.path ?? mountOf(authInfo.resource));
    if (url === undefined) {
      close();
      return notFound(request);
    }
    const sealing = await keys?.();
    const session = sealing &&
      await openSession(sealing, request.headers, authInfo);
    const headers = requestHeaders(request.headers);
    if (sealing !== undefined) setOrDelete(headers, SESSION_HEADER, session);
    writeForwarded(headers, authInfo.resource, requestContext);
    await writeCaller(headers, authInfo, sealing);
    const body = parsedBody === undefined
      ? await streamedBody(request, maxBodyBytes)
      : judgedBody(parsedBody);
    const sent = { method, url, headers, signal, ...body };
    const response = await send(transport, sent, timeoutSeconds);
    await checkHead(response, url);
    const answer = answerOf(response, signal, close);
    const opened = response.headers.get(SESSION_HEADER);
    if (sealing !== undefined && opened !== null) {
      const sealed = opened === session
        ? request.headers.get(SESSION_HEADER)!
        : await sealSession(sealing, opened, authInfo);
      answer.headers.set(SESSION_HEADER, sealed);
    }
    return answer;
  }

  async function writeCaller(
    headers: Headers,
    caller: AuthInfo,
    signing: GatewayKeys | undefined,
  ): Promise<void> {
    const told = Object.entries(identityOf(caller))
      .filter(([name]) => rules.identity.includes(name as "user"));
    const identity = Object.fromEntries(told);
    writeIdentity(headers, identity);
    if (signing === undefined || !rules.identity.includes("assertion")) return;
    const { resource } = caller;
    const assertion = await assert(signing, caller, identity, {
      issuer: rules.issuer ?? `${resource}`,
      audience: upstream,
      now: rules.now(),
    });
    headers.set(ASSERTION_HEADER, assertion);
  }

  /** The response as the client receives it. `close` is called when it has been sent, or its client is gone. */
  function answerOf(
    response: Response,
    signal: AbortSignal,
    close: () => void,
  ): Response {
    const { status } = response;
    const headers = responseHeaders(response.headers);
    const { body } = response;
    if (body === null || [204, 205, 304].includes(status)) {
      close();
      return new Response(null, { status, headers });
    }
    const readable = decodedBody(body, headers, transport.undoes);
    const isStream = isEventStream(response);
    if (!isStream && response.headers.has("content-length")) {
      close();
      return new Response(readable, { status, headers });
    }
    signal.addEventListener("abort", close, { once: true });
    const isHeld = isStream && transport.holdsHeads &&
      !headers.has("content-encoding");
    const watched = watchedBody(readable, (cause) => {
      close();
      if (cause === undefined || signal.aborted) return;
      onError(
        new UpstreamError(
          "cut_response",
          `The upstream's response broke off: ${causeOf(cause)}`,
          { cause },
        ),
      );
    }, isHeld ? COMMENT : undefined);
    return new Response(watched, { status, headers });
  }

  function refuse(error: UpstreamError): Response {
    onError(error);
    return responseTo(error);
  }
}

function setOrDelete(
  headers: Headers,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    call();
  };
}
