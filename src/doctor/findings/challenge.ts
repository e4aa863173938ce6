/**
 * What can be wrong with a challenge.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { authorization, authorization2026, rfc } from "./clauses.ts";
import { type ClientId, clientsWith } from "../clients/clients.ts";

/** Clients that read a challenge only where it begins with `Bearer` and one space. */
const BEARER_FIRST: readonly ClientId[] = clientsWith(
  "challenge",
  "quoted, Bearer first",
  "Bearer first",
);

/** Clients that read parameters by a regular expression over the whole header. */
const BY_EXPRESSION: readonly ClientId[] = [
  ...BEARER_FIRST,
  ...clientsWith("challenge", "any scheme"),
];

/** What can be wrong with a challenge. */
export type ChallengeCode =
  | "no-challenge"
  | "challenge-malformed"
  | "bearer-not-first"
  | "bearer-spelling"
  | "resource-metadata-missing"
  | "resource-metadata-unquoted"
  | "resource-metadata-not-url"
  | "resource-metadata-elsewhere"
  | "challenge-misread"
  | "empty-scope"
  | "error-without-token"
  | "unknown-error-code"
  | "offline-access"
  | "no-scope-hint"
  | "challenge-cacheable";

/** By code. */
export const CHALLENGE_ENTRIES: Readonly<Record<ChallengeCode, Entry>> = {
  "no-challenge": {
    severity: "error",
    title: "The 401 has no WWW-Authenticate",
    clause: rfc(9110, "15.5.2"),
    clients: [
      "typescript-1.13",
      "python-1.12",
      "python-1.19",
      "claude-ai",
      "chatgpt",
    ],
    advice:
      'Send WWW-Authenticate: Bearer resource_metadata="…" with every 401. If the program sends it, check whether a gateway removes it.',
  },
  "challenge-malformed": {
    severity: "error",
    title: "WWW-Authenticate is not a list of challenges",
    clause: rfc(9110, "11.6.1"),
    clients: ["go-1.7"],
    advice:
      "Write every value as a quoted string, each parameter once, with commas between them.",
  },
  "bearer-not-first": {
    severity: "error",
    title: "The Bearer challenge does not come first",
    clause: rfc(6750, "3"),
    clients: BEARER_FIRST,
    advice:
      "Begin the header with Bearer, one space and its parameters. Put other schemes after it.",
  },
  "bearer-spelling": {
    severity: "warning",
    title: "The scheme is not spelled Bearer",
    clause: rfc(6750, "3"),
    clients: ["vscode"],
    advice:
      "Write Bearer. Schemes are case-insensitive, but VS Code compares the spelling.",
  },
  "resource-metadata-missing": {
    severity: "warning",
    title: "The challenge does not say where the metadata is",
    clause: rfc(9728, "5.1"),
    clients: ["typescript-1.13", "python-1.12", "python-1.19"],
    advice:
      'Add resource_metadata="…" with the URL of the protected resource metadata. MCP 2025-06-18 requires it.',
  },
  "resource-metadata-unquoted": {
    severity: "error",
    title: "The URL in the challenge is not quoted",
    clause: rfc(9110, "11.2"),
    clients: clientsWith("challenge", "quoted, Bearer first", "strict"),
    advice: 'Write resource_metadata="https://…". A URL is not a token.',
  },
  "resource-metadata-not-url": {
    severity: "error",
    title: "resource_metadata is not an http or https URL",
    clause: rfc(9728, "5.1"),
    clients: BY_EXPRESSION,
    advice: "Write the absolute https URL of the protected resource metadata.",
  },
  "resource-metadata-elsewhere": {
    severity: "warning",
    title: "resource_metadata is on another origin",
    clause: rfc(9728, "7.7"),
    clients: ["codex", "goose"],
    advice:
      "Serve the metadata from the MCP server's own origin. Careful clients request it from no other.",
  },
  "challenge-misread": {
    severity: "error",
    title: "Released clients misread the challenge",
    clause: rfc(9110, "11.6.1"),
    clients: BY_EXPRESSION,
    advice:
      "Put scope, error and resource_metadata before realm and error_description, and keep quotes, backslashes and equals signs out of their values.",
  },
  "empty-scope": {
    severity: "warning",
    title: "The challenge has an empty scope",
    clause: rfc(6750, "3"),
    clients: ["typescript-1.32", "typescript-2.4", "inspector"],
    advice: "Omit scope if no scope is needed.",
  },
  "error-without-token": {
    severity: "note",
    title: "The challenge has an error code although no token was sent",
    clause: rfc(6750, "3.1"),
    clients: [],
    advice:
      "Omit error and error_description if no token was sent. No known client fails, but the code says that a token was bad.",
  },
  "unknown-error-code": {
    severity: "warning",
    title: "The error code is not one of OAuth's",
    clause: rfc(6750, "3.1"),
    clients: [],
    advice:
      "Use invalid_request, invalid_token or insufficient_scope. Clients decide by these codes whether to sign in again.",
  },
  "offline-access": {
    severity: "warning",
    title: "The resource asks for offline_access",
    clause: authorization2026("#refresh-tokens"),
    clients: [],
    advice:
      "Remove it from the challenge and from scopes_supported. Clients request refresh tokens from the authorization server by themselves, and some servers reject the scope.",
  },
  "no-scope-hint": {
    severity: "note",
    part: "advice",
    title:
      "Neither the challenge nor the metadata says which scopes to request",
    clause: authorization("scope-selection-strategy"),
    clients: [],
    advice:
      "Name them in the challenge's scope or in scopes_supported. Without either, the Python SDK requests every scope that the authorization server supports.",
  },
  "challenge-cacheable": {
    severity: "warning",
    title: "Shared caches may store the 401",
    clause: rfc(9111, "5.2.2"),
    clients: [],
    advice: "Send Cache-Control: no-store with error responses.",
  },
};
