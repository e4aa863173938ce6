/**
 * The scope policy in a configuration file: `ScopePolicy` without functions.
 *
 * @module
 */

import * as z from "zod/mini";
import { byName, list, members, text } from "./schema_parts.ts";

const SCOPE_LIST_ADVICE =
  'write an array of scopes, such as ["notes:read"], or an array of such arrays';

const scope = text("write a scope", "A scope.");
const scopeList = list(scope, SCOPE_LIST_ADVICE, "All of these scopes.");
const scopes = z.union(
  [
    scopeList,
    list(scopeList, SCOPE_LIST_ADVICE, "All scopes of any one array."),
  ],
  SCOPE_LIST_ADVICE,
);

const login = members({
  acr_values: z.optional(
    list(
      text("write a string", "An acr."),
      "write an array",
      "One must be the token's acr.",
    ),
  ),
  max_age: z.optional(
    z.number("write whole seconds").check(
      z.describe("How long ago the login may have been, in seconds."),
    ),
  ),
}, "How the user must have logged in (RFC 9470).");

/** The scope policy, as far as JSON can say it. */
export const policySchema: z.ZodMiniType = members({
  initial: z.optional(
    list(
      scope,
      SCOPE_LIST_ADVICE,
      "What a client without a token is told to ask for.",
    ),
  ),
  required: z.optional(scopes),
  operations: z.optional(byName(
    z.union(
      [scopes, byName(scopes, 'By tool, prompt or URI; "*" for the others.')],
      `${SCOPE_LIST_ADVICE}, or an object of these by name`,
    ),
    'By JSON-RPC method, such as "tools/call".',
  )),
  implies: z.optional(byName(scopeList, "The scopes that a scope includes.")),
  authentication: z.optional(members({
    required: z.optional(login),
    operations: z.optional(
      byName(byName(login, "By name."), "By JSON-RPC method."),
    ),
  }, "How the user must have logged in.")),
  lists: z.optional(list(
    z.enum(
      [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
      ],
      "write tools/list, prompts/list, resources/list or resources/templates/list",
    ),
    "write an array",
    "Lists that leave out what the caller may not use.",
  )),
}, "Which scopes operations need.");
