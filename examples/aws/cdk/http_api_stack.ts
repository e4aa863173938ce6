/**
 * The notes behind an HTTP API.
 *
 * @module
 */

import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import {
  type CfnIntegration,
  DomainName,
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
} from "aws-cdk-lib/aws-apigatewayv2";
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { Construct } from "constructs";
import { AUTHORIZER, RESPONSE_PARAMETERS, routesOf } from "../api.ts";
import { AUTHORIZER_TIMEOUT, notesFunction } from "./functions.ts";
import { environmentOf, type Settings } from "./settings.ts";

/** One HTTP API, its authorizer, and the function behind all its routes. */
export class HttpApiStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { certificateArn } = settings;
    const domain = settings.resource === undefined ||
        certificateArn === undefined
      ? undefined
      : new DomainName(this, "Domain", {
        domainName: new URL(settings.resource).hostname,
        certificate: Certificate.fromCertificateArn(
          this,
          "Certificate",
          certificateArn,
        ),
      });
    const api = new HttpApi(this, "Api", {
      ...(domain !== undefined && {
        defaultDomainMapping: { domainName: domain },
        // One name for the resource: a token for it shall not work under another.
        disableExecuteApiEndpoint: true,
      }),
    });
    const resource = settings.resource ?? `${api.apiEndpoint}/mcp`;
    const environment = environmentOf(resource, settings);
    const authorizer = new HttpLambdaAuthorizer(
      "Authorizer",
      notesFunction(this, "AuthorizerFunction", {
        entry: "authorizer.ts",
        timeout: AUTHORIZER_TIMEOUT,
        environment: { ...environment, REFUSALS: "forward" },
      }),
      {
        identitySource: [...AUTHORIZER.identitySource],
        resultsCacheTtl: Duration.seconds(AUTHORIZER.resultTtlSeconds),
        responseTypes: [HttpLambdaResponseType.SIMPLE],
      },
    );
    const integration = new HttpLambdaIntegration(
      "Integration",
      notesFunction(this, "McpFunction", {
        entry: "mcp.ts",
        timeout: Duration.seconds(29),
        environment,
      }),
    );
    const open = new HttpNoneAuthorizer();

    for (
      const { key, authorized } of routesOf(
        settings.resource ?? "https://example.com/mcp",
      )
    ) {
      const [method, path] = key.split(" ");
      new HttpRoute(this, key, {
        httpApi: api,
        routeKey: path === undefined
          ? HttpRouteKey.DEFAULT
          : HttpRouteKey.with(path, method as HttpMethod),
        integration,
        authorizer: authorized ? authorizer : open,
      });
    }
    mapResponses(this);
    new CfnOutput(this, "Resource", { value: resource });
  }
}

/** The construct for a Lambda integration knows of request parameters alone. */
function mapResponses(stack: Stack): void {
  const parameters = Object.entries(RESPONSE_PARAMETERS).map((
    [status, mapping],
  ) => [status, {
    ResponseParameters: Object.entries(mapping).map((
      [Destination, Source],
    ) => ({ Destination, Source })),
  }]);
  for (const child of stack.node.findAll()) {
    const integration = child as CfnIntegration;
    if (integration.cfnResourceType !== "AWS::ApiGatewayV2::Integration") {
      continue;
    }
    integration.addPropertyOverride(
      "ResponseParameters",
      Object.fromEntries(parameters),
    );
  }
}
