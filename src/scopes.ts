/**
 * Which scopes an operation needs, and which ones come with another.
 *
 * @module
 */

import { checkScopes } from "./metadata.ts";
import type { Operation } from "./types.ts";

/** Scopes that are needed together. An empty list needs none beyond a valid token. */
export type Scopes = readonly string[];

/** Which scopes a resource asks for, and which it insists on. */
export interface ScopePolicy {
  /** Told to a client without a token, beside `required`. Not enforced. Default: none. */
  readonly initial?: Scopes;
  /** Needed for every request. Default: none. */
  readonly required?: Scopes;
  /**
   * Needed for an operation as well: by JSON-RPC method, and there for all its calls or by the name of the tool
   * or prompt or the URI of the resource. `"*"` stands for the names that are not listed. Default: none.
   */
  readonly operations?: {
    readonly [method: string]: Scopes | { readonly [name: string]: Scopes };
  };
  /** The scopes that a scope includes. Decides what suffices, and never changes what a client is told to ask for. */
  readonly implies?: { readonly [scope: string]: Scopes };
}

/** A scope policy, checked and ready to be asked. */
export interface ScopeRules {
  /** What a client without a token is told. */
  readonly initial: Scopes;
  /** Whether the operations in a body matter. */
  readonly hasOperations: boolean;
  /** What a request with these operations needs, all of it. */
  needed(operations: readonly Operation[]): Scopes;
  /** Whether the granted scopes suffice. */
  suffice(granted: readonly string[], needed: Scopes): boolean;
}

/**
 * Reads a scope policy.
 *
 * @throws {TypeError} If a scope cannot be one, or `implies` goes in a circle.
 */
export function scopeRules(policy: ScopePolicy = {}): ScopeRules {
  const { initial = [], required = [], operations = {}, implies = {} } = policy;
  checkScopes(initial, "scopes.initial");
  checkScopes(required, "scopes.required");
  const methods = new Map(
    Object.entries(operations).map(([method, entry]) => {
      const names = new Map<string, Scopes>();
      const listed = Object.entries(isList(entry) ? { "*": entry } : entry);
      for (const [written, scopes] of listed) {
        checkScopes(scopes, `scopes.operations["${method}"]["${written}"]`);
        const name = lookupName(method, written);
        names.set(name, [...names.get(name) ?? [], ...scopes]);
      }
      return [method, names];
    }),
  );
  const included = closures(implies);

  return {
    initial: unique([...initial, ...required]),
    hasOperations: methods.size > 0,
    needed(asked): Scopes {
      const scopes = [...required];
      for (const { method, name } of asked) {
        const names = methods.get(method);
        const byName = name === undefined
          ? undefined
          : names?.get(lookupName(method, name));
        scopes.push(...byName ?? names?.get("*") ?? []);
      }
      return unique(scopes);
    },
    suffice(granted, needed): boolean {
      const held = new Set(granted);
      for (const scope of granted) {
        for (const other of included.get(scope) ?? []) held.add(other);
      }
      return needed.every((scope) => held.has(scope));
    },
  };
}

/** What a name is looked up by. The MCP SDK reads a resource's URI with `URL`, by which `A://b` and `a://b` are one. */
function lookupName(method: string, name: string): string {
  return method.startsWith("resources/") && URL.canParse(name)
    ? new URL(name).href
    : name;
}

function isList(
  entry: Scopes | Readonly<Record<string, Scopes>>,
): entry is Scopes {
  return Array.isArray(entry);
}

function unique(scopes: Scopes): Scopes {
  return [...new Set(scopes)];
}

/** Everything that each scope includes, at any remove. */
function closures(
  implies: Readonly<Record<string, Scopes>>,
): Map<string, ReadonlySet<string>> {
  const direct = new Map(Object.entries(implies));
  const closed = new Map<string, ReadonlySet<string>>();
  function close(scope: string, path: Scopes): ReadonlySet<string> {
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
