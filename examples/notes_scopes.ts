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
