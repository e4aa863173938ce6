/**
 * A response's fields: those that are always the same, and those that are added to what somebody else made.
 *
 * @module
 */

/**
 * Fields that are the same each time, made when they are first asked for: a runtime copies Headers several times
 * faster than it reads a record, and Node takes longer to have them at all than to import this library.
 */
export function constantHeaders(
  fields: Readonly<Record<string, string>>,
): () => Headers {
  let headers: Headers | undefined;
  return () => headers ??= new Headers(fields);
}

/**
 * Edits a response's headers: its own if they can be edited, and otherwise those of a copy. A response whose headers
 * were edited before is copied too: a handler may return one object for several requests, and the runtime may still be
 * reading its headers for the one before.
 */
export function amendHeaders(
  response: Response,
  edit: (headers: Headers) => void,
  wasEdited: (headers: Headers) => boolean = () => false,
): Response {
  // A copy of a 101 would lose its socket, and Response.error(), whose status is 0, has none.
  if (response.status < 200) return response;
  if (!wasEdited(response.headers)) {
    try {
      edit(response.headers);
      return response;
    } catch {
      // Immutable: it came from fetch(), or from a constructor such as Response.redirect().
    }
  }
  const headers = new Headers(response.headers);
  edit(headers);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}
