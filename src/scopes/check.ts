/**
 * Whether a caller's scopes and login are enough for the operations of a request.
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
  meetsAuthentication,
  mergeRequirements,
} from "./step_up.ts";
import type {
  AccessTokenClaims,
  AuthInfo,
  Operation,
  OperationParams,
} from "../types.ts";

/** Alternative sets of scopes: all scopes of any one of them are enough. */
type Alternatives = readonly (readonly string[])[];

/** The required scopes: one alternative of each element. */
export type NeededScopes = readonly Alternatives[];

/** The clock for the age of a login. */
export interface Clock {
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** How far the issuer's clock may differ, in seconds. */
  readonly clockToleranceSeconds: number;
}

/** A validated scope policy, which checks requests. */
export interface ScopeRules {
  /** The scopes in the challenge for a client without a token. */
  readonly initial: readonly string[];
  /** Whether the policy has rules for operations, so that the body must be read. */
  readonly hasOperations: boolean;
  /** The scopes that some operations need. Without params, functions of the policy are left out. */
  needed(
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): NeededScopes;
  /** Whether the granted scopes are enough. */
  suffice(granted: readonly string[], needed: NeededScopes): boolean;
  /**
   * Checks a caller's scopes and login.
   *
   * @throws {AccessTokenError} If they are not enough. The error names all that the operations need.
   * @throws {RequestError} If a function of the policy would have to be called for an ambiguous URI.
   */
  check(
    caller: AuthInfo,
    operations: readonly Operation[],
    params?: ReadonlyMap<Operation, OperationParams>,
  ): void;
}

/**
 * Checks a scope policy.
 *
 * @throws {TypeError} If a member is unknown, a scope or a pattern is not valid, a rule could never apply, or `implies`
 *   has a cycle.
 */
export function scopeRules(
  policy: ScopePolicy | undefined,
  clock: Clock,
): ScopeRules {
  // Without this check, a misspelt rule would accept every request.
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
  const judgesLogin = Object.keys(login).length > 0 || !logins.isEmpty;
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
      const requirements = judgesLogin
        ? [login, ...logins.find(asked, params)]
        : [];
      const isEnough = rules.suffice(granted, needed);
      const claims = extra?.claims as AccessTokenClaims | undefined ?? {};
      const isLoginEnough = requirements.length === 0 || meetsAuthentication(
        claims,
        requirements,
        clock.now() / 1000,
        clock.clockToleranceSeconds,
      );
      if (isEnough && isLoginEnough) return;
      const scope = unique(
        needed.flatMap((any) =>
          any.find((all) => isHeld(all, granted)) ?? any[0] ?? []
        ),
      );
      if (isLoginEnough) {
        throw new AccessTokenError("insufficient_scope", {
          scope,
          missing: scope.filter((each) => !isHeld([each], granted)),
          expected: scope,
          received: granted,
        });
      }
      const demanded = mergeRequirements(requirements);
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

/** Treats the rule of a whole method as one for all its names. */
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
