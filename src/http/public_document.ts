/**
 * Responses with public documents: readable from every origin, cacheable for a bounded time, the same for every caller.
 *
 * @module
 */

import { constantHeaders } from "./headers.ts";

/** How long caches may store a public document. */
const MAX_AGE_SECONDS = 300;

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
};
const NOT_STORED = {
  "content-type": "application/json",
  "cache-control": "no-store",
};
const CACHED = constantHeaders({
  ...NOT_STORED,
  ...CORS,
  "cache-control": `public, max-age=${MAX_AGE_SECONDS}`,
});
const UNCACHED = constantHeaders({ ...NOT_STORED, ...CORS });
/**
 * Without CORS headers, so that browsers treat a preflight as rejected: whether pages may use such a path is not for
 * the guard to decide.
 */
const NO_PREFLIGHT = constantHeaders(NOT_STORED);
const PREFLIGHT = constantHeaders({
  ...CORS,
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
  // The wildcard does not cover Authorization, which some clients send here too.
  "access-control-allow-headers": "*, Authorization, MCP-Protocol-Version",
  "access-control-max-age": "7200",
});

/** Whether the request is a GET or HEAD. */
export function isRead(request: Request): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

/** Answers GET and HEAD with the document, preflights with 204, and any other method with 405. */
export function respondWithDocument(request: Request, body: string): Response {
  return respond(request, 200, body, CACHED());
}

/** Answers that there is no document. Not cacheable. A 404 answers every method, including OPTIONS. */
export function respondWithoutDocument(
  request: Request,
  status: 404 | 502,
  body: Readonly<Record<string, string>>,
): Response {
  const isPreflight = request.method === "OPTIONS";
  const headers = isPreflight && status === 404 ? NO_PREFLIGHT() : UNCACHED();
  return respond(request, status, JSON.stringify(body), headers);
}

function respond(
  request: Request,
  status: number,
  body: string,
  headers: Headers,
): Response {
  const { method } = request;
  if (isRead(request) || status === 404) {
    return new Response(method === "HEAD" ? null : body, { status, headers });
  }
  return method === "OPTIONS"
    ? new Response(null, { status: 204, headers: PREFLIGHT() })
    : new Response(null, {
      status: 405,
      headers: { ...CORS, allow: "GET, HEAD, OPTIONS" },
    });
}
