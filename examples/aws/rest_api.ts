/**
 * The REST API in front of the two functions, as data: the CDK app makes it on AWS, and the stand-in makes it on this
 * machine.
 *
 * @module
 */

import { protectedResourceMetadataUrl } from "@gatehouse/mcp-auth";
import { type Route, routesOf } from "./api.ts";

/** The methods for a resource. A REST API has no `$default`. */
export function methodsOf(resource: string): readonly Route[] {
  const routes = routesOf(resource).filter(({ key }) => key !== "$default");
  return routes.some(({ key }) => key === "ANY /")
    ? routes
    : [...routes, { key: "GET /", authorized: false }];
}

/** How the authorizer is asked: once for each token. A request without one gets the gateway's own 401. */
export const REST_AUTHORIZER = {
  identitySource: ["method.request.header.Authorization"],
  resultTtlSeconds: 300,
} as const;

/** What the authorizer requires of every token in front of a streaming function, whose own challenges would be renamed: what the tools need, except for `purge_notes`. */
export const STREAMING_SCOPES = "notes:read notes:write";

/** A response of the gateway itself. */
export interface GatewayResponse {
  readonly statusCode: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

/** What a REST API says of tokens. */
export interface Challenges {
  readonly resource: string;
  /** The scopes that a client is to ask for, divided by spaces. Empty: the challenge names none. */
  readonly scopes: string;
  /** What a policy of the authorizer denies: bad tokens, or only those with too few scopes. */
  readonly denied: "invalid_token" | "insufficient_scope";
}

/**
 * The responses of the gateway itself, by type
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html}).
 * Their headers are constants.
 */
export function gatewayResponsesOf(
  { resource, scopes, denied }: Challenges,
): Readonly<Record<string, GatewayResponse>> {
  const where = `${
    scopes === "" ? "" : `scope="${scopes}", `
  }resource_metadata="${protectedResourceMetadataUrl(resource)}"`;
  const open = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers":
      "WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After",
    "Cache-Control": "no-store",
  };
  // No challenge: the token may be good, and one would make a client throw it away.
  const unavailable = {
    statusCode: "503",
    headers: { ...open, "Retry-After": "5" },
    body: {
      error: "temporarily_unavailable",
      error_description: "Nothing can be decided",
    },
  };
  return {
    UNAUTHORIZED: {
      statusCode: "401",
      headers: { ...open, "WWW-Authenticate": `Bearer ${where}` },
      body: { error_description: "An access token is required" },
    },
    ACCESS_DENIED: {
      statusCode: denied === "invalid_token" ? "401" : "403",
      headers: {
        ...open,
        "WWW-Authenticate": `Bearer error="${denied}", ${where}`,
      },
      body: { error: denied, error_description: "The access token is refused" },
    },
    AUTHORIZER_FAILURE: unavailable,
    AUTHORIZER_CONFIGURATION_ERROR: unavailable,
    // This is what the gateway says where it has no such path or method.
    MISSING_AUTHENTICATION_TOKEN: {
      statusCode: "404",
      headers: open,
      body: { error: "not_found" },
    },
  };
}
