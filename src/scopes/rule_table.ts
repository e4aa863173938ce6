/**
 * The rules of a policy for operations: by method, and for each method by name or pattern.
 *
 * @module
 */

import { RequestError } from "../errors.ts";
import { checkMethodName } from "../mcp/methods.ts";
import { hasTarget, targetsAreUris } from "../mcp/operation_targets.ts";
import { resourceUri } from "../mcp/resource_uris.ts";
import { targetRules } from "./target_rules.ts";
import type { Operation, OperationParams } from "../types.ts";

/** The value of a rule, or a function that computes it from the operation and its params. */
export type OperationRule<Written> =
  | Written
  | ((operation: Operation, params: OperationParams) => Written);

/** The rules of a policy for operations. */
export interface OperationRules<Written> {
  /** For a method: by the name of its target. `"*"` stands for the names that are not listed. */
  readonly [method: string]: {
    readonly [name: string]: OperationRule<Written>;
  };
}

/** Rules that were checked, ready for lookup. */
export interface OperationTable<T> {
  /** Whether there are no rules. */
  readonly isEmpty: boolean;
  /**
   * The values of all rules that apply to these operations. Functions are called only for operations with known params.
   *
   * @throws {RequestError} If a function would have to be called for an ambiguous URI.
   */
  find(
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): readonly T[];
}

/** A rule that was checked: its value, or the function that returns it. */
type Rule<T> =
  | { readonly value: T }
  | { readonly ask: (operation: Operation, params: OperationParams) => T };

/**
 * Checks the rules of a policy. `read` checks one value; `place` is its name in errors.
 *
 * @throws {TypeError} If a rule cannot be used, or could never apply.
 */
export function operationTable<Written, T>(
  rules: OperationRules<Written>,
  place: string,
  read: (written: Written, place: string) => T,
): OperationTable<T> {
  function checked(rule: OperationRule<Written>, place: string): Rule<T> {
    if (typeof rule !== "function") return { value: read(rule, place) };
    const ask = rule as (
      operation: Operation,
      params: OperationParams,
    ) => Written;
    return {
      ask: (operation, params) => read(ask(operation, params), place),
    };
  }

  const methods = new Map(
    Object.entries(rules).map(([method, names]) => {
      const here = `${place}["${method}"]`;
      checkMethodName(method, place);
      if (method !== "*" && method.includes("*")) {
        throw new TypeError(
          `Cannot use ${here}: name each method, or write "*" for the others`,
        );
      }
      const entries = Object.entries(names).map(([name, rule]) => {
        if (name !== "*" && !hasTarget(method)) {
          throw new TypeError(
            `Cannot use ${here}["${name}"]: the method has no names: use "*"`,
          );
        }
        return [name, checked(rule, `${here}["${name}"]`)] as const;
      });
      return [method, targetRules(method, entries)] as const;
    }),
  );

  function findFor(
    operation: Operation,
    params: OperationParams | undefined,
  ): readonly T[] {
    const { method, name } = operation;
    const rules = methods.get(method);
    const others = rules?.others ?? methods.get("*")?.others ?? [];
    if (name === undefined || !targetsAreUris(method)) {
      const found = name === undefined
        ? others
        : rules?.forName(name, others) ?? others;
      return valuesOf(found, operation, params);
    }
    const uri = resourceUri(name);
    const found = rules?.forUri(uri, others) ?? others;
    if (
      uri.isAmbiguous && params !== undefined &&
      found.some((rule) => "ask" in rule)
    ) {
      throw new RequestError("ambiguous_uri");
    }
    return valuesOf(found, { method, name: uri.matched }, params);
  }

  return {
    isEmpty: methods.size === 0,
    find: (operations, params) =>
      operations.flatMap((operation) =>
        findFor(operation, params?.get(operation))
      ),
  };
}

function valuesOf<T>(
  rules: readonly Rule<T>[],
  operation: Operation,
  params: OperationParams | undefined,
): T[] {
  return rules.flatMap((rule) => {
    if ("value" in rule) return [rule.value];
    return params === undefined ? [] : [rule.ask(operation, params)];
  });
}
