/**
 * The guard in front of an upstream, in process, and requests whose token it accepts.
 *
 * @module
 */
import { protectResource } from "../../mod.ts";
import { type ForwardOptions, forwardTo } from "../../src/gateway/mod.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import {
  type Members,
  type TestIssuer,
  testIssuer,
} from "../../src/testing/mod.ts";
import type { Handler, RequestContext } from "../../src/types.ts";

export const RESOURCE = "https://notes.example.com/mcp";
export const ISSUER = "https://auth.example.com";
export const SECRET = "0123456789abcdef0123456789abcdef";

/** A request beside its token: by default a POST of a small JSON body. */
export interface Asked {
  readonly method?: string;
  /** Below the resource, with its query. */
  readonly below?: string;
  readonly headers?: HeadersInit;
  readonly body?: unknown;
  readonly claims?: Members;
  /** A token in place of a new one. */
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly requestContext?: RequestContext;
}

/** A guarded upstream. */
export interface Gated {
  readonly issuer: TestIssuer;
  readonly handler: Handler;
  /** Asks with a token that is accepted. */
  readonly ask: (asked?: Asked) => Promise<Response>;
}

/** Puts the guard in front of an upstream. */
export async function gate(
  upstream: string,
  options: ForwardOptions = {},
  guard: Omit<ProtectedResourceOptions, "metadata"> = {},
  resource: string = RESOURCE,
): Promise<Gated> {
  const issuer = await testIssuer({ issuer: ISSUER, audience: resource });
  const handler = protectResource(
    forwardTo(upstream, { onError: null, ...options }),
    {
      metadata: { resource, authorization_servers: [ISSUER] },
      platform: issuer.platform,
      ...guard,
    },
  );
  return {
    issuer,
    handler,
    async ask(
      {
        method = "POST",
        below = "",
        body = method === "POST"
          ? { jsonrpc: "2.0", id: 1, method: "ping" }
          : undefined,
        claims = {},
        token,
        signal,
        requestContext,
        ...asked
      } = {},
    ): Promise<Response> {
      const headers = new Headers(asked.headers);
      headers.set(
        "authorization",
        `Bearer ${token ?? await issuer.token(claims)}`,
      );
      if (body !== undefined && !headers.has("content-type")) {
        headers.set("content-type", "application/json");
      }
      const isRaw = typeof body === "string" || body instanceof ReadableStream;
      const request = new Request(`${resource}${below}`, {
        method,
        headers,
        ...(signal && { signal }),
        ...(body !== undefined && {
          body: isRaw ? body as BodyInit : JSON.stringify(body),
          duplex: "half",
        }),
      } as RequestInit);
      return await handler(request, requestContext);
    },
  };
}
