/**
 * An adapter for Node's `http` and everything with the same interface: `https`, the compatibility API of `http2`, Express
 * and Connect.
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
import { connectionOf } from "./node/response.ts";

export type { NodeRequest, NodeResponse };

/** Options of {@linkcode toNodeListener}. */
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
 * Creates a listener that calls a handler. Bodies stream in both directions, with backpressure. When the client
 * disconnects, `request.signal` aborts and the response's body is cancelled. A request that cannot
 * become a `Request` gets a 400.
 *
 * If the body was read before (by Express' `json()`, or on Cloud Functions), it is taken from `req.rawBody` or
 * `req.body`. If neither has it, the response is a 500, and `onError` receives an error that says what to change.
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
    let request: Request | undefined;
    const { signal, send } = connectionOf(req, res, () => {
      request = undefined; // not earlier: if a Request is garbage-collected, its copies never abort
    });
    try {
      request = requestOf(req, signal);
      await send(checkResponse(await handler(request), "the handler"));
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
      // In Deno's node:http an unread body would block the next request.
      request?.body?.cancel().catch(() => {});
    }
  };
}

function printError(error: unknown): void {
  // deno-lint-ignore no-console
  console.error(error);
}
