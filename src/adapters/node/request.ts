/**
 * Creates a Request from a Node request.
 *
 * @module
 */

import { type Body, bodyOf } from "./body.ts";
import type { NodeRequest } from "./http.ts";

/**
 * Creates a Request with the given signal. Its body streams, unless it was read before. `target` is the request target,
 * by default the one that the client sent; `readBody` returns the body, by default {@linkcode bodyOf}.
 *
 * @throws {TypeError} If host, target, method or headers make no valid Request.
 * @throws {LostBodyError} As {@linkcode bodyOf}.
 */
export function requestOf(
  req: NodeRequest,
  signal: AbortSignal,
  target: string = req.originalUrl ?? req.url ?? "/",
  readBody: (req: NodeRequest, headers: Headers) => Body | null = bodyOf,
): Request {
  const { method = "GET", rawHeaders } = req;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // RFC 9113 §8.3: a name that begins with a colon is a pseudo-header.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1]!);
  }
  const host = headers.get("host") ?? req.authority ?? "localhost";
  const { authority = host } = req;
  const scheme = req.socket.encrypted === true ? "https" : "http";
  const url = target.startsWith("/") ? `${scheme}://${host}${target}` : target;
  if (
    // Only ASCII hosts without escapes: `URL` takes quadratic time for some others.
    !/^[\w.:[\]-]+$/.test(host) ||
    !/^https?:\/\/[\w.:[\]-]+(?:$|[/?])/i.test(url) ||
    // RFC 9113 §8.3.1: if there are two hosts, a proxy and the guard could each use another one.
    host.toLowerCase() !== authority.toLowerCase()
  ) {
    throw new TypeError(
      "Cannot create a URL from this Host and request target",
    );
  }
  const body = readBody(req, headers);
  return new Request(
    url,
    { method, headers, signal, body, duplex: "half" } as RequestInit,
  );
}
