/**
 * A Lambda authorizer in each of API Gateway's forms
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html | HTTP APIs},
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html | REST APIs}).
 * Not implemented: usage plan keys, and authorizers of WebSocket APIs.
 *
 * @module
 */

import {
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "../../options.ts";
import {
  checkOptions,
  oneOf,
  type OptionShape,
  optionsOf,
} from "../../runtime/option_checks.ts";
import { SCOPE_POLICY_SHAPE, type ScopePolicy } from "../../scopes/policy.ts";
import { credentialsJudge } from "./credentials_judge.ts";
import { isVersion2, objectOf } from "./events.ts";
import { type AuthorizerContext, contextOf } from "./verdicts.ts";

/** Options of {@linkcode lambdaAuthorizer}. Only `metadata` has no default. */
export interface LambdaAuthorizerOptions extends
  Pick<
    ProtectedResourceOptions,
    | "metadata"
    | "metadataUrl"
    | "issuers"
    | "verifyAccessToken"
    | "dpop"
    | "clockToleranceSeconds"
    | "tokenCacheBytes"
    | "onDecision"
    | "platform"
  > {
  /**
   * The scopes that every request needs. An authorizer does not see the body, so it cannot check those of an operation.
   * Default: any accepted token is enough.
   */
  readonly scopes?:
    | Pick<ScopePolicy, "initial" | "required" | "implies">
    | undefined;
  /**
   * Who answers a request whose token is rejected. `"deny"`: the gateway, with its own 401 or 403. `"forward"`: the
   * function, which receives EVERY request together with the verdict, and must pass {@linkcode authorizerVerifier} to
   * `protectResource`. Behind an HTTP API, an MCP client receives a challenge only with `"forward"`. Default: `"deny"`.
   */
  readonly refusals?: "deny" | "forward" | undefined;
  /** The form of the result for payload format 2.0. Other formats support only policies. Default: `"simple"`. */
  readonly answer?: "simple" | "policy" | undefined;
}

const { members } = PROTECTED_RESOURCE_SHAPE;
const { initial, required, implies } = SCOPE_POLICY_SHAPE.members;

const SHAPE: OptionShape<LambdaAuthorizerOptions> = {
  ...PROTECTED_RESOURCE_SHAPE,
  members: {
    metadata: members.metadata,
    metadataUrl: members.metadataUrl,
    issuers: members.issuers,
    verifyAccessToken: members.verifyAccessToken,
    dpop: members.dpop,
    clockToleranceSeconds: members.clockToleranceSeconds,
    tokenCacheBytes: members.tokenCacheBytes,
    onDecision: members.onDecision,
    platform: members.platform,
    scopes: optionsOf<NonNullable<LambdaAuthorizerOptions["scopes"]>>({
      members: { initial, required, implies },
    }),
    refusals: oneOf("deny", "forward"),
    answer: oneOf("simple", "policy"),
  },
};

/** The simple response of an HTTP API's authorizer. */
export interface SimpleAnswer {
  /** Whether the gateway passes the request on. */
  readonly isAuthorized: boolean;
  /** The verdict, for the function and for access logs. */
  readonly context: AuthorizerContext;
}

/** An IAM policy as an authorizer's response. */
export interface PolicyAnswer {
  /** The token's `sub`, its client, or `anonymous`. */
  readonly principalId: string;
  /** One statement about all methods of the API's stage. */
  readonly policyDocument: {
    readonly Version: "2012-10-17";
    readonly Statement: [{
      readonly Action: "execute-api:Invoke";
      readonly Effect: "Allow" | "Deny";
      readonly Resource: string;
    }];
  };
  /** The verdict, for the function, for gateway responses and for access logs. */
  readonly context: AuthorizerContext;
}

/** A Lambda authorizer. The type parameter is its result for payload format 2.0. */
export interface LambdaAuthorizer<
  Version2Answer = SimpleAnswer | PolicyAnswer,
> {
  /** Handles an HTTP API's event in payload format 2.0. */
  (
    event: { readonly routeArn: string },
    context?: unknown,
  ): Promise<Version2Answer>;
  /** Handles an event of a REST API, or an HTTP API's in payload format 1.0. */
  (
    event: { readonly methodArn: string },
    context?: unknown,
  ): Promise<PolicyAnswer>;
  /** Handles any event. */
  (event: unknown, context?: unknown): Promise<SimpleAnswer | PolicyAnswer>;
}

/**
 * Creates an authorizer for the events of HTTP APIs (both payload formats) and REST APIs (`TOKEN` and `REQUEST`).
 *
 * A policy covers every method of the stage, because the gateway caches it by token and not by method: a policy for the
 * requested method alone would deny the caller's next request to another one.
 *
 * With `dpop`, proofs are verified here only if `refusals` is `"deny"`. Then the gateway must not cache the authorizer's
 * results (a lifetime of 0): a cached one lets in requests with any proof, or none. With `"forward"`, the function verifies
 * the proofs, and needs `dpop` too.
 *
 * @example
 * ```ts
 * import { type LambdaAuthorizer, lambdaAuthorizer } from "@gatehouse/mcp-auth/aws-lambda";
 *
 * export const handler: LambdaAuthorizer = lambdaAuthorizer({
 *   metadata: {
 *     resource: "https://notes.example.com/mcp",
 *     authorization_servers: ["https://auth.example.com"],
 *   },
 *   refusals: "forward",
 * });
 * ```
 *
 * @throws {TypeError} If an option is invalid. The message says what to change.
 * @throws {AuthorizationServerError} When called, if the issuer is unreachable and `refusals` is `"deny"`: the gateway
 *   answers 500 and caches nothing.
 */
export function lambdaAuthorizer<
  Answer extends LambdaAuthorizerOptions["answer"] = undefined,
>(
  options: LambdaAuthorizerOptions & { readonly answer?: Answer | undefined },
): LambdaAuthorizer<Answer extends "policy" ? PolicyAnswer : SimpleAnswer> {
  checkOptions(options, "", SHAPE);
  const { refusals = "deny", answer = "simple" } = options;
  const judge = credentialsJudge(options, refusals === "forward");
  const authorize = async (
    event: unknown,
  ): Promise<SimpleAnswer | PolicyAnswer> => {
    const work: Promise<unknown>[] = [];
    const verdict = await judge(event, {
      waitUntil: (promise): void => void work.push(promise),
    });
    await Promise.allSettled(work);
    if (refusals === "deny" && verdict.outcome === "unavailable") {
      throw verdict.error;
    }
    const isAuthorized = refusals === "forward" ||
      verdict.outcome === "accepted";
    const context = await contextOf(verdict);
    return isVersion2(event) && answer === "simple"
      ? { isAuthorized, context }
      : policy(isAuthorized, event, context);
  };
  return authorize as ReturnType<typeof lambdaAuthorizer<Answer>>;
}

function policy(
  allow: boolean,
  event: unknown,
  context: AuthorizerContext,
): PolicyAnswer {
  const { routeArn, methodArn } = objectOf(event);
  const stage = /^arn:[^:]+:execute-api:[^:]*:[^:]*:[^/]+\/[^/]+(?=\/)/
    .exec(`${routeArn ?? methodArn}`)?.[0];
  return {
    principalId: context.sub ?? context.client_id ?? "anonymous",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{
        Action: "execute-api:Invoke",
        Effect: allow && stage !== undefined ? "Allow" : "Deny",
        Resource: stage === undefined ? "*" : `${stage}/*`,
      }],
    },
    context,
  };
}
