/**
 * What a REST API answers where its authorizer lets nobody through
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html}).
 *
 * @module
 */

import { ResponseType, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { protectedResourceMetadataUrl } from "../api.ts";

/** What the gateway answers without the function: the challenges are known beforehand. */
export function answerForItself(
  api: RestApi,
  resource: string,
  scopes: string | undefined,
): void {
  const where = `${
    scopes === "none" ? "" : 'scope="notes:read", '
  }resource_metadata="${protectedResourceMetadataUrl(resource)}"`;
  const cors = {
    "Access-Control-Allow-Origin": "'*'",
    "Access-Control-Expose-Headers": "'WWW-Authenticate, Retry-After'",
    "Cache-Control": "'no-store'",
  };
  api.addGatewayResponse("NoToken", {
    type: ResponseType.UNAUTHORIZED,
    statusCode: "401",
    responseHeaders: { ...cors, "WWW-Authenticate": `'Bearer ${where}'` },
    templates: body("An access token is required"),
  });
  api.addGatewayResponse("BadToken", {
    type: ResponseType.ACCESS_DENIED,
    statusCode: "401",
    responseHeaders: {
      ...cors,
      "WWW-Authenticate": `'Bearer error="invalid_token", ${where}'`,
    },
    templates: body("The access token is refused", "invalid_token"),
  });
  for (
    const [id, type] of [
      ["NoAnswer", ResponseType.AUTHORIZER_FAILURE],
      ["NoAuthorizer", ResponseType.AUTHORIZER_CONFIGURATION_ERROR],
    ] as const
  ) {
    // No challenge: the token may be good, and one would make a client throw it away.
    api.addGatewayResponse(id, {
      type,
      statusCode: "503",
      responseHeaders: { ...cors, "Retry-After": "'5'" },
      templates: body("Nothing can be decided", "temporarily_unavailable"),
    });
  }
}

function body(
  error_description: string,
  error?: string,
): Record<string, string> {
  return {
    "application/json": JSON.stringify({ error, error_description }),
  };
}
