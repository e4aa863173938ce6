/**
 * The Request that a request of Node's is.
 *
 * @module
 */

import { bodyOf } from "./body.ts";
import type { NodeRequest } from "./http.ts";

/**
 * Makes a Request, whose signal is the one that is given. Its body streams, unless something in front has read it.
 *
 * @throws {TypeError} If there is no Request like that.
 * @throws {LostBodyError} If its body was already read, and cannot be told from what is left.
 */
export function requestOf(req: NodeRequest, signal: AbortSignal): Request {
  const { method = "GET", rawHeaders } = req;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // RFC 9113 §8.3: what begins with a colon is no field.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1]!);
  }
  const host = headers.get("host") ?? req.authority ?? "localhost";
  const { authority = host } = req;
  const target = req.originalUrl ?? req.url ?? "/";
  const scheme = req.socket.encrypted === true ? "https" : "http";
  const url = target.startsWith("/") ? `${scheme}://${host}${target}` : target;
  if (
    // A host as it is sent in ASCII: `URL` takes quadratic time for some others.
    !/^[\w.:[\]-]+$/.test(host) ||
    !/^https?:\/\/[\w.:[\]-]+(?:$|[/?])/i.test(url) ||
    // RFC 9113 §8.3.1: of two hosts, a proxy and a guard could each take another.
    host.toLowerCase() !== authority.toLowerCase()
  ) {
    throw new TypeError("Cannot make a URL of this Host and target");
  }
  const body = bodyOf(req, headers);
  return new Request(
    url,
    { method, headers, signal, body, duplex: "half" } as RequestInit,
  );
}
