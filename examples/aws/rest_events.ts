/**
 * Events of a REST API, for a proxy integration and for an authorizer
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html}).
 *
 * @module
 */

/** An event, as far as the stand-in reads it again. */
export interface RestEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: Record<string, unknown>;
  readonly [name: string]: unknown;
}

const ACCOUNT_ID = "123456789012";
const API_ID = "local00000";
const STAGE = "prod";

/** The ARN by which a policy knows a request. */
export function methodArnOf({ httpMethod, path }: RestEvent): string {
  return `arn:aws:execute-api:eu-west-1:${ACCOUNT_ID}:${API_ID}/${STAGE}/${httpMethod}${path}`;
}

/** The event for a request on the API's own domain, where no stage is in the path. */
export function restEventOf(
  request: Request,
  routeKey: string,
  body: Uint8Array,
  sourceIp: string,
  timeEpoch: number,
): RestEvent {
  const { pathname, searchParams, hostname } = new URL(request.url);
  const [, resourcePath = ""] = routeKey.split(" ");
  const proxy = /^(.*\/)\{\w+\+\}$/.exec(resourcePath)?.[1];
  const headers = {
    ...Object.fromEntries(
      [...request.headers].filter(([name]) =>
        !/^(?:forwarded|x-forwarded-.*)$/.test(name)
      ),
    ),
    "X-Amzn-Trace-Id": `Root=${crypto.randomUUID()}`,
    "X-Forwarded-For": sourceIp,
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
  };
  const names = [...new Set(searchParams.keys())];
  const query = names.map((name) => [name, searchParams.getAll(name)] as const);
  return {
    resource: resourcePath,
    path: pathname,
    httpMethod: request.method,
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(
      query.map(([name, values]) => [name, values.at(-1)]),
    ),
    multiValueQueryStringParameters: query.length === 0
      ? null
      : Object.fromEntries(query),
    pathParameters: proxy === undefined
      ? null
      : { proxy: pathname.slice(proxy.length) },
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      domainName: hostname,
      domainPrefix: hostname.split(".")[0],
      httpMethod: request.method,
      identity: {
        sourceIp,
        userAgent: request.headers.get("user-agent"),
      },
      path: pathname,
      protocol: "HTTP/1.1",
      requestId: crypto.randomUUID(),
      requestTimeEpoch: timeEpoch,
      resourcePath,
      stage: STAGE,
    },
    // Without binary media types, all bodies are taken for text.
    body: body.length === 0 ? null : new TextDecoder().decode(body),
    isBase64Encoded: false,
  };
}

/** What the authorizer is told of an event: all but the body. */
export function restAuthorizerEventOf(event: RestEvent): unknown {
  const { body: _, isBase64Encoded: __, ...rest } = event;
  return { ...rest, type: "REQUEST", methodArn: methodArnOf(event) };
}

/** The value of an identity source, as a REST API writes them. */
export function selectHeader(
  { headers }: RestEvent,
  source: string,
): string | undefined {
  const name = /^method\.request\.header\.(.+)$/.exec(source)?.[1];
  if (name === undefined) {
    throw new TypeError(`Cannot use identity source ${source}`);
  }
  return headers[name.toLowerCase()];
}
