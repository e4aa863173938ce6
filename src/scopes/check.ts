/**
 * Which scopes an operation needs, and which ones come with another.
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { impliedScopes } from "./implied.ts";
import { type OperationRules, operationTable } from "./rule_table.ts";
import { checkOptions, isPlainObject } from "../runtime/option_checks.ts";
import {
  checkScopeChoices,
  choicesOf,
  SCOPE_POLICY_SHAPE,
  type ScopePolicy,
  type Scopes,
} from "./policy.ts";
import {
  checkUserAuthentication,
  comparedLogins,
  joined,
  satisfies,
} from "./step_up.ts";
import type {
  AccessTokenClaims,
  AuthInfo,
  Operation,
  OperationParams,
} from "../types.ts";

/** What suffices: all of any one list. */
type Alternatives = readonly (readonly string[])[];

/** What is needed, all of it. */
export type NeededScopes = readonly Alternatives[];

/** By which clock the age of a login is told. */
export interface Clock {
  /** The time in milliseconds. */
  readonly now: () => number;
  /** How far clocks may differ. */
  readonly clockToleranceSeconds: number;
}

/** A scope policy, checked and ready to be asked. */
export interface ScopeRules {
  /** What a client without a token is told. */
  readonly initial: readonly string[];
  /** Whether the operations in a body matter. */
  readonly hasOperations: boolean;
  /** What a request with these operations needs. What depends on params is left out where they are not given. */
  needed(
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): NeededScopes;
  /** Whether the granted scopes suffice. */
  suffice(granted: readonly string[], needed: NeededScopes): boolean;
  /**
   * Refuses a caller whose scopes or whose login do not do for these operations.
   *
   * @throws {AccessTokenError} With all that they need.
   */
  check(
    caller: AuthInfo,
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): void;
}

/**
 * Reads a scope policy.
 *
 * @throws {TypeError} If a member is none of the policy's, a scope or a pattern cannot be one, a rule could never apply,
 *   or `implies` goes in a circle.
 */
export function scopeRules(
  policy: ScopePolicy | undefined,
  clock: Clock,
): ScopeRules {
  // A rule that nobody reads would let everyone in.
  checkOptions(policy ?? {}, "scopes", SCOPE_POLICY_SHAPE);
  const {
    initial = [],
    required = [],
    operations = {},
    implies = {},
    authentication = {},
  } = policy ?? {};
  const always = choicesOf(required);
  const scopes = operationTable(
    rulesByName(operations),
    "scopes.operations",
    checkedChoices,
  );
  const login = authentication.required ?? {};
  const logins = operationTable(
    authentication.operations ?? {},
    "scopes.authentication.operations",
    checkUserAuthentication,
  );
  const asksLogin = Object.keys(login).length > 0 || !logins.isEmpty;
  const included = impliedScopes(implies);
  const atLeast = required.length === 0 ? [] : [always];

  const rules: ScopeRules = {
    initial: unique([...initial, ...always[0] ?? []]),
    hasOperations: !(scopes.isEmpty && logins.isEmpty),
    needed: (asked, params) =>
      asked.length === 0
        ? atLeast
        : [...atLeast, ...scopes.find(asked, params)],
    suffice: (granted, needed) =>
      needed.every((any) => any.some((all) => isHeld(all, granted))),
    check({ scopes: granted, extra }, asked, params): void {
      const needed = rules.needed(asked, params);
      const logged = asksLogin ? [login, ...logins.find(asked, params)] : [];
      const isEnough = rules.suffice(granted, needed);
      const claims = extra?.claims as AccessTokenClaims | undefined ?? {};
      const isWellLoggedIn = logged.length === 0 || satisfies(
        claims,
        logged,
        clock.now() / 1000,
        clock.clockToleranceSeconds,
      );
      if (isEnough && isWellLoggedIn) return;
      const scope = unique(
        needed.flatMap((any) =>
          any.find((all) => isHeld(all, granted)) ?? any[0] ?? []
        ),
      );
      if (isWellLoggedIn) {
        throw new AccessTokenError("insufficient_scope", {
          scope,
          missing: scope.filter((each) => !isHeld([each], granted)),
          expected: scope,
          received: granted,
        });
      }
      const demanded = joined(logged);
      throw new AccessTokenError("insufficient_user_authentication", {
        scope,
        ...demanded,
        ...comparedLogins(demanded, claims),
      });
    },
  };
  return rules;

  function isHeld(
    all: readonly string[],
    granted: readonly string[],
  ): boolean {
    return all.every((scope) =>
      granted.some((held) =>
        held === scope || included.get(held)?.has(scope) === true
      )
    );
  }
}

/** A rule for a method as a whole is one for all its names. */
function rulesByName(
  operations: NonNullable<ScopePolicy["operations"]>,
): OperationRules<Scopes> {
  return Object.fromEntries(
    Object.entries(operations).map(([method, entry]) => [
      method,
      isPlainObject(entry)
        ? entry as OperationRules<Scopes>[string]
        : { "*": entry as Scopes },
    ]),
  );
}

function checkedChoices(scopes: Scopes, place: string): Alternatives {
  checkScopeChoices(scopes, place);
  return choicesOf(scopes);
}

function unique(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)];
}
