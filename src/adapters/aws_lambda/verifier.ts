/**
 * The function's side of a Lambda authorizer.
 *
 * @module
 */

import type { AccessTokenVerifier } from "../../types.ts";
import { fieldsOf, isVersion2 } from "./events.ts";
import { claimsIn } from "./verdicts.ts";

/**
 * A verifier that believes the Lambda authorizer before the function, for `verifyAccessToken` of `protectResource` in
 * a handler given to `toLambdaHandler`. It looks at `requestContext.authorizer` of the event alone, where no header
 * of a request comes to stand, and takes a verdict for the very token it was about alone. Issuer, audience and times
 * are judged again after it, since a gateway may have kept the verdict.
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
 * @throws {TypeError} When called for an event that has no verdict on the token: no authorizer is attached to the
 *   route, or its results are kept by something else than the token. The gateway answers 500.
 */
export function authorizerVerifier(): AccessTokenVerifier {
  return async (token, platform) => {
    const event = fieldsOf(platform).event;
    const { authorizer } = fieldsOf(fieldsOf(event).requestContext);
    const context = fieldsOf(
      isVersion2(event) ? fieldsOf(authorizer).lambda : authorizer,
    );
    return await claimsIn(context, token);
  };
}
