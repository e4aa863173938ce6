/**
 * What a gateway answers itself, beside its resources.
 *
 * @module
 */

import { isRead, respondWithDocument } from "../../http/public_document.ts";
import type { Handler } from "../../types.ts";
import { assertionKeys } from "../assertion.ts";

/**
 * Answers `/healthcheck`, with which the gateway says that it runs, and `/readyz`, which also says whether the upstreams
 * answer. A resource without a path would own these too.
 */
export function withHealth(
  handler: Handler,
  isReady: () => Promise<boolean>,
): Handler {
  return async (request, requestContext) => {
    const { pathname } = new URL(request.url);
    if (isRead(request)) {
      if (pathname === "/healthcheck") return plain(200, "OK");
      if (pathname === "/readyz") {
        return await isReady()
          ? plain(200, "OK")
          : plain(503, "The MCP server does not answer");
      }
    }
    return await handler(request, requestContext);
  };
}

/** Answers `/.well-known/jwks.json` with the keys of assertions, and leaves the rest to `otherwise`. */
export function withAssertionKeys(
  secrets: readonly string[],
  otherwise: Handler,
): Handler {
  return async (request, requestContext) =>
    new URL(request.url).pathname === "/.well-known/jwks.json"
      ? respondWithDocument(
        request,
        JSON.stringify(await assertionKeys(secrets)),
      )
      : await otherwise(request, requestContext);
}

function plain(status: number, text: string): Response {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
  };
  return new Response(text, { status, headers });
}
