/**
 * The scope policy of a resource.
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
 * The scopes that a request needs. An array of strings: all of these scopes; if it is empty, any accepted token is
 * enough. An array of arrays: all scopes of any one of them. A challenge names the first one, unless the token has
 * another one already.
 */
export type Scopes<Scope extends string = string> =
  | readonly Scope[]
  | readonly (readonly Scope[])[];

/**
 * Which scopes requests need. With the scopes as a type parameter, a misspelt scope does not compile.
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
  /** Named in the challenge for a client without a token, together with `required`. Not enforced. Default: none. */
  readonly initial?: readonly Scope[] | undefined;
  /** Needed for every request. Default: none. */
  readonly required?: Scopes<Scope> | undefined;
  /**
   * Needed for an operation as well: by JSON-RPC method, for all its calls or by the name of the tool or prompt, the URI
   * of the resource or the identifier of the task. A name can be a pattern in the notation of
   * {@link https://www.rfc-editor.org/rfc/rfc6570 | RFC 6570}: `{name}` matches a segment, `{+name}` or `*` at the end
   * the rest, and `{?name,name}` a query. Literal names take precedence over patterns, the scopes of all matching
   * patterns are needed, and `"*"` stands for the other names, and for the other methods. A function returns the scopes
   * for an operation and its params; it receives a URI as `URL` serializes it, and is not called for an ambiguous one.
   * Every form in which a server may read a URI is judged, and only `"*"` covers a URI with dot segments, backslashes,
   * control characters or escaped unreserved characters. Default: none.
   */
  readonly operations?: {
    readonly [method: string]:
      | OperationRule<Scopes<Scope>>
      | { readonly [name: string]: OperationRule<Scopes<Scope>> };
  } | undefined;
  /** The scopes that a scope includes. They decide what is enough, and never change what a challenge names. Default: none. */
  readonly implies?:
    | { readonly [S in Scope]?: readonly Scope[] | undefined }
    | undefined;
  /** How the user must have logged in. Default: in any way, at any time. */
  readonly authentication?: AuthenticationPolicy | undefined;
  /**
   * The lists that show a caller only what the caller's scopes are enough for. Default: none, so that a client can ask
   * its user for more scope when it calls a tool.
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
