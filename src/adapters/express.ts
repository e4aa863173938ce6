/**
 * Middleware for Express 4 and 5, and for Connect. Everything that judges a request is the same as in `protectResource`.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { guardOf } from "../guard.ts";
import { isKnownError } from "../http/error_responses.ts";
import {
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "../options.ts";
import {
  checkOptions,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type { ScopePolicy } from "../scopes/policy.ts";
import type { AuthContext, Handler, RequestContext } from "../types.ts";
import { judgedBody } from "./express/body.ts";
import type {
  ExpressNext,
  ExpressRequest,
  ExpressResponse,
} from "./express/http.ts";
import { mountedRoutes, mountPaths, targetOf } from "./express/mount.ts";
import { editHead } from "./express/response_head.ts";
import { requestOf } from "./node/request.ts";
import { connectionOf } from "./node/response.ts";

export type { ExpressNext, ExpressRequest, ExpressResponse };

/** Options of {@linkcode protectedResource}: those of `protectResource` that a middleware can keep. */
export interface ExpressResourceOptions
  extends Omit<ProtectedResourceOptions, "otherwise" | "scopes"> {
  /** The scopes and logins that requests need. Default: any accepted token is enough. */
  readonly scopes?: Omit<ScopePolicy, "lists"> | undefined;
}

/** What {@linkcode protectedResource} returns. */
export interface ExpressMiddleware {
  /** The middleware. */
  (req: ExpressRequest, res: ExpressResponse, next: ExpressNext): Promise<void>;
  /**
   * Error-handling middleware for behind the routes: `app.use(resource.challenge)`. If a later handler passes an
   * `AccessTokenError` or an `AuthorizationServerError` to `next()` (in Express 5: throws it), it sends the challenge or the
   * 503 for it. Any other error is passed on.
   */
  readonly challenge: (
    error: unknown,
    req: ExpressRequest,
    res: ExpressResponse,
    next: ExpressNext,
  ) => Promise<void>;
}

const SHAPE: OptionShape<ProtectedResourceOptions> = {
  ...PROTECTED_RESOURCE_SHAPE,
  members: {
    ...PROTECTED_RESOURCE_SHAPE.members,
    otherwise: mustBe(
      () => false,
      "Express answers requests to other paths, by the routes behind the middleware",
    ),
  },
};

/** Stands for the next handler. */
const PASSED: Handler = () => new Response();

/** A request, passed through the core as its context. */
interface Visit extends RequestContext {
  admission?: Admission;
}

/** A request that was accepted, and what remains to be done for it. */
interface Admission {
  readonly context: AuthContext;
  readonly finish: (response: Response) => Response;
  readonly reject: (error: unknown) => Response;
}

/**
 * Middleware that verifies the access token, sets `req.auth` as `requireBearerAuth` of the MCP SDK does, and calls
 * `next()`. It also serves the resource's public documents, and answers its preflights, rejections and challenges.
 *
 * - `app.use(resource)`: guards the path of `metadata.resource` and all below it. Other requests are passed on untouched.
 *   Because a proxy may strip a prefix, `/mcp` is guarded for the resource `/api/mcp` too, unless `path` says where the
 *   resource is. If a proxy strips the whole path, use the next form.
 * - `app.use(["/mcp", "/.well-known"], resource)` or `app.all("/mcp", resource, handler)`: guards every request that
 *   reaches it, whatever the path. If a route matched before the middleware was reached, this applies as well, unless
 *   `path` is set.
 *
 * Mount it before the handlers that it protects, and after anything that changes `req.url`. For several resources, mount
 * one for each, with `path`.
 *
 * If the scope policy has rules for operations, the body is read here: from the stream, at most `maxBodyBytes`, or from
 * what an earlier body parser left. What was judged is then `req.body`, for later handlers, and body parsers find nothing
 * to read. A GET or HEAD with a body is 400 then. Without such rules, the body is not touched.
 *
 * The responses of later handlers get the CORS headers, and `Cache-Control: no-store` unless they say otherwise. The
 * session that they open (`Mcp-Session-Id`) is bound to its caller, and their event streams end when the token expires. A
 * middleware cannot change what they contain, so `scopes.lists` is an error: use `protectResource` with `toNodeListener`
 * instead. `anonymous` answers requests without credentials itself, it does not call `next()`.
 *
 * @example An MCP server in Express
 * ```ts
 * import {
 *   type ExpressRequest,
 *   protectedResource,
 * } from "@gatehouse/mcp-auth/express";
 * import express from "express";
 *
 * const app = express();
 * app.use(protectedResource({
 *   metadata: {
 *     resource: "https://notes.example.com/mcp",
 *     authorization_servers: ["https://auth.example.com"],
 *   },
 * }));
 * app.all("/mcp", ({ auth }: ExpressRequest, res) => {
 *   res.send(`Hello, ${auth?.extra?.sub}`);
 * });
 * app.listen(8787);
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function protectedResource(
  options: ExpressResourceOptions,
): ExpressMiddleware {
  checkOptions(options, "", SHAPE);
  const { lists = [] } = options.scopes as ScopePolicy | undefined ?? {};
  if (lists.length > 0) {
    throw new TypeError(
      "Cannot use scopes.lists: a middleware cannot change what later handlers send, use protectResource() with toNodeListener() of @gatehouse/mcp-auth/node instead",
    );
  }
  let readsBody = options.anonymous !== undefined;
  let judgesBody = false;
  const paths = mountPaths(options);
  const resource = guardOf(options, paths, ({ hasOperations }) => {
    judgesBody = hasOperations;
    readsBody ||= hasOperations;
    return (request, context, visit, finish, reject) => {
      if (hasOperations) checkBodyless(request);
      (visit as Visit).admission = { context, finish, reject };
      return new Response(); // not sent
    };
  });
  const handlerOf = mountedRoutes(resource, paths, options.path, PASSED);
  const admitted = new WeakMap<object, Admission>();

  async function middleware(
    req: ExpressRequest,
    res: ExpressResponse,
    next: ExpressNext,
  ): Promise<void> {
    const target = targetOf(req);
    const handler = handlerOf(req, target, middleware);
    if (handler === PASSED || admitted.has(req)) return next();
    const { signal, send } = connectionOf(req, res);
    const body = judgedBody(req, readsBody);
    const visit: Visit = {};
    let request: Request;
    try {
      if (handler === undefined) throw new TypeError("Cannot read the target");
      request = requestOf(req, signal, target.target, body.read);
    } catch {
      res.statusCode = 400;
      res.end();
      return;
    }
    try {
      const response = await handler(request, visit);
      if (visit.admission === undefined) {
        await send(response);
        // In Deno's node:http an unread body would block the next request.
        request.body?.cancel().catch(() => {});
        return;
      }
    } catch (error) {
      if (!signal.aborted) next(error);
      return;
    }
    const { context, finish } = visit.admission;
    if (judgesBody) body.leave(context.parsedBody);
    req.auth = context.authInfo;
    admitted.set(req, visit.admission);
    editHead(res, finish);
    next();
  }

  return Object.assign(middleware, {
    async challenge(
      error: unknown,
      req: ExpressRequest,
      res: ExpressResponse,
      next: ExpressNext,
    ): Promise<void> {
      const admission = admitted.get(req);
      if (admission === undefined || res.headersSent || !isKnownError(error)) {
        return next(error);
      }
      await connectionOf(req, res).send(admission.reject(error)).catch(next);
    },
  });
}

/**
 * A GET has no operations, so its body is not judged. A later handler could read it nevertheless, after
 * `express.json()`.
 */
function checkBodyless({ method, headers }: Request): void {
  if (
    /^(?:GET|HEAD)$/.test(method) &&
    (headers.has("transfer-encoding") ||
      !/^0*$/.test(headers.get("content-length") ?? ""))
  ) throw new RequestError("body_not_a_message");
}
