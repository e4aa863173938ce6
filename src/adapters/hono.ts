/**
 * Middleware for Hono.
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { twinOf } from "../http/paths.ts";
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
import type { AuthInfo, ProtectedHandler, RequestContext } from "../types.ts";

/** What is used of Hono's `Context`. */
export interface HonoContext {
  /** The request. */
  readonly req: {
    /** As the runtime gave it. Its body may have been read. */
    raw: Request;
    /** What was read of the body, as it was asked for. */
    readonly bodyCache?: object | undefined;
    /** The body, from what was read of it. */
    arrayBuffer?(): Promise<ArrayBuffer>;
  };
  /** The answer of what is behind. Set to `undefined` first, it is replaced and not merged. */
  res: Response | undefined;
  /** What was thrown behind. */
  readonly error: Error | undefined;
  /** Of Cloudflare Workers. Throws elsewhere. */
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
  /** The verified caller. `@hono/mcp` looks for it there. */
  auth: AuthInfo;
  /** The request's JSON body, where the scope policy had to read it. */
  parsedBody: unknown;
}

/**
 * Middleware that makes the routes on which it is mounted the protected resource, with its public documents: what
 * reaches the handlers behind was accepted, however Hono reads a path. So it may be mounted on a part of an app, together
 * with `/.well-known/*`, or on all of it; then public routes come before it. The public documents are found whatever
 * prefix of the resource's path a proxy in front has stripped. A body that middleware in front has read, by
 * `c.req.json()` or `c.req.text()`, is handed on; what has read it otherwise is an error.
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
  // Which paths are the resource's was Hono's to decide, by its own reading of them: all that come here.
  const resource = resourceOf(goOn, { ...options, path: "" });
  const paths = remaindersOf(pathOf(options.metadata.resource));
  const twins = new Set(paths.map(twinOf));
  const protect = handleOrigin([{
    ...resource,
    documents: { ...resource.documents, paths },
    place: (path) => twins.has(path) ? "lookalike" : resource.place(path),
  }], options.otherwise);
  return async (c, next) => {
    const waitUntil = waitUntilOf(c);
    const visit: Visit = { c, next, ...(waitUntil && { waitUntil }) };
    const response = await protect(await unread(c), visit);
    if (!visit.passed) return response;
    // Hono looks at what a middleware returns only where nothing has answered yet, and merges what is set into what was.
    if (response !== c.res) {
      c.res = undefined;
      c.res = response;
    }
    return undefined;
  };
}

/** What a proxy in front may leave of a path: all of it, or what follows a prefix. The last one is empty. */
function remaindersOf(path: string): string[] {
  const slashes = [...path.matchAll(/\/(?=.)/g)];
  return [...slashes.map(({ index }) => path.slice(index)), ""];
}

/** A request's way through the core and back. */
interface Visit extends RequestContext {
  readonly c: HonoContext;
  readonly next: () => Promise<void>;
  passed?: true;
}

const goOn: ProtectedHandler = async (request, context, platform) => {
  const visit = platform as Visit;
  const { c, next } = visit;
  c.set("auth", context.authInfo);
  c.set("parsedBody", context.parsedBody);
  c.req.raw = request;
  visit.passed = true;
  await next();
  // Hono has made a 500 of it, where the core has a challenge.
  if (c.error instanceof AccessTokenError) throw c.error;
  return c.res!;
};

/**
 * The request, whose body can be read though middleware has read it.
 *
 * @throws {TypeError} If nothing is left from which its body could be told exactly.
 */
async function unread({ req }: HonoContext): Promise<Request> {
  const { raw, bodyCache = {} } = req;
  if (!raw.bodyUsed) return raw;
  const [first = ""] = Object.keys(bodyCache);
  // Of form data, a body would be made anew, with another boundary.
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
