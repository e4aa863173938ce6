// Authorizers of each kind of API.
import {
  type LambdaAuthorizer,
  lambdaAuthorizer,
} from "@gatehouse/mcp-auth/aws-lambda";
import type {
  APIGatewayAuthorizerHandler,
  APIGatewayRequestAuthorizerHandler,
  APIGatewayRequestAuthorizerWithContextHandler,
  APIGatewayRequestIAMAuthorizerHandlerV2,
  APIGatewayRequestSimpleAuthorizerHandlerV2,
  APIGatewayRequestSimpleAuthorizerHandlerV2WithContext,
  APIGatewayTokenAuthorizerHandler,
} from "aws-lambda";

const metadata = {
  resource: "https://notes.example.com/mcp",
  authorization_servers: ["https://auth.example.com"],
};

export const rest: APIGatewayRequestAuthorizerHandler = lambdaAuthorizer({
  metadata,
});
export const restWithContext: APIGatewayRequestAuthorizerWithContextHandler<
  Record<string, string>
> = lambdaAuthorizer({ metadata });
export const token: APIGatewayTokenAuthorizerHandler = lambdaAuthorizer({
  metadata,
});
export const either: APIGatewayAuthorizerHandler = lambdaAuthorizer({
  metadata,
});
export const http: APIGatewayRequestSimpleAuthorizerHandlerV2 =
  lambdaAuthorizer({ metadata, refusals: "forward" });
export const httpWithContext:
  APIGatewayRequestSimpleAuthorizerHandlerV2WithContext<
    Record<string, string>
  > = lambdaAuthorizer({ metadata, answer: "simple" });
export const httpWithPolicy: APIGatewayRequestIAMAuthorizerHandlerV2 =
  lambdaAuthorizer({ metadata, answer: "policy" });
export const own: LambdaAuthorizer = lambdaAuthorizer({
  metadata,
  answer: undefined,
  refusals: undefined,
  scopes: undefined,
});

// @ts-expect-error: without `answer: "policy"`, an HTTP API gets a simple answer
export const wrong: APIGatewayRequestIAMAuthorizerHandlerV2 = lambdaAuthorizer({
  metadata,
});
