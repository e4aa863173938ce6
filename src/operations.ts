/**
 * The MCP operations in a request's body, as the handler behind will read it: what is judged here is what is
 * handed on. Not implemented yet: judging by the `Mcp-Method` and `Mcp-Name` fields, which are ignored.
 *
 * @module
 */

import { RequestError } from "./errors.ts";
import { readBytes } from "./fetch_json.ts";
import type { Operation } from "./types.ts";

/** A request whose body was read. */
export interface ReadRequest {
  /** The request, whose body can still be read. */
  readonly request: Request;
  /** The JSON value of its body. */
  readonly parsedBody: unknown;
  /** What it asks for. More than one in a batch. */
  readonly operations: readonly Operation[];
}

/** By which parameter a method names what it acts on. */
const NAME_PARAMETER = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["resources/subscribe", "uri"],
  ["resources/unsubscribe", "uri"],
]);

/** On Node, the signal of a Request that is collected never aborts, and a handler may hold on to nothing but the signal. */
const copies = new WeakMap<Request, Request>();

/**
 * Reads a request's body, once.
 *
 * @throws {RequestError} If it is not UTF-8 JSON that holds a message or a flat batch of them, is encoded
 *   otherwise, or has more than `maxBytes`.
 */
export async function readOperations(
  request: Request,
  maxBytes: number,
): Promise<ReadRequest> {
  if (request.body === null) {
    return { request, parsedBody: undefined, operations: [] };
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i
    .exec(request.headers.get("content-type") ?? "")?.[1] ?? "utf-8";
  if (
    encoding.toLowerCase() !== "identity" || !/^utf-?8$/i.test(charset)
  ) throw new RequestError("body_encoded");
  const bytes = await readBody(request, maxBytes);
  if (bytes.length === 0 && request.method !== "POST") {
    // A DELETE without a body has one of no bytes on Deno and Node, and on workerd where the client said its length.
    const { url, method, headers, signal } = request;
    const bare = new Request(url, { method, headers, signal });
    copies.set(request, bare);
    return { request: bare, parsedBody: undefined, operations: [] };
  }
  const parsedBody = parse(bytes);
  const copy = new Request(request, { body: bytes });
  copies.set(request, copy);
  return {
    request: copy,
    parsedBody,
    operations: operationsOf(parsedBody),
  };
}

async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length")) > maxBytes) {
    throw new RequestError("body_too_large");
  }
  try {
    return await readBytes(request.body, maxBytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RequestError("body_too_large", { cause });
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RequestError("body_not_json", { cause });
  }
}

function operationsOf(body: unknown): Operation[] {
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  return messages.flatMap((message) => {
    if (
      typeof message !== "object" || message === null || Array.isArray(message)
    ) {
      throw new RequestError("body_not_a_message");
    }
    const { method, params } = message as Record<string, unknown>;
    if (typeof method !== "string") return []; // a response
    const parameter = NAME_PARAMETER.get(method);
    const name = parameter === undefined || typeof params !== "object"
      ? undefined
      : (params as Record<string, unknown> | null)?.[parameter];
    return [typeof name === "string" ? { method, name } : { method }];
  });
}
