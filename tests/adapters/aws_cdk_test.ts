import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { AUTHORIZER, routesOf } from "../../examples/aws/api.ts";
import {
  authorizerVerifier,
  type LambdaResult,
  toLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { inTemporaryFolder, ROOT } from "../runner/commands.ts";
import { METADATA_URL, RESOURCE } from "./aws_resource.ts";
import type { Sample } from "./aws_samples.ts";

const ISSUER = "https://notes.authkit.app";
const CDK = join(ROOT, "examples/aws/cdk");
const TIMEOUT_MILLISECONDS = 300_000;

/** What `cdk synth` made: the resources of the stacks, and how large the functions are. */
interface Synthesized {
  readonly http: readonly Resource[];
  readonly rest: readonly Resource[];
  /** The REST API that streams. */
  readonly streaming: readonly Resource[];
  readonly functionBytes: readonly number[];
}

interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Sample;
}

let synthesized: Synthesized | undefined;

/** Installs what the CDK app needs, where it is not there yet, and synthesizes it without a network. */
function synth(): Synthesized {
  if (!isInstalled()) npm("ci", "--no-audit", "--no-fund");
  return synthesized ??= inTemporaryFolder((folder) => {
    npm(
      "run",
      "--silent",
      "synth",
      "--",
      ...["--output", folder],
      ...["-c", `authorizationServers=${ISSUER}`],
      ...["-c", `resource=${RESOURCE}`],
      ...[
        "-c",
        "certificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/x",
      ],
    );
    return {
      http: resourcesIn(join(folder, "NotesHttpApi.template.json")),
      rest: resourcesIn(join(folder, "NotesRestApi.template.json")),
      streaming: resourcesIn(join(folder, "NotesStreamingApi.template.json")),
      functionBytes: readdirSync(folder)
        .filter((name) => name.startsWith("asset."))
        .map((name) => statSync(join(folder, name, "index.js")).size),
    };
  });
}

function isInstalled(): boolean {
  const { dependencies, devDependencies } = readJson(
    join(CDK, "package.json"),
  );
  return Object.entries({ ...dependencies, ...devDependencies })
    .every(([name, version]) => {
      const manifest = join(CDK, "node_modules", name, "package.json");
      return existsSync(manifest) && readJson(manifest).version === version;
    });
}

function npm(...args: readonly string[]): string {
  return command("npm", args, "");
}

function command(name: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    cwd: CDK,
    encoding: "utf8",
    env: {
      ...process.env,
      NO_COLOR: "1",
      CI: "true",
      // Nobody is asked about an account, and nothing is told of this run.
      AWS_EC2_METADATA_DISABLED: "true",
      CDK_DISABLE_CLI_TELEMETRY: "true",
    },
    input,
    maxBuffer: 64 * 1024 * 1024,
    timeout: TIMEOUT_MILLISECONDS,
  });
  assertEquals(status, 0, `${error ?? ""}\n${stdout}\n${stderr}`);
  return stdout;
}

function resourcesIn(file: string): Resource[] {
  return Object.entries<Sample>(readJson(file).Resources)
    .map(([id, { Type, Properties = {} }]) => ({
      id,
      type: Type,
      properties: Properties,
    }));
}

function readJson(file: string): Sample {
  return JSON.parse(readFileSync(file, "utf8"));
}

function ofType(resources: readonly Resource[], type: string): Sample[] {
  return resources.filter((resource) => resource.type === type)
    .map(({ properties }) => properties);
}

/** A value as the template writes it, its references by name alone. */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::Join": join, "Fn::GetAtt": attribute } = value as Sample;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  return `{${Ref ?? attribute?.[0]}}`;
}

function cdkTest(name: string, check: (made: Synthesized) => void): void {
  test(name, { timeout: TIMEOUT_MILLISECONDS }, () => check(synth()));
}

cdkTest(
  "the CDK app makes the HTTP API's routes, and the authorizer stands before the MCP routes alone",
  ({ http }) => {
    const [authorizer] = http.filter(({ type }) =>
      type === "AWS::ApiGatewayV2::Authorizer"
    );
    const routes = ofType(http, "AWS::ApiGatewayV2::Route");
    assertEquals(
      routes.map(({ RouteKey }) => RouteKey).sort(),
      routesOf(RESOURCE).map(({ key }) => key).sort(),
    );
    for (const { RouteKey, AuthorizationType, AuthorizerId } of routes) {
      const guarded = ["ANY /mcp", "ANY /mcp/{proxy+}"].includes(RouteKey);
      assertEquals(AuthorizationType, guarded ? "CUSTOM" : "NONE", RouteKey);
      assertEquals(AuthorizerId, guarded ? { Ref: authorizer?.id } : undefined);
    }
  },
);

cdkTest(
  "the CDK app's HTTP API asks its authorizer about every request, and keeps no answer",
  ({ http }) => {
    const [authorizer, ...others] = ofType(
      http,
      "AWS::ApiGatewayV2::Authorizer",
    );
    assertEquals(others, []);
    assertEquals(authorizer?.AuthorizerType, "REQUEST");
    assertEquals(authorizer?.AuthorizerPayloadFormatVersion, "2.0");
    assertEquals(authorizer?.EnableSimpleResponses, true);
    assertEquals(
      authorizer?.IdentitySource,
      AUTHORIZER.identitySource as string[],
    );
    assertEquals(authorizer?.AuthorizerResultTtlInSeconds, 0);
  },
);

cdkTest(
  "the CDK app's HTTP API makes the challenge again of its copy",
  ({ http }) => {
    const [integration, ...others] = ofType(
      http,
      "AWS::ApiGatewayV2::Integration",
    );
    assertEquals(others, []);
    assertEquals(integration?.IntegrationType, "AWS_PROXY");
    assertEquals(integration?.PayloadFormatVersion, "2.0");
    const mapping = {
      ResponseParameters: [{
        Destination: "overwrite:header.WWW-Authenticate",
        Source: "$response.header.x-www-authenticate",
      }],
    };
    assertEquals(integration?.ResponseParameters, {
      400: mapping,
      401: mapping,
      403: mapping,
    });
  },
);

cdkTest(
  "the CDK app's HTTP API leaves CORS to the function, and has one name",
  ({ http }) => {
    const [api] = ofType(http, "AWS::ApiGatewayV2::Api");
    assertEquals(api?.CorsConfiguration, undefined);
    assertEquals(api?.DisableExecuteApiEndpoint, true);
    assertEquals(
      ofType(http, "AWS::ApiGatewayV2::Stage").map(({ StageName }) =>
        StageName
      ),
      ["$default"],
    );
  },
);

for (const stack of ["http", "rest", "streaming"] as const) {
  cdkTest(
    `the CDK app's functions have roles that may write a log, and no more (${stack})`,
    (made) => {
      const resources = made[stack];
      const logs = resources.filter(({ type }) =>
        type === "AWS::Logs::LogGroup"
      )
        .map(({ id }) => id);
      const functions = ofType(resources, "AWS::Lambda::Function");
      assertEquals([logs.length, functions.length], [2, 2]);
      assertEquals(new Set(functions.map(({ Role }) => flat(Role))).size, 2);
      for (const role of ofType(resources, "AWS::IAM::Role")) {
        assertEquals(role.ManagedPolicyArns, undefined);
        assertEquals(role.Policies, undefined);
        assertEquals(role.AssumeRolePolicyDocument.Statement, [{
          Action: "sts:AssumeRole",
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
        }]);
      }
      const policies = ofType(resources, "AWS::IAM::Policy");
      assertEquals(policies.length, 2);
      for (const { PolicyDocument, Roles } of policies) {
        assertEquals(Roles.length, 1);
        const [{ Resource, ...statement }, ...others] =
          PolicyDocument.Statement;
        assertEquals(others, []);
        assertEquals(statement, {
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Effect: "Allow",
        });
        assert(logs.includes(Resource["Fn::GetAtt"][0]), flat(Resource));
      }
    },
  );

  cdkTest(
    `the CDK app lets its own API call the functions, and nobody else (${stack})`,
    (made) => {
      const resources = made[stack];
      const permissions = ofType(resources, "AWS::Lambda::Permission");
      assert(permissions.length > 2);
      for (const permission of permissions) {
        const { Action, Principal, SourceArn } = permission;
        assertEquals(Action, "lambda:InvokeFunction");
        assertEquals(Principal, "apigateway.amazonaws.com");
        const source = flat(SourceArn);
        assertStringIncludes(source, ":{AWS::AccountId}:{Api");
        assert(!source.includes("test-invoke-stage"), source);
        const isAuthorizer = flat(permission.FunctionName).includes(
          "Authorizer",
        );
        assertEquals(/\/authorizers\/\{\w+\}$/.test(source), isAuthorizer);
      }
      assertEquals(ofType(resources, "AWS::Lambda::Url"), []);
    },
  );

  cdkTest(
    `the CDK app tells both functions who they are (${stack})`,
    (made) => {
      const functions = ofType(made[stack], "AWS::Lambda::Function");
      assertEquals(
        functions.map(({ Environment }) => Environment.Variables.REFUSALS)
          .sort(),
        [
          { http: "forward", rest: "deny", streaming: "unauthorized" }[stack],
          undefined,
        ],
      );
      for (const { Environment, Runtime, Timeout } of functions) {
        const { MCP_RESOURCE, MCP_AUTHORIZATION_SERVERS } =
          Environment.Variables;
        assertEquals([MCP_RESOURCE, MCP_AUTHORIZATION_SERVERS], [
          RESOURCE,
          ISSUER,
        ]);
        assertEquals(Runtime, "nodejs24.x");
        // A client that has left does not end a function that streams.
        assert(Timeout <= (stack === "streaming" ? 300 : 29), `${Timeout}`);
      }
    },
  );
}

cdkTest(
  "the CDK app bundles an authorizer without the MCP SDK",
  ({ functionBytes }) => {
    const [authorizer, mcp, streaming, ...others] = [...functionBytes].sort(
      (a, b) => a - b,
    );
    assertEquals(others, []);
    assert(streaming! < mcp! + 2000, `${streaming}`);
    assert(authorizer! < 90_000, `${authorizer}`);
    assert(mcp! > 2 * authorizer!);
  },
);

for (const stack of ["rest", "streaming"] as const) {
  cdkTest(
    `the CDK app's REST API has its authorizer before the MCP resources alone (${stack})`,
    (made) => {
      const rest = made[stack];
      const paths = pathsOf(rest);
      const methods = ofType(rest, "AWS::ApiGateway::Method");
      const guarded = methods
        .filter(({ AuthorizationType }) => AuthorizationType !== "NONE")
        .map(({ HttpMethod, ResourceId, AuthorizationType }) =>
          `${AuthorizationType} ${HttpMethod} ${paths.get(flat(ResourceId))}`
        );
      assertEquals(guarded.sort(), [
        "CUSTOM ANY /mcp",
        "CUSTOM ANY /mcp/{proxy+}",
      ]);
      const open = methods
        .filter(({ AuthorizationType }) => AuthorizationType === "NONE")
        .map(({ HttpMethod, ResourceId }) =>
          `${HttpMethod} ${paths.get(flat(ResourceId))}`
        );
      assertEquals(open.sort(), [
        "ANY /.well-known/{proxy+}",
        "ANY /mcp/.well-known/{proxy+}",
        "GET /",
        "GET /healthcheck",
        "OPTIONS /mcp",
        "OPTIONS /mcp/{proxy+}",
      ]);
    },
  );

  cdkTest(
    `the CDK app's REST API keeps what its authorizer says of a token (${stack})`,
    (made) => {
      const rest = made[stack];
      const [authorizer, ...others] = ofType(
        rest,
        "AWS::ApiGateway::Authorizer",
      );
      assertEquals(others, []);
      assertEquals(authorizer?.Type, "REQUEST");
      assertEquals(
        authorizer?.IdentitySource,
        "method.request.header.Authorization",
      );
      assertEquals(authorizer?.AuthorizerResultTtlInSeconds, 300);
    },
  );

  cdkTest(
    `the CDK app's REST API challenges by itself, and asks for patience without a challenge (${stack})`,
    (made) => {
      const responses = new Map(
        ofType(made[stack], "AWS::ApiGateway::GatewayResponse")
          .map(({ ResponseType, ...rest }) => [ResponseType, rest]),
      );
      const [scope, denial, error] = stack === "rest"
        ? ["notes:read", "401", "invalid_token"]
        : ["notes:read notes:write", "403", "insufficient_scope"];
      const where = `scope="${scope}", resource_metadata="${METADATA_URL}"`;
      const challenges = [
        ["UNAUTHORIZED", "401", `'Bearer ${where}'`],
        ["ACCESS_DENIED", denial, `'Bearer error="${error}", ${where}'`],
        ["AUTHORIZER_FAILURE", "503", undefined],
        ["AUTHORIZER_CONFIGURATION_ERROR", "503", undefined],
        ["MISSING_AUTHENTICATION_TOKEN", "404", undefined],
      ] as const;
      assertEquals(
        [...responses.keys()].sort(),
        challenges.map(([type]) => type).sort(),
      );
      for (const [type, status, challenge] of challenges) {
        const { StatusCode, ResponseParameters, ResponseTemplates } = responses
          .get(type)!;
        const field = (name: string): unknown =>
          ResponseParameters[`gatewayresponse.header.${name}`];
        assertEquals([StatusCode, field("WWW-Authenticate")], [
          status,
          challenge,
        ]);
        assertEquals(
          field("Retry-After"),
          status === "503" ? "'5'" : undefined,
        );
        assertEquals(field("Access-Control-Allow-Origin"), "'*'");
        assertStringIncludes(
          `${field("Access-Control-Expose-Headers")}`,
          "WWW-Authenticate",
        );
        JSON.parse(ResponseTemplates["application/json"]);
      }
    },
  );
}

cdkTest(
  "the CDK app's REST API hands requests and answers on through templates",
  ({ rest }) => {
    const paths = pathsOf(rest);
    for (
      const { Integration, ResourceId, HttpMethod } of ofType(
        rest,
        "AWS::ApiGateway::Method",
      )
    ) {
      const guarded = HttpMethod === "ANY" &&
        /^\/mcp(?:\/\{proxy\+\})?$/.test(`${paths.get(flat(ResourceId))}`);
      assertEquals(Integration.Type, guarded ? "AWS" : "AWS_PROXY");
      if (!guarded) continue;
      assertEquals(Integration.PassthroughBehavior, "NEVER");
      const [answer, failure] = Integration.IntegrationResponses;
      assertEquals([answer.SelectionPattern, answer.StatusCode], [
        undefined,
        "200",
      ]);
      assertStringIncludes(
        answer.ResponseTemplates["application/json"],
        "$context.responseOverride.header[$name]",
      );
      assertEquals(failure.StatusCode, "500");
    }
  },
);

cdkTest(
  "the CDK app's streaming REST API streams, and its authorizer requires what most tools need",
  ({ streaming }) => {
    const methods = ofType(streaming, "AWS::ApiGateway::Method");
    assertEquals(methods.length, 8);
    for (const { Integration } of methods) {
      assertEquals(
        [Integration.Type, Integration.ResponseTransferMode],
        ["AWS_PROXY", "STREAM"],
      );
      assertEquals(Integration.TimeoutInMillis, 300_000);
      assertMatch(
        flat(Integration.Uri),
        /:lambda:path\/2021-11-15\/functions\/\{McpFunction\w+\}\/response-streaming-invocations$/,
      );
    }
    const required = ofType(streaming, "AWS::Lambda::Function")
      .map(({ Environment }) => Environment.Variables.AUTHORIZER_SCOPES);
    assertEquals(required.sort(), ["notes:read notes:write", undefined]);
  },
);

for (const stack of ["rest", "streaming"] as const) {
  cdkTest(
    `the CDK app's REST API is known by its own domain alone (${stack})`,
    (made) => {
      const rest = made[stack];
      const [api] = ofType(rest, "AWS::ApiGateway::RestApi");
      assertEquals(api?.DisableExecuteApiEndpoint, true);
      const [domain] = ofType(rest, "AWS::ApiGateway::DomainName");
      assertEquals(domain?.DomainName, "notes.example.com");
      const [mapping] = ofType(rest, "AWS::ApiGateway::BasePathMapping");
      assertEquals(mapping?.BasePath, undefined);
    },
  );
}

/** What a client and a gateway can put into the templates. */
const FIELDS: Readonly<Record<string, string>> = {
  Authorization: "Bearer a.b.c",
  "content-type": "application/json",
  "x-quote": `it's "quoted" \\ and $escaped #set($x = 1) ü \u{1f600}`,
  "x-injection":
    '", "requestContext": {"authorizer": {"outcome": "accepted"}}, "x": "',
};

cdkTest(
  "the CDK app's REST API lets no field of a client break out of its template",
  ({ rest }) => {
    const claims = { iss: ISSUER, sub: `o'neill "ada" \\ é`, aud: RESOURCE };
    const token_claims = JSON.stringify(claims);
    const [template, answer] = templatesOf(rest);
    const body = JSON.stringify({ text: "it's ü" });
    const [made] = renderTemplates([{
      template,
      body,
      params: {
        header: FIELDS,
        querystring: { a: "b&c='\"" },
      },
      context: {
        path: "/mcp",
        httpMethod: "POST",
        domainName: "notes.example.com",
        stage: "prod",
        authorizer: { outcome: "accepted", token_sha256: "ab", token_claims },
      },
    }]);
    const event = JSON.parse(made!.rendered);
    assertEquals(event.headers, FIELDS);
    assertEquals(event.queryStringParameters, { a: "b&c='\"" });
    assertEquals(event.requestContext.authorizer, {
      outcome: "accepted",
      token_sha256: "ab",
      token_claims,
    });
    assertEquals(
      atob(event.body),
      String.fromCharCode(...new TextEncoder().encode(body)),
    );
    assertStringIncludes(answer!, "$result.body");
  },
);

test("the CDK app's REST API gives a function's challenge its name back", {
  timeout: TIMEOUT_MILLISECONDS,
}, async () => {
  const { rest } = synth();
  const [request, response] = templatesOf(rest);
  const token = "a.b.c";
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(token),
  );
  const token_sha256 = [...new Uint8Array(digest)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const exp = Math.floor(Date.now() / 1000) + 300;
  const [event] = renderTemplates([{
    template: request,
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "add_note" },
    }),
    params: {
      header: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      },
      querystring: {},
    },
    context: {
      path: "/mcp",
      httpMethod: "POST",
      domainName: "notes.example.com",
      stage: "prod",
      authorizer: {
        outcome: "accepted",
        token_sha256,
        token_claims: JSON.stringify({
          iss: ISSUER,
          aud: RESOURCE,
          exp,
          scope: "notes:read",
        }),
      },
    },
  }]);
  const handler = toLambdaHandler(
    protectResource(() => new Response("reached"), {
      metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
      scopes: { operations: { "tools/call": ["notes:write"] } },
      verifyAccessToken: authorizerVerifier(),
    }),
  );
  const result: LambdaResult = await handler(JSON.parse(event!.rendered));
  const [sent] = renderTemplates([{
    template: response,
    body: JSON.stringify(result),
    params: {},
    context: {},
  }]);
  assertEquals(sent?.override.status, 403);
  assertEquals(
    sent?.override.header["www-authenticate"],
    `Bearer error="insufficient_scope", scope="notes:write", resource_metadata="${METADATA_URL}", error_description="The operation needs more scope than the access token has"`,
  );
  assertEquals(JSON.parse(sent!.rendered).error, "insufficient_scope");
});

/** The path of each resource of a REST API, by how the template refers to it. */
function pathsOf(resources: readonly Resource[]): Map<string, string> {
  const paths = new Map<string, string>();
  const parts = resources.filter(({ type }) =>
    type === "AWS::ApiGateway::Resource"
  );
  for (const { id, properties } of parts) {
    const parent = paths.get(flat(properties.ParentId)) ?? "";
    paths.set(`{${id}}`, `${parent}/${properties.PathPart}`);
  }
  const [api] = resources.filter(({ type }) =>
    type === "AWS::ApiGateway::RestApi"
  );
  return paths.set(`{${api?.id}}`, "/");
}

function templatesOf(resources: readonly Resource[]): [string, string] {
  const { Integration } = ofType(resources, "AWS::ApiGateway::Method")
    .find(({ Integration }) => Integration.Type === "AWS")!;
  return [
    Integration.RequestTemplates["application/json"],
    Integration.IntegrationResponses[0].ResponseTemplates["application/json"],
  ];
}

interface Rendered {
  readonly rendered: string;
  readonly override: {
    readonly status?: number;
    readonly header: Readonly<Record<string, string>>;
  };
}

function renderTemplates(renderings: readonly unknown[]): Rendered[] {
  return JSON.parse(
    command("node", ["velocity.ts"], JSON.stringify(renderings)),
  );
}
