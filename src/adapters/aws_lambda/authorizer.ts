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
import { fieldsOf, isVersion2 } from "./events.ts";
import { type AuthorizerContext, contextOf } from "./verdicts.ts";

/** What {@linkcode lambdaAuthorizer} needs to know. Only `metadata` has no default. */
export interface LambdaAuthorizerOptions extends
  Pick<
    ProtectedResourceOptions,
    | "metadata"
    | "metadataUrl"
    | "issuers"
    | "verifyAccessToken"
    | "clockToleranceSeconds"
    | "tokenCacheBytes"
    | "onDecision"
    | "platform"
  > {
  /** What every request needs. What an operation needs stands in the body, which no authorizer sees. Default: any accepted token will do. */
  readonly scopes?:
    | Pick<ScopePolicy, "initial" | "required" | "implies">
    | undefined;
  /**
   * Who answers a request that is refused. `"deny"`: the gateway, with 401 or 403 of its own. `"forward"`: the function,
   * which gets EVERY request with the verdict beside it, and must hand {@linkcode authorizerVerifier} to
   * `protectResource`; only so an MCP client behind an HTTP API gets its challenge. Default: `"deny"`.
   */
  readonly refusals?: "deny" | "forward" | undefined;
  /** The form of the answer to payload format 2.0; all others know policies alone. Default: `"simple"`. */
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

/** The simple answer of an HTTP API's authorizer. */
export interface SimpleAnswer {
  /** Whether the gateway lets the request through. */
  readonly isAuthorized: boolean;
  /** The verdict, for the function and for access logs. */
  readonly context: AuthorizerContext;
}

/** An IAM policy as an authorizer's answer. */
export interface PolicyAnswer {
  /** The token's `sub`, its client, or `anonymous`. */
  readonly principalId: string;
  /** One statement, about the API's whole stage. */
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

/** A Lambda authorizer, and what it answers to payload format 2.0. */
export interface LambdaAuthorizer<
  Version2Answer = SimpleAnswer | PolicyAnswer,
> {
  /** Answers an HTTP API's event in payload format 2.0. */
  (
    event: { readonly routeArn: string },
    context?: unknown,
  ): Promise<Version2Answer>;
  /** Answers an event of a REST API, or an HTTP API's in payload format 1.0. */
  (
    event: { readonly methodArn: string },
    context?: unknown,
  ): Promise<PolicyAnswer>;
  /** Answers any event. */
  (event: unknown, context?: unknown): Promise<SimpleAnswer | PolicyAnswer>;
}

/**
 * An authorizer for the events of HTTP APIs (both payload formats) and of REST APIs (`TOKEN` and `REQUEST`).
 *
 * A policy is about every method of the stage, since the gateway keeps it for a token and not for a method: one about
 * the asked method alone would refuse the caller's next request to another.
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
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 * @throws {AuthorizationServerError} When called while nothing can be decided, unless that is forwarded: the gateway
 *   answers 500 and keeps nothing.
 */
export function lambdaAuthorizer<
  Answer extends LambdaAuthorizerOptions["answer"] = undefined,
>(
  options: LambdaAuthorizerOptions & { readonly answer?: Answer | undefined },
): LambdaAuthorizer<Answer extends "policy" ? PolicyAnswer : SimpleAnswer> {
  checkOptions(options, "", SHAPE);
  const { refusals = "deny", answer = "simple" } = options;
  const judge = credentialsJudge(options);
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
  const { routeArn, methodArn } = fieldsOf(event);
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
