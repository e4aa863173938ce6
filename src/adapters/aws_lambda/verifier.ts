/**
 * The function's side of a Lambda authorizer.
 *
 * @module
 */

import type { AccessTokenVerifier } from "../../types.ts";
import { isVersion2, objectOf } from "./events.ts";
import { claimsIn } from "./verdicts.ts";

/**
 * Creates a verifier that trusts the Lambda authorizer in front of the function. It is the `verifyAccessToken` of
 * `protectResource`, in a handler that is passed to `toLambdaHandler`. It reads only `requestContext.authorizer` of the
 * event, which no header of a request can set, and accepts a verdict only for the token that the verdict is about. Issuer,
 * audience and times are checked again afterwards, because the gateway may have cached the verdict.
 *
 * @example The function behind the authorizer
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import {
 *   authorizerVerifier,
 *   type LambdaHandler,
 *   toLambdaHandler,
 * } from "@gatehouse/mcp-auth/aws-lambda";
 *
 * export const handler: LambdaHandler = toLambdaHandler(
 *   protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *     verifyAccessToken: authorizerVerifier(),
 *   }),
 * );
 * ```
 *
 * @throws {TypeError} When called, if the event has no verdict on the token: no authorizer is attached to the route, or
 *   the gateway caches its results by something other than the token. The gateway answers 500.
 */
export function authorizerVerifier(): AccessTokenVerifier {
  return async (token, platform) => {
    const event = objectOf(platform).event;
    const { authorizer } = objectOf(objectOf(event).requestContext);
    const context = objectOf(
      isVersion2(event) ? objectOf(authorizer).lambda : authorizer,
    );
    return await claimsIn(context, token);
  };
}
