/**
 * The Request that a request of Node's is.
 *
 * @module
 */

import type { NodeRequest } from "./http.ts";

/**
 * Makes a Request, whose signal is the one that is given. Its body streams: nothing is read before it is asked for.
 *
 * @throws {TypeError} If there is no Request like that.
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
  const body = /^(?:GET|HEAD)$/.test(method) ? null : bodyOf(req);
  return new Request(
    url,
    { method, headers, signal, body, duplex: "half" } as RequestInit,
  );
}

/** Nothing is read before it is asked for. What nobody wants is read past, so that the connection can go on. */
function bodyOf(req: NodeRequest): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = req[Symbol.asyncIterator]();
  const readPast = async (): Promise<void> => {
    while (!(await pieces.next()).done);
  };
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel(): void {
      readPast().catch(() => {});
    },
  }, { highWaterMark: 0 });
}
