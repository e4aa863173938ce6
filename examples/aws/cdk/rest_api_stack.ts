/**
 * The notes behind a REST API. Its domain is its own: below the URL of a stage nobody can publish what clients look
 * for at the root.
 *
 * @module
 */

import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import {
  AuthorizationType,
  EndpointType,
  IdentitySource,
  LambdaIntegration,
  type MethodOptions,
  PassthroughBehavior,
  RequestAuthorizer,
  RestApi,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigateway";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { readFileSync } from "node:fs";
import { notesFunction } from "./functions.ts";
import { answerForItself } from "./gateway_responses.ts";
import { environmentOf, type Settings } from "./settings.ts";

/** A REST API cannot do without a domain. */
export type RestApiSettings =
  & Settings
  & Required<Pick<Settings, "resource" | "certificateArn">>;

/** One REST API, whose authorizer refuses by itself, and the function behind all its methods. */
export class RestApiStack extends Stack {
  constructor(scope: Construct, id: string, settings: RestApiSettings) {
    super(scope, id);
    const { resource, certificateArn } = settings;
    const environment = environmentOf(resource, settings);
    const mcp = notesFunction(this, "McpFunction", {
      entry: "mcp.ts",
      environment,
    });
    const authorizer = new RequestAuthorizer(this, "Authorizer", {
      handler: notesFunction(this, "AuthorizerFunction", {
        entry: "authorizer.ts",
        environment: { ...environment, REFUSALS: "deny" },
      }),
      identitySources: [IdentitySource.header("Authorization")],
      resultsCacheTtl: Duration.minutes(5),
    });
    const api = new RestApi(this, "Api", {
      cloudWatchRole: false,
      endpointTypes: [EndpointType.REGIONAL],
      disableExecuteApiEndpoint: true,
      domainName: {
        domainName: new URL(resource).hostname,
        certificate: Certificate.fromCertificateArn(
          this,
          "Certificate",
          certificateArn,
        ),
        endpointType: EndpointType.REGIONAL,
        securityPolicy: SecurityPolicy.TLS_1_2,
      },
    });

    const guarded = mappedIntegration(mcp);
    const open = new LambdaIntegration(mcp, { allowTestInvoke: false });
    const behindAuthorizer: MethodOptions = {
      authorizer,
      authorizationType: AuthorizationType.CUSTOM,
      methodResponses: [{ statusCode: "200" }, { statusCode: "500" }],
    };
    const path = new URL(resource).pathname.replace(/\/$/, "");
    const at = path === "" ? api.root : api.root.resourceForPath(path);
    for (const place of [at, at.addResource("{proxy+}")]) {
      place.addMethod("ANY", guarded, behindAuthorizer);
      place.addMethod("OPTIONS", open);
    }
    const documents = api.root.resourceForPath("/.well-known/{proxy+}");
    documents.addMethod("ANY", open);
    if (path !== "") {
      at.resourceForPath(".well-known/{proxy+}").addMethod("ANY", open);
      api.root.addMethod("GET", open);
    }
    api.root.addResource("healthcheck").addMethod("GET", open);
    answerForItself(api, resource, settings.scopes);
    new CfnOutput(this, "Resource", { value: resource });
  }
}

/**
 * A proxy integration would rename the challenge of the function's own refusals. This one is made of templates, whose
 * fields arrive as they are named.
 */
function mappedIntegration(mcp: IFunction): LambdaIntegration {
  return new LambdaIntegration(mcp, {
    proxy: false,
    // A test in the console asks no authorizer.
    allowTestInvoke: false,
    passthroughBehavior: PassthroughBehavior.NEVER,
    requestTemplates: { "application/json": template("request.vtl") },
    integrationResponses: [
      {
        statusCode: "200",
        responseTemplates: { "application/json": template("response.vtl") },
      },
      {
        // A function that fails has a message.
        selectionPattern: "(\\n|.)+",
        statusCode: "500",
        responseTemplates: {
          "application/json": '{"message":"Internal Server Error"}',
        },
      },
    ],
  });
}

function template(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8").trimEnd();
}
