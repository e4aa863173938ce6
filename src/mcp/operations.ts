/**
 * The MCP operations in a request's body. The body is parsed once, and the handler receives the same value that the
 * policy was checked against.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { isObject, membersOf, readText } from "../http/body.ts";
import { copyRequest } from "../http/request_copy.ts";
import { isParsable } from "../runtime/identifiers.ts";
import { operationTargets, targetsAreUris } from "./operation_targets.ts";
import {
  checkRoutingHeaders,
  readRoutingHeaders,
  routedOperations,
} from "./headers.ts";
import type { Operation, OperationParams } from "../types.ts";

/** A request and the content of its body. */
export interface ReadRequest {
  /** The request. Its body can still be read. */
  readonly request: Request;
  /** The JSON value of its body. */
  readonly parsedBody?: unknown;
  /** The operations: several for a batch, and for a message with several targets. */
  readonly operations: readonly Operation[];
  /** The `params` of each operation, if there is a body. */
  readonly params?: ReadonlyMap<Operation, OperationParams>;
}

/** The most operations in one body. The MCP SDK accepts only a tenth of that. */
const MAX_OPERATIONS = 1000;

/**
 * Reads a request's body once. Before that, `judge` is called with the operations that `Mcp-Method` and `Mcp-Name`
 * describe. If it throws, the body is not read.
 *
 * @throws {RequestError} If the body is not UTF-8 JSON with a message or a flat batch of messages, is in another
 *   encoding, has more than `maxBytes` or 1000 operations, contradicts the headers, or has a URI that is too long to
 * parse.
 */
export async function readOperations(
  request: Request,
  maxBytes: number,
  judge?: (operations: readonly Operation[]) => void,
): Promise<ReadRequest> {
  const { headers, method } = request;
  // On Bun, reading the body property makes a stream of the body, which is slower to read.
  if (!headers.has("content-length") && request.body === null) {
    return { request, operations: [] };
  }
  const routing = readRoutingHeaders(headers);
  judge?.(routedOperations(routing));
  checkEncoding(headers);
  const text = await readText(request, maxBytes).catch(refuseLargeBody);
  if (text === "" && method !== "POST") {
    // Without a body, a DELETE has an empty one on Deno and Node, and on workerd if the client sent a Content-Length.
    return { request: copyRequest(request, ""), operations: [] };
  }
  const parsedBody = parse(text);
  const params = operationsOf(parsedBody);
  const operations = [...params.keys()];
  checkRoutingHeaders(routing, parsedBody, operations);
  const copy = copyRequest(request, text);
  return { request: copy, parsedBody, operations, params };
}

/** A charset can be given twice, in quotes or as in RFC 8187, and readers disagree on which one counts. */
function checkEncoding(headers: Headers): void {
  const encoding = headers.get("content-encoding") ?? "identity";
  const type = headers.get("content-type") ?? "";
  if (
    encoding.toLowerCase() !== "identity" ||
    type !== "application/json" && !isUtf8(type)
  ) throw new RequestError("body_encoded");
}

function isUtf8(type: string): boolean {
  const charsets = type.matchAll(/charset[\s*]*=\s*"?([^\s",;]*)/gi);
  return [...charsets].every(([, charset]) => /^utf-?8$/i.test(charset!));
}

function refuseLargeBody(cause: unknown): never {
  if (!(cause instanceof RangeError)) throw cause;
  throw new RequestError("body_too_large", { cause });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: a runtime's error about JSON contains a part of the body.
    throw new RequestError("body_not_json");
  }
}

function operationsOf(body: unknown): Map<Operation, OperationParams> {
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  const operations = new Map<Operation, OperationParams>();
  for (const message of messages) {
    if (!isObject(message)) throw new RequestError("body_not_a_message");
    const { method, params } = message;
    if (method === undefined) continue; // a response
    // As the key of an object, ["a"] is the same as "a".
    if (typeof method !== "string") {
      throw new RequestError("body_not_a_message");
    }
    const given = membersOf(params);
    for (const name of operationTargets(method, given)) {
      if (name !== undefined && typeof name !== "string") {
        throw new RequestError("body_not_a_message");
      }
      // Rejected here because the MCP SDKs parse it, however long that takes.
      if (name !== undefined && targetsAreUris(method) && !isParsable(name)) {
        throw new RequestError("uri_too_long");
      }
      operations.set(name === undefined ? { method } : { method, name }, given);
      if (operations.size > MAX_OPERATIONS) {
        throw new RequestError("body_too_large");
      }
    }
  }
  return operations;
}
