/**
 * Middleware for Hono.
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { remaindersOf, twinOf } from "../http/paths.ts";
import {
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "../options.ts";
import { resourceOf } from "../protect_resource.ts";
import { handleOrigin } from "../router.ts";
import { pathOf } from "../runtime/identifiers.ts";
import {
  checkOptions,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import type {
  AuthContext,
  AuthInfo,
  ProtectedHandler,
  RequestContext,
} from "../types.ts";

/** The members of Hono's `Context` that are used. */
export interface HonoContext {
  /** The request. */
  readonly req: {
    /** The runtime's request. Its body may have been read. */
    raw: Request;
    /** The body as it was read, by the method that read it. */
    readonly bodyCache?: object | undefined;
    /** The body, from the cache if it was read. */
    arrayBuffer?(): Promise<ArrayBuffer>;
  };
  /** The response of the downstream handlers. To replace it, first set it to `undefined`, or Hono merges the headers. */
  res: Response | undefined;
  /** What a downstream handler threw. */
  readonly error: Error | undefined;
  /** The context of Cloudflare Workers. Reading it throws elsewhere. */
  readonly executionCtx: RequestContext;
  /** Sets a variable. */
  set(name: string, value: unknown): void;
}

const SHAPE: OptionShape<ProtectedResourceOptions> = {
  ...PROTECTED_RESOURCE_SHAPE,
  members: {
    ...PROTECTED_RESOURCE_SHAPE.members,
    path: mustBe(() => false, "Hono decides where the middleware is mounted"),
  },
};

/** The variables that {@linkcode protectedResource} sets: `new Hono<{ Variables: ProtectedResourceVariables }>()`. */
export interface ProtectedResourceVariables {
  /** The verified caller, where `@hono/mcp` looks for it. */
  auth: AuthInfo;
  /** The request's JSON body, if the scope policy read it. */
  parsedBody: unknown;
}

/**
 * Middleware that turns the routes on which it is mounted into the protected resource, and serves its public documents.
 * Every request that reaches a downstream handler was accepted, however Hono reads its path. Mount it on a part of an app
 * together with `/.well-known/*`, or on the whole app, after the public routes. The public documents are found even if a
 * proxy strips a prefix of the resource's path. If earlier middleware has read the body by `c.req.json()` or
 * `c.req.text()`, the body is passed on; if it was read in another way, the middleware throws.
 *
 * @example An MCP server on a route
 * ```ts
 * import {
 *   protectedResource,
 *   type ProtectedResourceVariables,
 * } from "@gatehouse/mcp-auth/hono";
 * import { Hono } from "hono";
 *
 * const resource = protectedResource({
 *   metadata: {
 *     resource: "https://notes.example.com/mcp",
 *     authorization_servers: ["https://auth.example.com"],
 *   },
 * });
 *
 * export default new Hono<{ Variables: ProtectedResourceVariables }>()
 *   .use("/mcp/*", resource)
 *   .use("/.well-known/*", resource)
 *   .all("/mcp", (c) => c.text(`Hello, ${c.get("auth").extra?.sub}`));
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function protectedResource(
  options: Omit<ProtectedResourceOptions, "path">,
): (
  c: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined> {
  checkOptions(options, "", SHAPE);
  const admitted = new WeakSet<HonoContext>();
  const goOn: ProtectedHandler = (request, context, platform) => {
    admitted.add((platform as Visit).c);
    return passOn(request, context, platform as Visit);
  };
  // Hono has decided which paths belong to the resource: every path that reaches the middleware.
  const paths = remaindersOf(pathOf(options.metadata.resource));
  const resource = resourceOf(goOn, { ...options, path: "" }, paths);
  const twins = new Set(paths.map(twinOf));
  const protect = handleOrigin([{
    ...resource,
    documents: { ...resource.documents, paths },
    place: (path) => twins.has(path) ? "lookalike" : resource.place(path),
  }], options.otherwise);
  return async (c, next) => {
    // Mounted twice, as on /mcp and on /mcp/*: a proof of possession can be used only once.
    if (admitted.has(c)) {
      await next();
      return undefined;
    }
    const waitUntil = waitUntilOf(c);
    const visit: Visit = { c, next, ...(waitUntil && { waitUntil }) };
    const response = await protect(await unread(c), visit);
    if (!visit.passed) return response;
    // Hono ignores what a middleware returns if `c.res` is set, and merges headers if `c.res` is set again.
    if (response !== c.res) {
      c.res = undefined;
      c.res = response;
    }
    return undefined;
  };
}

/** A request, passed through the core as its context. */
interface Visit extends RequestContext {
  readonly c: HonoContext;
  readonly next: () => Promise<void>;
  passed?: true;
}

async function passOn(
  request: Request,
  context: AuthContext,
  visit: Visit,
): Promise<Response> {
  const { c, next } = visit;
  c.set("auth", context.authInfo);
  c.set("parsedBody", context.parsedBody);
  c.req.raw = request;
  visit.passed = true;
  await next();
  // Hono would send a 500; the core sends the challenge.
  if (c.error instanceof AccessTokenError) throw c.error;
  return c.res!;
}

/**
 * Returns the request with a body that can be read, even if middleware has read it.
 *
 * @throws {TypeError} If the cached body is not exactly what the client sent.
 */
async function unread({ req }: HonoContext): Promise<Request> {
  const { raw, bodyCache = {} } = req;
  if (!raw.bodyUsed) return raw;
  const [first = ""] = Object.keys(bodyCache);
  // Form data would be serialized again, with another boundary.
  const isKept = "arrayBuffer" in bodyCache ||
    /^(?:blob|bytes|json|text)$/.test(first);
  if (!isKept || req.arrayBuffer === undefined) {
    throw new TypeError(
      "Cannot read the request's body, it was already read: mount the guard before the middleware that reads it, or read it there by c.req.text() or c.req.json()",
    );
  }
  return new Request(raw, { body: await req.arrayBuffer() });
}

function waitUntilOf(c: HonoContext): RequestContext["waitUntil"] {
  try {
    const { executionCtx } = c;
    return (work) => executionCtx.waitUntil?.(work);
  } catch {
    return undefined;
  }
}
