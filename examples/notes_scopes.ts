/**
 * Which scopes the notes tools need, apart from the tools: a Lambda authorizer needs no more of them.
 *
 * @module
 */

import type { ScopePolicy } from "@gatehouse/mcp-auth";

/** A scope that is spelled otherwise does not compile. */
type NotesScope = "notes:read" | "notes:write" | "notes:admin";

/** Which scopes the tools need: the scope policy that an example hands to `protectResource`. */
export const NOTES_SCOPES: ScopePolicy<NotesScope> = {
  initial: ["notes:read"],
  operations: {
    "tools/call": {
      "*": ["notes:read"],
      whoami: [],
      add_note: ["notes:write"],
      purge_notes: ["notes:admin"],
    },
  },
  implies: {
    "notes:admin": ["notes:write"],
    "notes:write": ["notes:read"],
  },
};

/** What each scope allows, in words for the pages that ask for consent. */
export const NOTES_SCOPE_DESCRIPTIONS: Readonly<Record<NotesScope, string>> = {
  "notes:read": "read your notes",
  "notes:write": "write notes",
  "notes:admin": "delete all of your notes",
};

/** The scopes, for the options of `startDevIssuer`. */
export const NOTES_ISSUER_SCOPES: {
  readonly scopes: readonly string[];
  readonly scopeDescriptions: Readonly<Record<string, string>>;
} = {
  scopes: Object.keys(NOTES_SCOPE_DESCRIPTIONS),
  scopeDescriptions: NOTES_SCOPE_DESCRIPTIONS,
};
