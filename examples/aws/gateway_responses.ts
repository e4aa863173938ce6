/**
 * What an HTTP API makes of a function's result, and parameter mapping of responses
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html}).
 *
 * @module
 */

/** By status, what to write (`overwrite:header.name`, `append:`, `remove:`) and from where (`$response.header.name`, or a text). */
export type ResponseParameters = Readonly<
  Record<string, Readonly<Record<string, string>>>
>;

/** No mapping may read or write these. */
const RESERVED =
  /^(?:access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-(?:for|host|proto)|via)$/i;

/** What users see renamed to `x-amzn-remapped-…`; AWS documents it of REST APIs alone. */
export const REMAPPED: RegExp =
  /^(?:authorization|connection|content-md5|date|max-forwards|server|user-agent|www-authenticate)$/i;

/**
 * Makes ready to answer.
 *
 * @throws {TypeError} If AWS would refuse a mapping.
 */
export function mapResponse(
  parameters: ResponseParameters,
): (result: unknown, method: string) => Response {
  const mappings = new Map(
    Object.entries(parameters).map((
      [status, mapping],
    ) => [status, Object.entries(mapping).map(readMapping)]),
  );
  return (result, method) => {
    const { statusCode, headers, cookies, body, isBase64Encoded } = infer(
      result,
    );
    const returned = new Headers(headers);
    const sent = new Headers({ "apigw-requestid": crypto.randomUUID() });
    for (const [name, value] of returned) {
      sent.set(REMAPPED.test(name) ? `x-amzn-remapped-${name}` : name, value);
    }
    for (const cookie of cookies) sent.append("set-cookie", cookie);
    for (const map of mappings.get(`${statusCode}`) ?? []) map(returned, sent);
    const bytes = isBase64Encoded
      ? Uint8Array.from(atob(body), (char) => char.charCodeAt(0))
      : new TextEncoder().encode(body);
    const hasBody = method !== "HEAD" && ![204, 205, 304].includes(statusCode);
    return new Response(hasBody ? bytes : null, {
      status: statusCode,
      headers: sent,
    });
  };
}

interface Result {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** A result without a status is itself the body. */
function infer(result: unknown): Result {
  const defaults = {
    headers: {},
    cookies: [],
    body: "",
    isBase64Encoded: false,
  };
  return Object(result).statusCode === undefined
    ? {
      ...defaults,
      statusCode: 200,
      headers: { "content-type": "application/json" },
      body: typeof result === "string" ? result : JSON.stringify(result),
    }
    : { ...defaults, ...result as Result };
}

type Mapping = (returned: Headers, sent: Headers) => void;

function readMapping([key, source]: [string, string]): Mapping {
  const [, action, name = ""] =
    /^(append|overwrite|remove):header\.(.+)$/.exec(key) ?? [];
  const from = /^\$response\.header\.(.+)$/.exec(source)?.[1];
  if (action === undefined || RESERVED.test(name)) {
    throw new TypeError(`Cannot map ${key}`);
  }
  if (from !== undefined && RESERVED.test(from)) {
    throw new TypeError(`Cannot map from ${source}`);
  }
  return (returned, sent) => {
    const value = from === undefined ? source : returned.get(from);
    if (action === "remove") sent.delete(name);
    else if (value === null) return;
    else if (action === "append") sent.append(name, value);
    else sent.set(name, value);
  };
}
