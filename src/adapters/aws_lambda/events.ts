/**
 * The HTTP request in an event, in payload format 2.0 (HTTP APIs and Function URLs) or 1.0 (REST APIs and HTTP APIs)
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html | HTTP APIs},
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html | REST APIs}).
 * Not implemented: events of load balancers, of VPC Lattice and of CloudFront.
 *
 * @module
 */

import { bytesOf, isObject, type JsonObject } from "../../http/body.ts";

/** The value if it is a JSON object, or else an empty object. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** Whether an event, and so its result, has payload format 2.0. */
export function isVersion2(event: unknown): boolean {
  return objectOf(event).version === "2.0";
}

/**
 * Reads the request. The stage in front of the path, which an API's default domain adds, is removed. The host is the one
 * that the client used.
 *
 * @throws {TypeError | DOMException} If the event is not an HTTP request, or not a valid one.
 */
export function requestOf(event: unknown): Request {
  const members = objectOf(event);
  const context = objectOf(members.requestContext);
  const [method, path, query, headers] = isVersion2(event)
    ? readVersion2(members, context)
    : readVersion1(members);
  if (!METHOD.test(method)) throw new TypeError("Cannot read method of event");
  const url = `https://${hostOf(context)}${
    withoutStage(path, members, context)
  }${query && `?${query}`}`;
  return new Request(url, { method, headers, body: readBody(members, method) });
}

/** The methods that a gateway passes on. Not every runtime rejects others: Bun turns an unknown method into GET. */
const METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$/;

type Parts = [method: string, path: string, query: string, headers: Headers];

function readVersion2(members: JsonObject, context: JsonObject): Parts {
  const headers = new Headers();
  for (const [name, value] of Object.entries(objectOf(members.headers))) {
    headers.append(name, text(value));
  }
  const cookies = list(members.cookies).map(text);
  if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
  return [
    text(objectOf(context.http).method),
    // Below a custom domain's mapping, the root is an empty string.
    text(members.rawPath) || "/",
    // In the documented event of a Function URL it begins with the question mark.
    text(members.rawQueryString ?? "").replace(/^\?/, "").replaceAll(
      "#",
      "%23",
    ),
    headers,
  ];
}

function readVersion1(members: JsonObject): Parts {
  const headers = new Headers();
  for (
    const [name, value] of entries(members, "headers", "multiValueHeaders")
  ) {
    headers.append(name, value);
  }
  // The gateway has decoded names and values.
  const query = new URLSearchParams(
    entries(
      members,
      "queryStringParameters",
      "multiValueQueryStringParameters",
    ),
  );
  return [text(members.httpMethod), text(members.path), `${query}`, headers];
}

/** Every value of a map. The single-value form has only the last one, which would hide a second credential. */
function entries(
  members: JsonObject,
  single: string,
  multiple: string,
): [name: string, value: string][] {
  return Object.entries(objectOf(members[multiple] ?? members[single]))
    .flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, text(value)])
    );
}

/** The host is informative: the resource's identity never depends on it. */
function hostOf({ domainName }: JsonObject): string {
  return typeof domainName === "string" && /^[\w.-]+$/.test(domainName)
    ? domainName
    : "localhost";
}

/** Behind a custom domain there is no stage. REST APIs, whose events have no version, have removed it. */
function withoutStage(
  path: string,
  { version }: JsonObject,
  { stage, domainName }: JsonObject,
): string {
  if (!path.startsWith("/")) throw new TypeError("Cannot read path of event");
  const encoded = path.replaceAll("?", "%3F").replaceAll("#", "%23");
  const prefix = `/${stage}`;
  return version !== undefined && /\.execute-api\./.test(`${domainName}`) &&
      `${encoded}/`.startsWith(`${prefix}/`)
    ? encoded.slice(prefix.length) || "/"
    : encoded;
}

function readBody(
  { body, isBase64Encoded = false }: JsonObject,
  method: string,
): Uint8Array<ArrayBuffer> | null {
  if (typeof isBase64Encoded !== "boolean") {
    throw new TypeError("Cannot read isBase64Encoded of event");
  }
  if (body === undefined || body === null || /^(?:GET|HEAD)$/.test(method)) {
    return null;
  }
  // Bytes, because a string would set a content type.
  if (!isBase64Encoded) return new TextEncoder().encode(text(body));
  return bytesOf(atob(text(body)));
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("Cannot read event: a string is missing");
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new TypeError("Cannot read event: a list is missing");
}
