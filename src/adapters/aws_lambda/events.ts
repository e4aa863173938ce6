/**
 * The HTTP request in an event: payload format 2.0 of HTTP APIs and Function URLs, and 1.0 of REST APIs and HTTP APIs
 * ({@link https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html | HTTP APIs},
 * {@link https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html | REST APIs}).
 * Not implemented: events of load balancers, of VPC Lattice and of CloudFront.
 *
 * @module
 */

import { bytesOf } from "../../http/body.ts";

/** A JSON object, not yet believed. */
export type Fields = { readonly [name: string]: unknown };

/** A value's members; none where it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Fields
    : {};
}

/** Whether an event is of payload format 2.0, and so is the result that it asks for. */
export function isVersion2(event: unknown): boolean {
  return fieldsOf(event).version === "2.0";
}

/**
 * Reads the request. The stage that an API's own domain puts before the path is left out; the host is the one by
 * which the gateway was called.
 *
 * @throws {TypeError | DOMException} If the event is no HTTP request, or one that could not have come over HTTP.
 */
export function requestOf(event: unknown): Request {
  const fields = fieldsOf(event);
  const context = fieldsOf(fields.requestContext);
  const [method, path, query, headers] = isVersion2(event)
    ? readVersion2(fields, context)
    : readVersion1(fields);
  if (!METHOD.test(method)) throw new TypeError("Cannot read method of event");
  const url = `https://${hostOf(context)}${
    withoutStage(path, fields, context)
  }${query && `?${query}`}`;
  return new Request(url, { method, headers, body: readBody(fields, method) });
}

/** What a gateway can be asked with. Not every runtime refuses the rest: Bun takes an unknown method for GET. */
const METHOD = /^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$/;

type Parts = [method: string, path: string, query: string, headers: Headers];

function readVersion2(fields: Fields, context: Fields): Parts {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fieldsOf(fields.headers))) {
    headers.append(name, text(value));
  }
  const cookies = list(fields.cookies).map(text);
  if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
  return [
    text(fieldsOf(context.http).method),
    // Below a custom domain's mapping the root is an empty text.
    text(fields.rawPath) || "/",
    // Function URLs are documented to write the question mark too.
    text(fields.rawQueryString ?? "").replace(/^\?/, "").replaceAll("#", "%23"),
    headers,
  ];
}

function readVersion1(fields: Fields): Parts {
  const headers = new Headers();
  for (const [name, value] of entries(fields, "headers", "multiValueHeaders")) {
    headers.append(name, value);
  }
  // The gateway has decoded them.
  const query = new URLSearchParams(
    entries(
      fields,
      "queryStringParameters",
      "multiValueQueryStringParameters",
    ),
  );
  return [text(fields.httpMethod), text(fields.path), `${query}`, headers];
}

/** Every value of a map: the single-value form keeps the last one alone, and would hide a second credential. */
function entries(
  fields: Fields,
  single: string,
  multiple: string,
): [name: string, value: string][] {
  return Object.entries(fieldsOf(fields[multiple] ?? fields[single]))
    .flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, text(value)])
    );
}

/** The name is informative: nothing that identifies the resource is made of it. */
function hostOf({ domainName }: Fields): string {
  return typeof domainName === "string" && /^[\w.-]+$/.test(domainName)
    ? domainName
    : "localhost";
}

/** Below a custom domain there is no stage, and a REST API has removed it: its events have no version. */
function withoutStage(
  path: string,
  { version }: Fields,
  { stage, domainName }: Fields,
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
  { body, isBase64Encoded = false }: Fields,
  method: string,
): Uint8Array<ArrayBuffer> | null {
  if (typeof isBase64Encoded !== "boolean") {
    throw new TypeError("Cannot read isBase64Encoded of event");
  }
  if (body === undefined || body === null || /^(?:GET|HEAD)$/.test(method)) {
    return null;
  }
  // Bytes, since a string would bring a content type of its own.
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
