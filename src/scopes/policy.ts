/**
 * What a resource can be told of scopes: which ones it asks for, and which it insists on.
 *
 * @module
 */

import {
  anything,
  type Check,
  eachOf,
  type OptionShape,
  optionsOf,
  strings,
} from "../runtime/option_checks.ts";
import type { OperationRule } from "./rule_table.ts";
import { checkScopes } from "./scope_token.ts";
import { AUTHENTICATION_SHAPE, type AuthenticationPolicy } from "./step_up.ts";

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
  readonly initial?: readonly Scope[] | undefined;
  /** Needed for every request. Default: none. */
  readonly required?: Scopes<Scope> | undefined;
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
  } | undefined;
  /** The scopes that a scope includes. Decides what suffices, and never changes what a client is told to ask for. Default: none. */
  readonly implies?:
    | { readonly [S in Scope]?: readonly Scope[] | undefined }
    | undefined;
  /** How the user must have logged in. Default: any way, any time ago. */
  readonly authentication?: AuthenticationPolicy | undefined;
  /**
   * Which lists leave out what the caller's scopes do not suffice for. Default: none. A client that a list hides
   * nothing from can ask its user for more scope when a tool needs it.
   */
  readonly lists?:
    | readonly (
      | "tools/list"
      | "prompts/list"
      | "resources/list"
      | "resources/templates/list"
    )[]
    | undefined;
}

/** The members of a {@linkcode ScopePolicy}. */
export const SCOPE_POLICY_SHAPE: OptionShape<ScopePolicy> = {
  members: {
    initial: checkScopes as Check,
    required: checkScopeChoices as Check,
    operations: eachOf(anything),
    implies: eachOf(checkScopes as Check),
    authentication: optionsOf(AUTHENTICATION_SHAPE),
    lists: strings,
  },
  otherNames: {
    requiredscopes: "scopes.required",
    scopes: "scopes.required",
    tools: 'scopes.operations["tools/call"]',
  },
  example: '{ required: ["notes:read"] }',
};

/**
 * Checks an array of scopes, or an array of such arrays.
 *
 * @throws {TypeError} If it is neither, or a scope cannot be one.
 */
export function checkScopeChoices(scopes: Scopes, place: string): void {
  for (const all of choicesOf(scopes)) checkScopes(all, place);
}

/** The choices that satisfy a requirement: all the scopes of any one of them. */
export function choicesOf(scopes: Scopes): readonly (readonly string[])[] {
  return Array.isArray(scopes) && Array.isArray(scopes[0])
    ? scopes as readonly (readonly string[])[]
    : [scopes as readonly string[]];
}
