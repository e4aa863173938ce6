/**
 * What a REST API answers where its authorizer lets nobody through.
 *
 * @module
 */

import { ResponseType, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { type Challenges, gatewayResponsesOf } from "../rest_api.ts";

/** What the gateway answers without the function: the challenges are known beforehand. */
export function answerForItself(api: RestApi, challenges: Challenges): void {
  for (
    const [type, { statusCode, headers, body }] of Object.entries(
      gatewayResponsesOf(challenges),
    )
  ) {
    api.addGatewayResponse(type, {
      type: ResponseType.of(type),
      statusCode,
      // An apostrophe on either side makes it a constant.
      responseHeaders: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, `'${value}'`]),
      ),
      templates: { "application/json": JSON.stringify(body) },
    });
  }
}
