/**
 * The MCP operations in a request's body, as the handler behind will read it: what is judged here is what is
 * handed on.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { isObject, membersOf, readText } from "../http/body.ts";
import { isParsable } from "../runtime/identifiers.ts";
import { operationTargets, targetsAreUris } from "./operation_targets.ts";
import {
  checkRoutingHeaders,
  readRoutingHeaders,
  routedOperations,
} from "./headers.ts";
import type { Operation, OperationParams } from "../types.ts";

/** A request whose body was read. */
export interface ReadRequest {
  /** The request, whose body can still be read. */
  readonly request: Request;
  /** The JSON value of its body. */
  readonly parsedBody?: unknown;
  /** What it asks for. More than one in a batch, and in a message that names more than one thing. */
  readonly operations: readonly Operation[];
  /** With which `params`, where there is a body. */
  readonly params?: ReadonlyMap<Operation, OperationParams>;
}

/** How much one body may ask for: ten times what the MCP SDK takes. */
const MAX_OPERATIONS = 1000;

/**
 * A copy that lives as long as its signal. On Node, the signal of a Request that was collected never aborts, and a
 * handler may hold nothing but the signal.
 */
class RequestCopy extends Request {
  override get signal(): AbortSignal {
    const signal: AbortSignal & { [OWNER]?: Request } = super.signal;
    signal[OWNER] = this;
    return signal;
  }
}

const OWNER = Symbol("request");

/**
 * Reads a request's body, once. `judge` is called before that with what the request's fields say of it, and may throw.
 *
 * @throws {RequestError} If it is not UTF-8 JSON that holds a message or a flat batch of them, is encoded otherwise,
 *   has more than `maxBytes`, asks for more than 1000 operations, or is not what the fields say.
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
  const fields = readRoutingHeaders(headers);
  judge?.(routedOperations(fields));
  checkEncoding(headers);
  const text = await readBody(request, maxBytes);
  if (text === "" && method !== "POST") {
    // A DELETE without a body has one of no bytes on Deno and Node, and on workerd where the client said its length.
    const { url, signal } = request;
    const bare = new RequestCopy(url, { method, headers, signal });
    return { request: bare, operations: [] };
  }
  const parsedBody = parse(text);
  const params = operationsOf(parsedBody);
  const operations = [...params.keys()];
  checkRoutingHeaders(fields, parsedBody, operations);
  // A string, which runtimes copy faster than bytes.
  const copy = new RequestCopy(request, { body: text });
  return { request: copy, parsedBody, operations, params };
}

/** A charset can be said twice, in quotes or in RFC 8187's way, and readers differ in which one they take. */
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

async function readBody(request: Request, maxBytes: number): Promise<string> {
  try {
    return await readText(request, maxBytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RequestError("body_too_large", { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: what a runtime says of JSON repeats a part of it.
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
    // A handler that looks its tools up in an object takes ["a"] for "a".
    if (typeof method !== "string") {
      throw new RequestError("body_not_a_message");
    }
    const given = membersOf(params);
    for (const name of operationTargets(method, given)) {
      if (name !== undefined && typeof name !== "string") {
        throw new RequestError("body_not_a_message");
      }
      // The MCP SDKs would parse it.
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
