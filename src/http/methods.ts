/**
 * Request methods.
 *
 * @module
 */

import { RequestError } from "../errors.ts";

/**
 * Rejects the methods that Fetch forbids
 * ({@link https://fetch.spec.whatwg.org/#forbidden-method | Fetch §2.2.1}). Deno passes them on, and throws when
 * a handler copies such a request.
 *
 * @throws {RequestError} If the method is CONNECT, TRACE or TRACK.
 */
export function checkMethod({ method }: Request): void {
  if (/^(?:connect|trace|track)$/i.test(method)) {
    throw new RequestError("method_not_allowed");
  }
}
