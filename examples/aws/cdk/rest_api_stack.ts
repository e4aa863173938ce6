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
  LambdaIntegration,
  type MethodOptions,
  PassthroughBehavior,
  RequestAuthorizer,
  ResponseTransferMode,
  RestApi,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigateway";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { readFileSync } from "node:fs";
import { methodsOf, REST_AUTHORIZER, STREAMING_SCOPES } from "../rest_api.ts";
import { AUTHORIZER_TIMEOUT, notesFunction } from "./functions.ts";
import { answerForItself } from "./gateway_responses.ts";
import { environmentOf, type Settings } from "./settings.ts";

/** A REST API cannot do without a domain. */
export type RestApiSettings =
  & Settings
  & Required<Pick<Settings, "resource" | "certificateArn">>;

/** How the function behind a REST API answers. */
interface Variant {
  readonly entry: "mcp.ts" | "mcp_streaming.ts";
  /** How long the function may take, and the gateway waits for it. */
  readonly timeout: Duration;
  readonly integrate: (mcp: IFunction) => Integrations;
  /** What the authorizer is told, and the gateway says for it. */
  readonly refusals: "deny" | "unauthorized";
  readonly requiredScopes: string;
}

interface Integrations {
  readonly guarded: LambdaIntegration;
  readonly open: LambdaIntegration;
}

/** Responses pass through templates, which give the function's challenges their name back. */
export const MAPPED: Variant = {
  entry: "mcp.ts",
  timeout: Duration.seconds(29),
  refusals: "deny",
  requiredScopes: "",
  integrate: (mcp) => ({
    guarded: mappedIntegration(mcp),
    open: new LambdaIntegration(mcp, { allowTestInvoke: false }),
  }),
};

/**
 * Responses stream. The function's challenges are renamed, so the authorizer requires the scopes that most tools need.
 * The function runs on when its client has left, so its timeout is short.
 */
export const STREAMING: Variant = {
  entry: "mcp_streaming.ts",
  timeout: Duration.minutes(5),
  refusals: "unauthorized",
  requiredScopes: STREAMING_SCOPES,
  integrate: (mcp) => {
    const integration = new LambdaIntegration(mcp, {
      allowTestInvoke: false,
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: Duration.minutes(5),
    });
    return { guarded: integration, open: integration };
  },
};

/** One REST API, whose authorizer refuses by itself, and the function behind all its methods. */
export class RestApiStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    settings: RestApiSettings,
    { entry, timeout, integrate, refusals, requiredScopes }: Variant,
  ) {
    super(scope, id);
    const { resource, certificateArn } = settings;
    const environment = environmentOf(resource, settings);
    const required = settings.scopes === "none" ? "" : requiredScopes;
    const mcp = notesFunction(this, "McpFunction", {
      entry,
      timeout,
      environment,
    });
    const authorizer = new RequestAuthorizer(this, "Authorizer", {
      handler: notesFunction(this, "AuthorizerFunction", {
        entry: "authorizer.ts",
        timeout: AUTHORIZER_TIMEOUT,
        environment: {
          ...environment,
          REFUSALS: refusals,
          ...(required !== "" && { AUTHORIZER_SCOPES: required }),
        },
      }),
      identitySources: [...REST_AUTHORIZER.identitySource],
      resultsCacheTtl: Duration.seconds(REST_AUTHORIZER.resultTtlSeconds),
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
    const { guarded, open } = integrate(mcp);
    const behindAuthorizer: MethodOptions = {
      authorizer,
      authorizationType: AuthorizationType.CUSTOM,
      methodResponses: [{ statusCode: "200" }, { statusCode: "500" }],
    };
    for (const { key, authorized } of methodsOf(resource)) {
      const [method = "", path = ""] = key.split(" ");
      const at = path === "/" ? api.root : api.root.resourceForPath(path);
      if (authorized) at.addMethod(method, guarded, behindAuthorizer);
      else at.addMethod(method, open);
    }
    answerForItself(api, {
      resource,
      scopes: settings.scopes === "none" ? "" : required || "notes:read",
      denied: refusals === "deny" ? "invalid_token" : "insufficient_scope",
    });
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
