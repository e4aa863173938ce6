/**
 * Access from browsers: the {@link https://fetch.spec.whatwg.org/#http-cors-protocol | CORS protocol} with the headers
 * that MCP clients send and read, and the checks of Origin and Host that MCP requires against DNS rebinding.
 *
 * @module
 */

import { checkResponse } from "./handler_response.ts";
import { RequestError } from "../errors.ts";
import { refuseRequest } from "./error_responses.ts";
import { amendHeaders, constantHeaders } from "./headers.ts";
import {
  isLoopback,
  MAX_URL_LENGTH,
  parseUrl,
} from "../runtime/identifiers.ts";
import {
  aFunction,
  type Check,
  checkOptions,
  isStrings,
  mustBe,
  type OptionShape,
} from "../runtime/option_checks.ts";
import { printableList } from "../runtime/printable.ts";
import type { Handler } from "../types.ts";

/** Which origins and hosts are allowed, and which headers scripts may send and read. */
export interface CorsOptions {
  /**
   * The allowed origins, as browsers serialize them (`https://app.example`), or a function that allows an origin. An
   * origin of more than 8192 characters is rejected without calling it. Default: every origin.
   */
  readonly origins?:
    | readonly string[]
    | ((origin: string) => boolean)
    | undefined;
  /**
   * The allowed hosts without port (`app.example`), or a function that allows a host. A host of more than 8192 characters
   * is rejected without calling it. Default: every host.
   */
  readonly hosts?:
    | readonly string[]
    | ((hostname: string) => boolean)
    | undefined;
  /** Request headers that scripts may send in addition to those of MCP. Default: none. */
  readonly allowHeaders?: readonly string[] | undefined;
  /** Response headers that scripts may read in addition to those of MCP. Default: none. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** How long a browser may cache a preflight, in seconds, 0 or more. Default: 7200, the most that Chromium allows. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The serialized form of an Origin, and a Host without a port: entries must match them exactly. */
const ORIGIN = /^(?:null|[\w.+-]+:\/\/[^/*A-Z\s]+)$/;
const HOST = /^(?:[^/:*A-Z\s]+|\[[\da-f:.]+\])$/;

const HEADER_NAMES: Check = mustBe(
  (value) =>
    isStrings(value) &&
    value.every((item) => /^[!#$%&'*+.^_`|~\w-]+$/.test(item)),
  'list names of headers, such as ["X-Request-Id"]',
);

/** The members of {@linkcode CorsOptions}. */
export const CORS_SHAPE: OptionShape<CorsOptions> = {
  members: {
    origins: listOrFunction(ORIGIN, "list each as https://app.example"),
    hosts: listOrFunction(HOST, "list each as app.example"),
    allowHeaders: HEADER_NAMES,
    exposeHeaders: HEADER_NAMES,
    maxAgeSeconds: mustBe(
      (value) => Number.isFinite(value) && (value as number) >= 0,
      "use a number of seconds, 0 or more",
    ),
  },
};

/** The rules that {@linkcode CorsOptions} describe. */
export interface Cors {
  /**
   * Checks the origin and the host of a request.
   *
   * @throws {RequestError} If one of them is not allowed.
   */
  check(request: Request): void;
  /** Answers an OPTIONS request that {@linkcode Cors.check} accepted. */
  preflight(request: Request): Response;
  /**
   * Sets the CORS headers of the response to a request. If a handler returns the same response for several requests, it
   * replaces those of the request before.
   */
  expose(request: Request, headers: Headers): void;
  /** Whether {@linkcode Cors.expose} was called for these headers before. */
  isExposed(headers: Headers): boolean;
}

const ALLOW_METHODS = "GET, POST, DELETE, OPTIONS";
const ALLOW_HEADERS = [
  "Authorization",
  "Content-Type",
  "Accept",
  "MCP-Protocol-Version",
  "Mcp-Session-Id",
  "Mcp-Method",
  "Mcp-Name",
  "Last-Event-ID",
  "DPoP",
];
/** The only headers of MCP without fixed names. */
const PARAMETER_HEADER = /^mcp-param-[!#$%&'*+.^_`|~\w-]+$/i;
const EXPOSE_HEADERS = [
  "WWW-Authenticate",
  "Mcp-Session-Id",
  "MCP-Protocol-Version",
  "Retry-After",
  "DPoP-Nonce",
];

const HOST_OF_URL = /^\w+:\/\/([^/\\?#@]+)/;

/**
 * Makes a handler accessible from browsers: answers preflights, rejects other origins and hosts with 403, and adds the
 * CORS headers to every response.
 *
 * @example An MCP server without authorization
 * ```ts
 * import { type Handler, withCors } from "@gatehouse/mcp-auth";
 *
 * const handler: Handler = withCors(() => new Response("Hello"));
 * ```
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 */
export function withCors(handler: Handler, options: CorsOptions = {}): Handler {
  aFunction(handler, "handler");
  checkOptions(options, "cors", CORS_SHAPE);
  const rules = cors(options);
  return async (request, context) => {
    try {
      rules.check(request);
    } catch (error) {
      if (error instanceof RequestError) return refuseRequest(error);
      throw error;
    }
    if (request.method === "OPTIONS") return rules.preflight(request);
    const response = await handler(request, context);
    return amendHeaders(
      checkResponse(response, "the handler"),
      (headers) => rules.expose(request, headers),
      rules.isExposed,
    );
  };
}

/**
 * The CORS rules of a resource on a loopback host: by default only pages of this machine may call it, and only by a name
 * of this machine, since DNS can point any other name to it.
 */
export function loopbackCors(
  { origins = isLoopbackOrigin, hosts = isLoopback, ...others }: CorsOptions =
    {},
): Cors {
  return cors({ ...others, origins, hosts });
}

function isLoopbackOrigin(origin: string): boolean {
  return isLoopback(parseUrl(origin)?.hostname ?? "");
}

/** Creates the rules for options that were already checked. */
export function cors(options: CorsOptions): Cors {
  const isOrigin = predicate(options.origins);
  const isHost = predicate(options.hosts);
  const allowHeaders = [...ALLOW_HEADERS, ...options.allowHeaders ?? []]
    .join(", ");
  const exposeHeaders = [...EXPOSE_HEADERS, ...options.exposeHeaders ?? []]
    .join(", ");
  const preflight = constantHeaders({
    allow: ALLOW_METHODS,
    "access-control-allow-methods": ALLOW_METHODS,
    "access-control-allow-headers": allowHeaders,
    "access-control-max-age": `${options.maxAgeSeconds ?? 7200}`,
    vary: "Access-Control-Request-Headers",
    ...(isOrigin === undefined && { "access-control-allow-origin": "*" }),
  });

  function admit(request: Request, headers: Headers): void {
    if (isOrigin === undefined) return;
    const origin = request.headers.get("origin");
    // Error responses pass here too: do not expose them to a rejected origin.
    if (origin !== null && isOrigin(origin)) {
      headers.set("access-control-allow-origin", origin);
    } else headers.delete("access-control-allow-origin");
    if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get("vary") ?? "")) {
      headers.append("vary", "Origin");
    }
  }

  function isExposed(headers: Headers): boolean {
    const exposed = headers.get("access-control-expose-headers");
    // Anywhere in it: a guard around this one adds its own names.
    return exposed !== null &&
      `, ${exposed}, `.includes(`, ${exposeHeaders}, `);
  }

  return {
    check(request): void {
      if (isHost !== undefined) {
        const host = hostnameOf(request);
        if (!isHost(host)) throw notAllowed("host", host, options.hosts);
      }
      if (isOrigin === undefined) return;
      const origin = request.headers.get("origin");
      if (origin !== null && !isOrigin(origin)) {
        throw notAllowed("origin", origin, options.origins);
      }
    },
    preflight(request): Response {
      const { headers } = request;
      const response = new Response(null, {
        status: 204,
        headers: preflight(),
      });
      const asked = headers.get("access-control-request-headers") ?? "";
      const parameters = asked.split(",").map((name) => name.trim())
        .filter((name) => PARAMETER_HEADER.test(name));
      if (parameters.length > 0) {
        response.headers.set(
          "access-control-allow-headers",
          [allowHeaders, ...parameters].join(", "),
        );
      }
      if (headers.has("access-control-request-private-network")) {
        response.headers.set("access-control-allow-private-network", "true");
      }
      admit(request, response.headers);
      return response;
    },
    expose(request, headers): void {
      if (isOrigin === undefined) {
        headers.set("access-control-allow-origin", "*");
      } else admit(request, headers);
      const exposed = headers.get("access-control-expose-headers");
      if (exposed === null) {
        headers.set("access-control-expose-headers", exposeHeaders);
      } else if (!isExposed(headers)) {
        headers.append("access-control-expose-headers", exposeHeaders);
      }
    },
    isExposed,
  };
}

/** Not a bare string: `"abc".includes("b")` matches substrings. */
function listOrFunction(pattern: RegExp, advice: string): Check {
  return mustBe(
    (value) =>
      typeof value === "function" ||
      isStrings(value) && value.every((item) => pattern.test(item)),
    `${advice}, or give a function`,
  );
}

function predicate(
  allowed: readonly string[] | ((value: string) => boolean) | undefined,
): ((value: string) => boolean) | undefined {
  // The function may parse the value as a URL.
  return typeof allowed === "function"
    ? (value) => value.length <= MAX_URL_LENGTH && allowed(value)
    : allowed && ((value) => allowed.includes(value));
}

function notAllowed(
  what: "host" | "origin",
  received: string,
  allowed: CorsOptions["hosts"],
): RequestError {
  const [shown] = printableList(received);
  return new RequestError(`${what}_not_allowed`, {
    ...(Array.isArray(allowed) && { expected: allowed }),
    received,
    advice: `the request's ${what} is "${shown}", allow it by cors.${what}s`,
  });
}

/** The host that a request is for, without its port. */
function hostnameOf(request: Request): string {
  const host = request.headers.get("host") ??
    HOST_OF_URL.exec(request.url)?.[1];
  return (host ?? "").replace(/:\d*$/, "").toLowerCase();
}
