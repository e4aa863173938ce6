/**
 * Events as AWS documents them, one for each payload form, and how the tests change them. Each has every member of the
 * form; what the tests compare is unlike anything that a default could be.
 *
 * @module
 */

/** A JSON object whose members may be changed. */
// deno-lint-ignore no-explicit-any
export type Sample = Record<string, any>;

/** A POST to an HTTP API in payload format 2.0. */
export function httpApiEvent(change: Sample = {}): Sample {
  return {
    version: "2.0",
    routeKey: "ANY /mcp",
    rawPath: "/mcp",
    rawQueryString: "parameter1=value1&parameter1=value2&parameter2=a%20b",
    cookies: ["cookie1=one", "cookie2=two"],
    headers: {
      accept: "application/json",
      "content-type": "text/plain; charset=utf-8",
      header1: "value1",
      header2: "value1,value2",
      host: "id.execute-api.us-east-1.amazonaws.com",
    },
    queryStringParameters: { parameter1: "value1,value2", parameter2: "a b" },
    requestContext: {
      accountId: "123456789012",
      apiId: "api-id",
      authentication: { clientCert: { clientCertPem: "CERT_CONTENT" } },
      domainName: "id.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "id",
      http: {
        method: "POST",
        path: "/mcp",
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "agent",
      },
      requestId: "id",
      routeKey: "ANY /mcp",
      stage: "$default",
      time: "12/Mar/2020:19:03:58 +0000",
      timeEpoch: 1583348638390,
    },
    body: "Hello, Wörld",
    pathParameters: { parameter1: "value1" },
    isBase64Encoded: false,
    stageVariables: { stageVariable1: "value1" },
    ...change,
  };
}

/** The same to a Function URL, which writes `null` and a question mark. */
export function functionUrlEvent(change: Sample = {}): Sample {
  const event = httpApiEvent();
  const domainName = "url-id.lambda-url.us-west-2.on.aws";
  return {
    ...event,
    routeKey: "$default",
    rawQueryString: `?${event.rawQueryString}`,
    headers: { ...event.headers, host: domainName },
    requestContext: {
      ...event.requestContext,
      apiId: "url-id",
      authentication: null,
      authorizer: null,
      domainName,
      domainPrefix: "url-id",
      routeKey: "$default",
    },
    pathParameters: null,
    stageVariables: null,
    ...change,
  };
}

/** The same to a REST API, in payload format 1.0: names as the client wrote them, the stage in the context alone. */
export function restApiEvent(change: Sample = {}): Sample {
  return {
    resource: "/mcp",
    path: "/mcp",
    httpMethod: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "text/plain; charset=utf-8",
      Cookie: "cookie1=one; cookie2=two",
      Header1: "value1",
      Header2: "value2",
      Host: "id.execute-api.us-east-1.amazonaws.com",
    },
    multiValueHeaders: {
      Accept: ["application/json"],
      "Content-Type": ["text/plain; charset=utf-8"],
      Cookie: ["cookie1=one; cookie2=two"],
      Header1: ["value1"],
      Header2: ["value1", "value2"],
      Host: ["id.execute-api.us-east-1.amazonaws.com"],
    },
    queryStringParameters: { parameter1: "value2", parameter2: "a b" },
    multiValueQueryStringParameters: {
      parameter1: ["value1", "value2"],
      parameter2: ["a b"],
    },
    requestContext: {
      accountId: "123456789012",
      apiId: "id",
      authorizer: { claims: null, scopes: null },
      domainName: "id.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "id",
      extendedRequestId: "request-id",
      httpMethod: "POST",
      identity: { sourceIp: "192.0.2.1", userAgent: "user-agent" },
      path: "/prod/mcp",
      protocol: "HTTP/1.1",
      requestId: "id=",
      requestTime: "04/Mar/2020:19:15:17 +0000",
      requestTimeEpoch: 1583349317135,
      resourceId: null,
      resourcePath: "/mcp",
      stage: "prod",
    },
    pathParameters: null,
    stageVariables: null,
    body: "Hello, Wörld",
    isBase64Encoded: false,
    ...change,
  };
}

/** The same to an HTTP API in payload format 1.0. */
export function httpApiEventVersion1(change: Sample = {}): Sample {
  const event = restApiEvent();
  return {
    version: "1.0",
    ...event,
    requestContext: {
      ...event.requestContext,
      path: "/mcp",
      stage: "$default",
    },
    ...change,
  };
}

/** Every form. */
export const FORMS: readonly (readonly [
  form: string,
  sample: (change?: Sample) => Sample,
])[] = [
  ["an HTTP API (2.0)", httpApiEvent],
  ["a Function URL (2.0)", functionUrlEvent],
  ["a REST API (1.0)", restApiEvent],
  ["an HTTP API (1.0)", httpApiEventVersion1],
];

/** An event with this value for a member, given by its path: `requestContext.http.method`. */
export function withMember(
  event: Sample,
  path: string,
  value: unknown,
): Sample {
  const [name = "", ...rest] = path.split(".");
  return {
    ...event,
    [name]: rest.length === 0
      ? value
      : withMember(event[name] ?? {}, rest.join("."), value),
  };
}

/** An event of either version that brings these values of the Authorization field. */
export function withAuthorization(event: Sample, ...values: string[]): Sample {
  if (event.version === "2.0") {
    return withMember(event, "headers.authorization", values.join(","));
  }
  return withMember(
    withMember(event, "headers.Authorization", values.at(-1)),
    "multiValueHeaders.Authorization",
    values,
  );
}

/** What a request to an authorizer has beside the rest: no body, and the ARN of what was asked for. */
export function authorizerEvent(event: Sample, stage: string): Sample {
  const { body: _, isBase64Encoded: __, ...rest } = event;
  const arn =
    `arn:aws:execute-api:us-east-1:123456789012:abcdef123/${stage}/POST/mcp`;
  return {
    ...rest,
    type: "REQUEST",
    [event.version === "2.0" ? "routeArn" : "methodArn"]: arn,
    identitySource: null,
  };
}
