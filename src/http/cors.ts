/**
 * Who may speak to a server from a browser: the {@link https://fetch.spec.whatwg.org/#http-cors-protocol | CORS protocol},
 * with the fields that MCP clients send and need to see, and the Origin and Host checks that MCP asks of a server
 * against DNS rebinding.
 *
 * @module
 */

import { checkResponse } from "./handler_response.ts";
import { RequestError } from "../errors.ts";
import { refuseRequest } from "./error_responses.ts";
import { amendHeaders, constantHeaders } from "./headers.ts";
import { MAX_URL_LENGTH } from "../runtime/identifiers.ts";
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

/** Which browsers' requests are let in, and what their scripts may send and see. */
export interface CorsOptions {
  /** The allowed origins, as browsers write them, or whether one is. Default: any. */
  readonly origins?:
    | readonly string[]
    | ((origin: string) => boolean)
    | undefined;
  /** Whether a `Host` (without its port) is the server's. Default: any. */
  readonly hosts?:
    | readonly string[]
    | ((hostname: string) => boolean)
    | undefined;
  /** Request fields that scripts may send beside those of MCP. Default: none. */
  readonly allowHeaders?: readonly string[] | undefined;
  /** Response fields that scripts may see beside those of MCP. Default: none. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** For how long a browser may remember a preflight. Default: 7200, which is as long as Chromium does. */
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

/** {@linkcode CorsOptions}, ready to be asked. */
export interface Cors {
  /**
   * Checks where a request comes from and to whom.
   *
   * @throws {RequestError} If its Origin or its Host is not allowed.
   */
  check(request: Request): void;
  /** The answer to an OPTIONS request that was checked. */
  preflight(request: Request): Response;
  /** Sets on a response's headers what scripts of the request's origin may see. A second call changes nothing else. */
  expose(request: Request, headers: Headers): void;
  /** Whether {@linkcode Cors.expose} has set these headers, for this request or another one. */
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
/** The one family of fields in MCP that has no fixed names. */
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
 * Lets browsers speak to a handler: answers preflights, refuses other origins and hosts with 403, and adds the
 * fields of CORS to every answer.
 *
 * @example An MCP server without authorization
 * ```ts
 * import { type Handler, withCors } from "@gatehouse/mcp-auth";
 *
 * const handler: Handler = withCors(() => new Response("Hello"));
 * ```
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

/** Reads the options once. */
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
    // A refusal passes here too, and is none of the refused page's business.
    if (origin !== null && isOrigin(origin)) {
      headers.set("access-control-allow-origin", origin);
    } else headers.delete("access-control-allow-origin");
    if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get("vary") ?? "")) {
      headers.append("vary", "Origin");
    }
  }

  function isExposed(headers: Headers): boolean {
    return headers.get("access-control-expose-headers")
      ?.endsWith(exposeHeaders) ?? false;
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
      if (!isExposed(headers)) {
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
  // A function may well parse the value as a URL.
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

/** The host that the client meant, without its port. */
function hostnameOf(request: Request): string {
  const host = request.headers.get("host") ??
    HOST_OF_URL.exec(request.url)?.[1];
  return (host ?? "").replace(/:\d*$/, "").toLowerCase();
}
