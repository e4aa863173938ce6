/**
 * What a policy says of operations: by method, and there by name or pattern.
 *
 * @module
 */

import { isPattern, namePattern } from "./name_patterns.ts";
import {
  isNamed,
  lookupName,
  namesAreUris,
  takesPatterns,
} from "../mcp/operation_names.ts";
import type { Operation, OperationParams } from "../types.ts";

/** What a policy says of an operation, or what works it out from the operation itself. */
export type OperationRule<Written> =
  | Written
  | ((operation: Operation, params: OperationParams) => Written);

/** What a policy says of operations. */
export interface OperationRules<Written> {
  /** Of a method: of each thing that it acts on, by name. `"*"` are the names that are not listed. */
  readonly [method: string]: {
    readonly [name: string]: OperationRule<Written>;
  };
}

/** A part of a policy, checked and ready to be asked. */
export interface OperationTable<T> {
  /** Whether it says nothing. */
  readonly isEmpty: boolean;
  /** All that it says of operations. Functions are asked only of those whose params are given. */
  find(
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): readonly T[];
}

type Finder<T> = (operation: Operation, params?: OperationParams) => T[];

/**
 * Reads what a policy says of operations; `read` reads one value, found at a place.
 *
 * @throws {TypeError} If something in it cannot be used, or could never apply.
 */
export function operationTable<Written, T>(
  rules: OperationRules<Written>,
  place: string,
  read: (written: Written, place: string) => T,
): OperationTable<T> {
  function finderOf(rule: OperationRule<Written>, place: string): Finder<T> {
    if (typeof rule !== "function") {
      const value = read(rule, place);
      return () => [value];
    }
    const ask = rule as (
      operation: Operation,
      params: OperationParams,
    ) => Written;
    return (operation, params) =>
      params === undefined ? [] : [read(ask(operation, params), place)];
  }

  const methods = new Map(
    Object.entries(rules).map(([method, names]) => {
      const here = `${place}["${method}"]`;
      if (method !== "*" && method.includes("*")) {
        throw new TypeError(
          `Cannot use ${here}: name each method, or write "*" for the others`,
        );
      }
      const exact = new Map<string, Finder<T>[]>();
      const patterns: (readonly [RegExp, Finder<T>])[] = [];
      for (const [name, rule] of Object.entries(names)) {
        const finder = finderOf(rule, `${here}["${name}"]`);
        if (name !== "*" && !isNamed(method)) {
          throw new TypeError(
            `Cannot use ${here}["${name}"]: the method acts on nothing that has a name`,
          );
        }
        if (name !== "*" && isPattern(name) && takesPatterns(method)) {
          patterns.push([namePattern(method, name), finder]);
          continue;
        }
        const key = lookupName(method, name);
        exact.set(key, [...exact.get(key) ?? [], finder]);
      }

      return [method, (name?: string): Finder<T>[] | undefined => {
        const others = exact.get("*");
        if (name === undefined) return others;
        const key = lookupName(method, name);
        // A handler may look at a URI's path alone, so a query takes nothing away.
        const bare = namesAreUris(method) ? key.replace(/\?.*/, "") : key;
        const listed = exact.get(key);
        const whole = exact.get(bare);
        if (listed !== undefined && listed === whole) return listed;
        const matching = patterns.flatMap(([pattern, finder]) =>
          pattern.test(key) || pattern.test(bare) ? [finder] : []
        );
        const found = listed ?? (matching.length > 0 ? matching : others);
        return whole === undefined ? found : [...found ?? [], ...whole];
      }] as const;
    }),
  );

  return {
    isEmpty: methods.size === 0,
    find: (operations, params) =>
      operations.flatMap((operation) => {
        const finders = methods.get(operation.method)?.(operation.name) ??
          methods.get("*")?.() ?? [];
        return finders.flatMap((find) =>
          find(operation, params?.get(operation))
        );
      }),
  };
}
