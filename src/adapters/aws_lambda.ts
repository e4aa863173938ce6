/**
 * An adapter for AWS: a handler as a Lambda function behind an HTTP API, a REST API or a Function URL, a Lambda authorizer
 * for both kinds of API, and a verifier that passes the authorizer's verdict on to the function.
 *
 * @module
 */

export {
  type LambdaAuthorizer,
  lambdaAuthorizer,
  type LambdaAuthorizerOptions,
  type PolicyAnswer,
  type SimpleAnswer,
} from "./aws_lambda/authorizer.ts";
export {
  type LambdaHandler,
  type LambdaPlatform,
  toLambdaHandler,
} from "./aws_lambda/handler.ts";
export {
  CHALLENGE_FIELD,
  type LambdaResult,
  type LambdaResultHead,
} from "./aws_lambda/results.ts";
export {
  type LambdaResponseStream,
  type LambdaStreaming,
  type StreamingLambdaHandler,
  type StreamingLambdaOptions,
  toStreamingLambdaHandler,
} from "./aws_lambda/streaming.ts";
export type { AuthorizerContext } from "./aws_lambda/verdicts.ts";
export { authorizerVerifier } from "./aws_lambda/verifier.ts";
