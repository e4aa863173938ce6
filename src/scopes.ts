/**
 * Which scopes an operation needs, and which ones come with another.
 *
 * @module
 */

import { AccessTokenError } from "./errors.ts";
import { impliedScopes } from "./implied_scopes.ts";
import { checkScopes } from "./metadata.ts";
import {
  type OperationRule,
  type OperationRules,
  operationTable,
} from "./operation_table.ts";
import {
  type AuthenticationPolicy,
  checkUserAuthentication,
  joined,
  satisfies,
} from "./step_up.ts";
import type {
  AccessTokenClaims,
  AuthInfo,
  Operation,
  OperationParams,
} from "./types.ts";

/**
 * A list: all of these scopes, and nothing beyond a valid token where it is empty. A list of lists: all of any one of
 * them; the first is what a client is told to ask for, unless its token has another one.
 */
export type Scopes<Scope extends string = string> =
  | readonly Scope[]
  | readonly (readonly Scope[])[];

/**
 * Which scopes a resource asks for, and which it insists on. With its scopes as a type parameter, a misspelt one does
 * not compile.
 *
 * @example
 * ```ts
 * import type { ScopePolicy } from "@gatehouse/mcp-auth";
 *
 * export const policy: ScopePolicy<"notes:read" | "notes:write"> = {
 *   initial: ["notes:read"],
 *   operations: {
 *     "tools/call": { add_note: ["notes:write"], "*": ["notes:read"] },
 *     "resources/read": { "notes://shared/{id}": [], "*": ["notes:read"] },
 *   },
 *   implies: { "notes:write": ["notes:read"] },
 * };
 * ```
 */
export interface ScopePolicy<Scope extends string = string> {
  /** Told to a client without a token, beside `required`. Not enforced. Default: none. */
  readonly initial?: readonly Scope[];
  /** Needed for every request. Default: none. */
  readonly required?: Scopes<Scope>;
  /**
   * Needed for an operation as well: by JSON-RPC method, and there for all its calls or by the name of the tool or
   * prompt, the URI of the resource or the identifier of the task. A name may be a pattern: `{name}` stands for
   * anything without a slash, `{+name}` or `*` at the end for anything. What is listed to the letter goes before
   * patterns, all the patterns that match hold together, and `"*"` stands for the rest: of the names, and of the
   * methods. A function works it out from the operation and its params. Default: none.
   */
  readonly operations?: {
    readonly [method: string]:
      | OperationRule<Scopes<Scope>>
      | { readonly [name: string]: OperationRule<Scopes<Scope>> };
  };
  /** The scopes that a scope includes. Decides what suffices, and never changes what a client is told to ask for. Default: none. */
  readonly implies?: { readonly [S in Scope]?: readonly Scope[] };
  /** How the user must have logged in. Default: any way, any time ago. */
  readonly authentication?: AuthenticationPolicy;
  /**
   * Which lists leave out what the caller's scopes do not suffice for. Default: none. A client that a list hides
   * nothing from can ask its user for more scope when a tool needs it.
   */
  readonly lists?: readonly (
    | "tools/list"
    | "prompts/list"
    | "resources/list"
    | "resources/templates/list"
  )[];
}

const MEMBERS: readonly string[] = [
  "initial",
  "required",
  "operations",
  "implies",
  "authentication",
  "lists",
] satisfies readonly (keyof ScopePolicy)[];

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
  const { initial = [], required = [], operations = {}, implies = {} } =
    policy ?? {};
  const { authentication = {} } = policy ?? {};
  for (const member of Object.keys(policy ?? {})) {
    // A rule that nobody reads would let everyone in.
    if (!MEMBERS.includes(member)) {
      throw new TypeError(
        `Cannot use scopes.${member}: use ${MEMBERS.join(", ")}`,
      );
    }
  }
  checkScopes(initial, "scopes.initial");
  const always = alternatives(required, "scopes.required");
  const scopes = operationTable(
    rulesByName(operations),
    "scopes.operations",
    alternatives,
  );
  const login = checkUserAuthentication(
    authentication.required ?? {},
    "scopes.authentication.required",
  );
  const logins = operationTable(
    authentication.operations ?? {},
    "scopes.authentication.operations",
    checkUserAuthentication,
  );
  const asksLogin = Object.keys(login).length > 0 || !logins.isEmpty;
  const included = impliedScopes(implies);
  const atLeast = [always];

  const rules: ScopeRules = {
    initial: unique([...initial, ...always[0] ?? []]),
    hasOperations: !(scopes.isEmpty && logins.isEmpty),
    needed: (asked, params) =>
      asked.length === 0 ? atLeast : [always, ...scopes.find(asked, params)],
    suffice: (granted, needed) =>
      needed.every((any) => any.some((all) => isHeld(all, granted))),
    check({ scopes: granted, extra }, asked, params): void {
      const needed = rules.needed(asked, params);
      const logged = asksLogin ? [login, ...logins.find(asked, params)] : [];
      const isEnough = rules.suffice(granted, needed);
      const isWellLoggedIn = logged.length === 0 || satisfies(
        extra?.claims as AccessTokenClaims | undefined ?? {},
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
        throw new AccessTokenError("insufficient_scope", { scope });
      }
      throw new AccessTokenError("insufficient_user_authentication", {
        scope,
        ...joined(logged),
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
      Array.isArray(entry) || typeof entry === "function"
        ? { "*": entry }
        : entry as OperationRules<Scopes>[string],
    ]),
  );
}

function alternatives(scopes: Scopes, place: string): Alternatives {
  const any = Array.isArray(scopes?.[0])
    ? scopes as Alternatives
    : [scopes as readonly string[]];
  for (const all of any) checkScopes(all, place);
  return any;
}

function unique(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)];
}
