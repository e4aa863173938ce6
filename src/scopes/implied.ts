/**
 * Scopes that include other scopes.
 *
 * @module
 */

import { checkScopes } from "./scope_token.ts";

/**
 * All the scopes that each scope includes, directly or through others.
 *
 * @throws {TypeError} If one is not a valid scope, or includes itself.
 */
export function impliedScopes(
  implies: Readonly<Record<string, readonly string[] | undefined>>,
): Map<string, ReadonlySet<string>> {
  const direct = new Map(Object.entries(implies));
  const closed = new Map<string, ReadonlySet<string>>();
  function close(scope: string, path: readonly string[]): ReadonlySet<string> {
    if (path.includes(scope)) {
      throw new TypeError(
        `Cannot use scopes.implies: ${[...path, scope].join(" implies ")}`,
      );
    }
    const known = closed.get(scope);
    if (known !== undefined) return known;
    const others = direct.get(scope) ?? [];
    checkScopes([scope], "scopes.implies");
    checkScopes(others, "scopes.implies");
    const all = new Set(others);
    for (const other of others) {
      for (const further of close(other, [...path, scope])) all.add(further);
    }
    closed.set(scope, all);
    return all;
  }
  for (const scope of direct.keys()) close(scope, []);
  return closed;
}
