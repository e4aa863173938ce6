/**
 * Adding to a response that somebody else made.
 *
 * @module
 */

/** Edits a response's fields: its own where they can be edited, and otherwise those of a copy. */
export function amendHeaders(
  response: Response,
  edit: (headers: Headers) => void,
): Response {
  // A copy of a 101 would lose its socket, and Response.error(), whose status is 0, has none.
  if (response.status < 200) return response;
  try {
    edit(response.headers);
    return response;
  } catch {
    // Immutable: it came from fetch(), or from a constructor such as Response.redirect().
    const headers = new Headers(response.headers);
    edit(headers);
    const { body, status, statusText } = response;
    return new Response(body, { status, statusText, headers });
  }
}
