// Functions behind each kind of API.
import { protectResource } from "@gatehouse/mcp-auth";
import {
  authorizerVerifier,
  toLambdaHandler,
  toStreamingLambdaHandler,
} from "@gatehouse/mcp-auth/aws-lambda";
import type {
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyWithLambdaAuthorizerHandler,
  Handler,
  LambdaFunctionURLHandler,
} from "aws-lambda";

const mcp = protectResource(() => new Response("Hello"), {
  metadata: {
    resource: "https://notes.example.com/mcp",
    authorization_servers: ["https://auth.example.com"],
  },
  verifyAccessToken: authorizerVerifier(),
});

export const rest: APIGatewayProxyHandler = toLambdaHandler(mcp);
export const restBehindAuthorizer: APIGatewayProxyWithLambdaAuthorizerHandler<
  { sub: string }
> = toLambdaHandler(mcp);
export const http: APIGatewayProxyHandlerV2 = toLambdaHandler(mcp);
export const url: LambdaFunctionURLHandler = toLambdaHandler(mcp);
export const any: Handler = toLambdaHandler(mcp);
export const streaming = toStreamingLambdaHandler(mcp);
export const given: Handler = toStreamingLambdaHandler(mcp, awslambda);
