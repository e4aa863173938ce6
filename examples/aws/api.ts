/**
 * The HTTP API in front of the two functions, as data: the CDK app makes it on AWS, and the stand-in makes it on this
 * machine.
 *
 * @module
 */

import { CHALLENGE_FIELD } from "@gatehouse/mcp-auth/aws-lambda";

export { protectedResourceMetadataUrl } from "@gatehouse/mcp-auth";

/** A route of an HTTP API. */
export interface Route {
  /** `ANY`, a method, or `$default` with no path. */
  readonly key: string;
  /** Whether the authorizer is asked first. */
  readonly authorized: boolean;
}

/** The routes for a resource, by the path of its URL. */
export function routesOf(resource: string): readonly Route[] {
  const path = new URL(resource).pathname.replace(/\/$/, "");
  const open = [
    // A preflight carries no credentials, and the function answers it without any.
    `OPTIONS ${path || "/"}`,
    `OPTIONS ${path}/{proxy+}`,
    "ANY /.well-known/{proxy+}",
    ...(path === "" ? [] : [`ANY ${path}/.well-known/{proxy+}`]),
    "GET /healthcheck",
    // The rest is the function's to answer: its page, and 404s that browsers may read.
    "$default",
  ];
  return [
    { key: `ANY ${path || "/"}`, authorized: true },
    { key: `ANY ${path}/{proxy+}`, authorized: true },
    ...open.map((key) => ({ key, authorized: false })),
  ];
}

/** How the authorizer is asked: by every request, since an identity source would have one without a token refused by the gateway, without a challenge. */
export const AUTHORIZER = {
  identitySource: [] as readonly string[],
  resultTtlSeconds: 0,
} as const;

/** Which answers carry a challenge, and what becomes of their fields: API Gateway renames `WWW-Authenticate`, so it is made again of its copy. */
export const RESPONSE_PARAMETERS: Readonly<
  Record<string, Readonly<Record<string, string>>>
> = Object.fromEntries(
  ["400", "401", "403"].map((status) => [status, {
    "overwrite:header.WWW-Authenticate": `$response.header.${CHALLENGE_FIELD}`,
  }]),
);
