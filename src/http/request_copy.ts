/**
 * Copies of a request whose body was read.
 *
 * @module
 */

import { memoizeByObject } from "../runtime/memoize.ts";

const ORIGINAL = Symbol("original");

type CopyClass = new (
  input: Request | string,
  init: RequestInit,
) => Request & { [ORIGINAL]?: Request };

/** Keeps each copy alive as long as its original. */
const copies = new WeakMap<Request, Request>();

/**
 * On Node, the signal of a Request that was collected never aborts, and a handler may hold nothing but the signal or a
 * listener. So a copy whose signal was read lives as long as its original, which the server holds until the response
 * ends. Entries for all copies would make V8's garbage collection several times slower.
 */
const copyClassOf = memoizeByObject((base: typeof Request): CopyClass =>
  class extends base {
    [ORIGINAL]?: Request;

    override get signal(): AbortSignal {
      const original = this[ORIGINAL];
      if (original !== undefined) copies.set(original, this);
      return super.signal;
    }
  }
);

/** Copies a request whose body was read as `text`: without a body if that is empty. The copy aborts with the original. */
export function copyRequest(original: Request, text: string): Request {
  // The global of this moment: @hono/node-server replaces it, and no other class can copy its requests.
  const Copy = copyClassOf(Request);
  // A string, which runtimes copy faster than bytes.
  const copy = text === ""
    ? new Copy(original.url, fieldsOf(original))
    : copyWith(Copy, original, text);
  copy[ORIGINAL] = original;
  return copy;
}

function copyWith(
  Copy: CopyClass,
  original: Request,
  body: string,
): InstanceType<CopyClass> {
  try {
    return new Copy(original, { body });
  } catch {
    // A Request of another class, such as that of srvx on Node, which h3 and Nitro use.
    return new Copy(original.url, { ...fieldsOf(original), body });
  }
}

function fieldsOf({ method, headers, signal }: Request): RequestInit {
  return { method, headers, signal };
}
