/**
 * Events of payload format 2.0
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html}).
 *
 * @module
 */

/** An event, as far as the stand-in reads it again. */
export interface HttpApiEvent {
  readonly version: "2.0";
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: Record<string, unknown>;
  readonly [name: string]: unknown;
}

const ACCOUNT_ID = "123456789012";
const API_ID = "local00000";

/** The ARN by which a policy knows a request. */
export function routeArnOf({ requestContext }: HttpApiEvent): string {
  const { method, path } = requestContext.http as Record<string, string>;
  return `arn:aws:execute-api:eu-west-1:${ACCOUNT_ID}:${API_ID}/$default/${method}${path}`;
}

/** The event for a request. A client's own word on where it comes from is replaced. */
export function eventOf(
  request: Request,
  routeKey: string,
  body: Uint8Array,
  sourceIp: string,
  timeEpoch: number,
): HttpApiEvent {
  const { pathname, search, searchParams, hostname } = new URL(request.url);
  const { cookie, ...headers } = Object.fromEntries(
    [...request.headers].filter(([name]) =>
      !/^(?:forwarded|x-forwarded-.*)$/.test(name)
    ),
  );
  const query = Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => [
      name,
      searchParams.getAll(name).join(","),
    ]),
  );
  const text = textOf(body, headers["content-type"]);
  const proxy = /^\S+ (.*\/)\{\w+\+\}$/.exec(routeKey)?.[1];
  return {
    version: "2.0",
    routeKey,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...headers,
      "x-amzn-trace-id": `Root=${crypto.randomUUID()}`,
      "x-forwarded-for": sourceIp,
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    ...(search !== "" && { queryStringParameters: query }),
    ...(proxy !== undefined && {
      pathParameters: { proxy: pathname.slice(proxy.length) },
    }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      domainName: hostname,
      domainPrefix: hostname.split(".")[0],
      http: {
        method: request.method,
        path: pathname,
        protocol: "HTTP/1.1",
        sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: crypto.randomUUID(),
      routeKey,
      stage: "$default",
      time: new Date(timeEpoch).toUTCString(),
      timeEpoch,
    },
    ...(body.length > 0 && { body: text ?? base64(body) }),
    isBase64Encoded: text === undefined,
  };
}

/** What the authorizer is told of an event: all but the body. */
export function authorizerEventOf(
  event: HttpApiEvent,
  identitySource: readonly string[],
): unknown {
  const { body: _, isBase64Encoded: __, ...rest } = event;
  return {
    ...rest,
    type: "REQUEST",
    routeArn: routeArnOf(event),
    identitySource,
  };
}

/** The value of an identity source, as an HTTP API writes them. */
export function selectFrom(
  event: HttpApiEvent,
  source: string,
): string | undefined {
  const [, place, name = ""] =
    /^\$(request\.header|request\.querystring|context)\.(.+)$/.exec(source) ??
      [];
  switch (place) {
    case "request.header":
      return event.headers[name.toLowerCase()];
    case "request.querystring":
      return (event.queryStringParameters as Record<string, string> | undefined)
        ?.[name];
    case "context":
      return event.requestContext[name] as string | undefined;
    default:
      throw new TypeError(`Cannot use identity source ${source}`);
  }
}

function textOf(bytes: Uint8Array, type = ""): string | undefined {
  if (bytes.length === 0) return "";
  if (!/^(?:text\/|application\/(?:.*json|.*xml|javascript))/.test(type)) {
    return undefined;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
