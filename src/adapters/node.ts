/**
 * Node's `http`, and what speaks its language: `https`, the compatible side of `http2`, Express and Connect.
 *
 * @module
 */

import { checkResponse } from "../http/handler_response.ts";
import {
  aFunction,
  checkOptions,
  type OptionShape,
  orNull,
} from "../runtime/option_checks.ts";
import type { Handler } from "../types.ts";
import { LostBodyError } from "./node/body.ts";
import type { NodeRequest, NodeResponse } from "./node/http.ts";
import { requestOf } from "./node/request.ts";

export type { NodeRequest, NodeResponse };

/** What {@linkcode toNodeListener} can be told. */
export interface NodeListenerOptions {
  /**
   * Receives what the handler threw, or the error that ended its response's body. The client sees only a 500, or a
   * connection that breaks. `null`: errors are dropped. Default: `console.error`, since `node:http` prints nothing.
   */
  readonly onError?: ((error: unknown) => void) | null | undefined;
}

const SHAPE: OptionShape<NodeListenerOptions> = {
  members: { onError: orNull(aFunction) },
};

/**
 * A listener that answers with a handler. Bodies stream both ways, no faster than they are read. When the client goes
 * away, `request.signal` aborts and the answer's body is cancelled. What cannot be a Request gets 400.
 *
 * Where something in front has read the body (Express' `json()`, Cloud Functions), it is taken from `req.rawBody`, or
 * from `req.body`. If neither tells it, the answer is 500, and `onError` receives an error that says what to change.
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
 * // In Express: app.use(toNodeListener(mcp)), after other routes.
 * createServer(toNodeListener(mcp)).listen(8787);
 * ```
 */
export function toNodeListener(
  handler: Handler,
  options: NodeListenerOptions = {},
): (req: NodeRequest, res: NodeResponse) => Promise<void> {
  aFunction(handler, "handler");
  checkOptions(options, "", SHAPE);
  const { onError = printError } = options;
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
      const { status, headers, body } = checkResponse(
        await handler(request),
        "the handler",
      );
      if (body?.locked) throw new TypeError("Cannot send a body in use");
      res.statusCode = status;
      for (const [name, value] of headers) {
        // HTTP/2 has none (RFC 9113 §8.2.2), the MCP SDK sets it, and Node would warn on the console.
        if (name === "connection" && req.httpVersionMajor === 2) continue;
        const isCookie = name === "set-cookie";
        res.setHeader(name, isCookie ? headers.getSetCookie() : value);
      }
      const write = (piece: Uint8Array): void | Promise<void> => {
        // To one that is gone no "drain" comes, and a pipe ends its writing before it cancels.
        if (res.write(piece) || signal.aborted) return;
        return new Promise((done) => resume = done);
      };
      if (req.method === "HEAD") await body?.cancel();
      else {
        if (!signal.aborted) res.flushHeaders?.();
        await body?.pipeTo(new WritableStream({ write }), { signal });
      }
      res.end();
    } catch (error) {
      if (signal.aborted) return;
      const isRequest = request !== undefined || error instanceof LostBodyError;
      if (res.headersSent) res.destroy();
      else {
        res.statusCode = isRequest ? 500 : 400;
        res.end();
      }
      if (isRequest) onError?.(error);
    } finally {
      // Deno's node:http would leave it in the way of the next request.
      request?.body?.cancel().catch(() => {});
    }
  };
}

function printError(error: unknown): void {
  // deno-lint-ignore no-console
  console.error(error);
}
