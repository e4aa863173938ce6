/**
 * What a handler returns.
 *
 * @module
 */

/**
 * Checks that a handler returned a Response. A Response of another realm or package, such as undici's, is accepted.
 *
 * @throws {TypeError} If it returned anything else. The message names the handler.
 */
export function checkResponse(value: Response, handler: string): Response {
  const { status, headers } = Object(value);
  if (typeof status === "number" && headers !== undefined) return value;
  const returned = value === null ? "null" : typeof value;
  throw new TypeError(
    `Cannot use what ${handler} returned (${returned}): it must return a Response`,
  );
}
