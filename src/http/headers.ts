/**
 * Headers of responses: constant ones, and edits of a handler's response.
 *
 * @module
 */

/**
 * Returns a function that creates Headers once. A runtime copies Headers several times faster than it reads a record. They
 * are not created at import: on Node that takes longer than importing the rest of this library.
 */
export function constantHeaders(
  record: Readonly<Record<string, string>>,
): () => Headers {
  let headers: Headers | undefined;
  return () => headers ??= new Headers(record);
}

/**
 * Edits the headers of a handler's response: in place if possible, or else in a copy. A response that was edited before
 * is copied too: a handler may return the same object for several requests, and the runtime may still be sending it for
 * an earlier one.
 */
export function amendHeaders(
  response: Response,
  edit: (headers: Headers) => void,
  wasEdited: (headers: Headers) => boolean = () => false,
): Response {
  // A copy of a 101 loses its socket, and Response.error(), whose status is 0, cannot be copied.
  if (response.status < 200) return response;
  if (!wasEdited(response.headers)) {
    try {
      edit(response.headers);
      return response;
    } catch {
      // Immutable: a response of fetch(), or of a constructor such as Response.redirect().
    }
  }
  const headers = new Headers(response.headers);
  edit(headers);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}
