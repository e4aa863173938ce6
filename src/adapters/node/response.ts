/**
 * Sends Responses to Node's connections.
 *
 * @module
 */

import type { NodeRequest, NodeResponse } from "./http.ts";

/** Where the response to a request goes. */
export interface Connection {
  /** Aborts when the client disconnects before the response's end. */
  readonly signal: AbortSignal;
  /**
   * Sends a response with backpressure.
   *
   * @throws {TypeError} If its body is already being read.
   * @throws What its body fails with, or the reason of the abort.
   */
  send(response: Response): Promise<void>;
}

/** The connection of a request. `onClose` is called when it closes, or the response has ended. */
export function connectionOf(
  req: NodeRequest,
  res: NodeResponse,
  onClose: () => void = () => {},
): Connection {
  const aborter = new AbortController();
  const { signal } = aborter;
  let resume = (): void => {};
  res.on("drain", () => resume());
  res.on("close", () => {
    if (!res.writableEnded) aborter.abort();
    resume();
    onClose();
  });
  const write = (chunk: Uint8Array): void | Promise<void> => {
    // A closed connection emits no "drain", and a pipe waits for this write before it cancels.
    if (res.write(chunk) || signal.aborted) return;
    return new Promise((done) => resume = done);
  };
  return {
    signal,
    async send({ status, headers, body }): Promise<void> {
      if (body?.locked) {
        throw new TypeError("Cannot send the body: it is already being read");
      }
      res.statusCode = status;
      for (const [name, value] of headers) {
        // The MCP SDK sets it, HTTP/2 forbids it (RFC 9113 §8.2.2), and Node would warn on the console.
        if (name === "connection" && req.httpVersionMajor === 2) continue;
        const isCookie = name === "set-cookie";
        res.setHeader(name, isCookie ? headers.getSetCookie() : value);
      }
      if (req.method === "HEAD") await body?.cancel();
      else {
        if (!signal.aborted) res.flushHeaders?.();
        await body?.pipeTo(new WritableStream({ write }), { signal });
      }
      res.end();
    },
  };
}
