/**
 * A single scope ({@link https://www.rfc-editor.org/rfc/rfc6749#section-3.3 | RFC 6749 §3.3}), as it is configured.
 *
 * @module
 */

import { SCOPE_TOKEN } from "../http/www_authenticate.ts";

/**
 * Checks configured scopes.
 *
 * @throws {TypeError} If one is not a scope-token, or is `offline_access`, which concerns only a client and its
 *   authorization server.
 */
export function checkScopes(scopes: readonly string[], name: string): void {
  if (!Array.isArray(scopes)) {
    const example = typeof scopes === "string" && SCOPE_TOKEN.test(scopes)
      ? scopes
      : "notes:read";
    throw new TypeError(
      `Cannot use ${name}: write an array of scopes, such as ["${example}"]`,
    );
  }
  for (const scope of scopes) {
    if (typeof scope !== "string" || !SCOPE_TOKEN.test(scope)) {
      throw new TypeError(
        `Cannot use scope ${
          JSON.stringify(scope)
        } in ${name}: use printable ASCII without spaces, quotes or backslashes`,
      );
    }
    if (scope === "offline_access") {
      throw new TypeError(
        `Cannot use offline_access in ${name}: remove it, clients request it by themselves`,
      );
    }
  }
}
