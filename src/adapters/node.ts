/**
 * Node's `http`, and what speaks its language: `https`, the compatible side of `http2`, Express and Connect.
 *
 * @module
 */

import type { Handler } from "../types.ts";

/** What is used of `http.IncomingMessage`. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The method. */
  readonly method?: string | undefined;
  /** The request target. */
  readonly url?: string | undefined;
  /** The request target, where a mount in Express took its path off `url`. */
  readonly originalUrl?: string;
  /** Names and values in turn. (`headers` would hide that a field came twice.) */
  readonly rawHeaders: readonly string[];
  /** The host of an HTTP/2 request. */
  readonly authority?: string;
  /** The connection. */
  readonly socket: object & { readonly encrypted?: boolean };
}

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  /** The status. */
  statusCode: number;
  /** Whether status and fields are on their way. */
  readonly headersSent: boolean;
  /** Whether all is written. */
  readonly writableEnded: boolean;
  /** Adds a field. */
  setHeader(name: string, value: string | readonly string[]): unknown;
  /** Sends status and fields. */
  flushHeaders(): void;
  /** Sends a piece of the body; false asks to wait for "drain". */
  write(piece: Uint8Array): boolean;
  /** Ends the answer. */
  end(): unknown;
  /** Breaks the connection. */
  destroy(): unknown;
  /** Listens for "drain", or for the "close" of answer or connection. */
  on(event: string, listener: () => void): unknown;
}

/** What {@linkcode toNodeListener} can be told. */
export interface NodeListenerOptions {
  /** Is told what the handler threw, of which the client sees nothing but 500, or a connection that breaks. Default: nobody is told. */
  readonly onError?: (error: unknown) => void;
}

/**
 * A listener that answers with a handler. Bodies stream both ways, no faster than they are read. When the client goes
 * away, `request.signal` aborts and the answer's body is cancelled. What cannot be a Request gets 400.
 *
 * @example An MCP server on node:http
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { toNodeListener } from "@gatehouse/mcp-auth/node";
 * import { createServer } from "node:http";
 *
 * const mcp = protectResource(
 *   (_request, { authInfo }) => new Response(`Hello, ${authInfo.extra?.sub}`),
 *   {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *   },
 * );
 *
 * // In Express: app.use(toNodeListener(mcp)), after other routes and before anything that reads bodies.
 * createServer(toNodeListener(mcp, { onError: console.error })).listen(8787);
 * ```
 */
export function toNodeListener(
  handler: Handler,
  { onError }: NodeListenerOptions = {},
): (req: NodeRequest, res: NodeResponse) => Promise<void> {
  return async (req, res) => {
    const aborter = new AbortController();
    const { signal } = aborter;
    let request: Request | undefined;
    let resume = (): void => {};
    res.on("drain", () => resume());
    res.on("close", () => {
      if (!res.writableEnded) aborter.abort();
      resume();
      request = undefined; // not before: copies of a Request that is collected never hear of an abort
    });
    try {
      request = requestOf(req, signal);
      const { status, headers, body } = await handler(request);
      if (body?.locked) throw new TypeError("Cannot send a body in use");
      res.statusCode = status;
      for (const [name, value] of headers) {
        const isCookie = name === "set-cookie";
        res.setHeader(name, isCookie ? headers.getSetCookie() : value);
      }
      const write = (piece: Uint8Array): void | Promise<void> => {
        if (!res.write(piece)) return new Promise((done) => resume = done);
      };
      if (req.method === "HEAD") await body?.cancel();
      else {
        if (!signal.aborted) res.flushHeaders();
        await body?.pipeTo(new WritableStream({ write }), { signal });
      }
      res.end();
    } catch (error) {
      if (signal.aborted) return;
      if (res.headersSent) res.destroy();
      else {
        res.statusCode = request === undefined ? 400 : 500;
        res.end();
      }
      if (request !== undefined) onError?.(error);
    } finally {
      // Deno's node:http would leave it in the way of the next request.
      request?.body?.cancel().catch(() => {});
    }
  };
}

/** @throws {TypeError} If there is no Request like that. */
function requestOf(req: NodeRequest, signal: AbortSignal): Request {
  const { method = "GET", rawHeaders } = req;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    // RFC 9113 §8.3: what begins with a colon is no field.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[i + 1]!);
  }
  const host = headers.get("host") ?? req.authority ?? "localhost";
  const target = req.originalUrl ?? req.url ?? "/";
  const scheme = req.socket.encrypted === true ? "https" : "http";
  const url = target.startsWith("/") ? `${scheme}://${host}${target}` : target;
  if (!/^[\w.:[\]-]+$/.test(host) || !/^https?:\/\//i.test(url)) {
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
