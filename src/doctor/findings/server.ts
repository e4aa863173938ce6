/**
 * What can be wrong with the authorization server's metadata, and with its mirror at the MCP server.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import {
  authorization,
  authorization2026,
  FIRST_DISCOVERY,
  OPENID_METADATA,
  rfc,
} from "./clauses.ts";
import {
  CLIENT_IDS,
  type ClientId,
  CLIENTS,
  clientsWith,
  TYPESCRIPT_IDS,
} from "../clients/clients.ts";

/** Clients that introduce themselves. */
const REGISTERING: readonly ClientId[] = CLIENT_IDS.filter((id) =>
  CLIENTS[id].registration !== "unknown"
);

/** Those that need dynamic registration, unless their identifier is configured. */
const BY_REGISTRATION_ALONE: readonly ClientId[] = REGISTERING.filter((id) =>
  !CLIENTS[id].registration.includes("client ID metadata document")
);

/** Clients that were made before there was protected resource metadata, or that fall back on what was before. */
const BEFORE_RESOURCE_METADATA: readonly ClientId[] = [
  "typescript-1.11",
  "typescript-1.15",
  "python-1.9",
];

/** What can be wrong with an authorization server's metadata, and with its mirror. */
export type ServerCode =
  | "server-metadata-missing"
  | "issuer-mismatch"
  | "issuer-slash"
  | "server-metadata-openid-only"
  | "pkce-not-advertised"
  | "pkce-without-s256"
  | "no-registration"
  | "registration-only-dynamic"
  | "registration-only-documents"
  | "authorization-endpoint-missing"
  | "token-endpoint-missing"
  | "code-not-supported"
  | "grant-not-supported"
  | "openid-metadata-incomplete"
  | "token-error-malformed"
  | "no-public-clients"
  | "iss-not-announced"
  | "keys-unreadable"
  | "keys-empty"
  | "resource-not-listed"
  | "no-mirror"
  | "mirror-of-a-stranger";

/** By code. */
export const SERVER_ENTRIES: Readonly<Record<ServerCode, Entry>> = {
  "server-metadata-missing": {
    severity: "error",
    title: "An authorization server has no metadata",
    clause: authorization("authorization-server-metadata-discovery"),
    clients: [
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "python-2.0",
      "go-1.7",
      "inspector",
      "mcp-remote",
      "claude-code",
      "codex",
      "opencode",
      "goose",
      "claude-ai",
      "chatgpt",
    ],
    advice:
      "List the issuer exactly as the authorization server's metadata writes it, path included, and check that one of the three URLs answers.",
  },
  "issuer-mismatch": {
    severity: "error",
    title: "The authorization server's metadata names another issuer",
    clause: authorization2026(
      "/authorization-server-discovery#authorization-server-metadata-discovery",
    ),
    clients: clientsWith(
      "issuer",
      "identical",
      "identical, slash may be missing",
      "identical but for a root slash",
    ),
    advice:
      "Copy issuer from its metadata into authorization_servers, byte for byte. Do not list the MCP server instead.",
  },
  "issuer-slash": {
    severity: "error",
    title: "The issuer differs by a trailing slash",
    clause: rfc(8414, "3.3"),
    clients: clientsWith(
      "issuer",
      "identical",
      "identical, slash may be missing",
    ),
    advice:
      "Copy issuer from its metadata into authorization_servers, byte for byte. Auth0's ends with a slash, Okta's does not.",
  },
  "server-metadata-openid-only": {
    severity: "note",
    part: "advice",
    title: "The authorization server has only OpenID Connect's metadata",
    clause: rfc(8414, "3"),
    clients: ["typescript-1.13", "typescript-1.15", "python-1.10"],
    advice:
      "No change, if these clients are not used. They look only for oauth-authorization-server.",
  },
  "pkce-not-advertised": {
    severity: "error",
    title: "The authorization server does not say that it supports PKCE",
    clause: authorization("authorization-code-protection"),
    clients: [
      ...clientsWith("pkce", "S256 must be listed", "must be listed"),
    ],
    advice:
      'Add code_challenge_methods_supported: ["S256"] to its metadata. Clients must stop without it. Entra ID and Cognito omit it.',
  },
  "pkce-without-s256": {
    severity: "error",
    title: "The authorization server does not support S256",
    clause: authorization("authorization-code-protection"),
    clients: [
      ...clientsWith("pkce", "S256 must be listed", "S256 where listed"),
    ],
    advice: "Support S256, and list it in code_challenge_methods_supported.",
  },
  "no-registration": {
    severity: "warning",
    title: "Clients cannot register",
    clause: authorization("client-registration-approaches"),
    clients: REGISTERING,
    advice:
      "Enable client ID metadata documents or dynamic registration. Otherwise you have to give every user a client identifier.",
  },
  "registration-only-dynamic": {
    severity: "note",
    part: "advice",
    title: "Client ID metadata documents are not supported",
    clause: authorization2026(
      "/client-registration#dynamic-client-registration",
    ),
    clients: [],
    advice:
      "No change today. Dynamic registration is deprecated in MCP 2026-07-28 in favour of client ID metadata documents.",
  },
  "registration-only-documents": {
    severity: "note",
    part: "advice",
    title: "Dynamic registration is not supported",
    clause: authorization("dynamic-client-registration"),
    clients: BY_REGISTRATION_ALONE,
    advice:
      "No change, if these clients are not used or their identifier is configured.",
  },
  "authorization-endpoint-missing": {
    severity: "error",
    title: "The metadata has no authorization_endpoint",
    clause: rfc(8414, "2"),
    clients: [
      "typescript-1.32",
      "typescript-2.4",
      "python-2.0",
      "claude-code",
      "opencode",
      "inspector",
    ],
    advice: "Add it: the URL of the page where users sign in.",
  },
  "token-endpoint-missing": {
    severity: "error",
    title: "The metadata has no token_endpoint",
    clause: rfc(8414, "2"),
    clients: [
      "typescript-1.32",
      "typescript-2.4",
      "python-2.0",
      "claude-code",
      "opencode",
      "inspector",
    ],
    advice: "Add it: the URL where codes are exchanged for tokens.",
  },
  "code-not-supported": {
    severity: "error",
    title:
      "The authorization server does not say that it supports the authorization code flow",
    clause: rfc(8414, "2"),
    clients: [...TYPESCRIPT_IDS, "codex"],
    advice:
      'Add "code" to response_types_supported, which is a required member.',
  },
  "grant-not-supported": {
    severity: "error",
    title:
      "The authorization server does not list the authorization code grant",
    clause: rfc(8414, "2"),
    clients: [
      "typescript-1.11",
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
    ],
    advice:
      'Add "authorization_code" to grant_types_supported, or omit the member: its default contains that grant. Older SDKs refuse to exchange their code otherwise.',
  },
  "openid-metadata-incomplete": {
    severity: "error",
    title: "openid-configuration lacks members that OpenID Connect requires",
    clause: OPENID_METADATA,
    clients: [
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "claude-code",
      "opencode",
      "inspector",
    ],
    advice:
      "Serve the document as oauth-authorization-server too, or add the members. Clients that find only openid-configuration reject it without them.",
  },
  "token-error-malformed": {
    severity: "warning",
    title: "The token endpoint's errors are not OAuth's",
    clause: rfc(6749, "5.2"),
    clients: [],
    advice:
      "Answer a bad code with 400 and a JSON object with error. Clients read it to decide whether to sign in again.",
  },
  "no-public-clients": {
    severity: "note",
    title:
      "The authorization server does not say that it supports public clients",
    clause: rfc(8414, "2"),
    clients: ["vscode", ...clientsWith("documentNeeds", "none")],
    advice:
      "Add \"none\" to token_endpoint_auth_methods_supported, so that programs on users' machines can sign in. VS Code registers as one, and Claude's connectors use their metadata document only then.",
  },
  "iss-not-announced": {
    severity: "note",
    part: "advice",
    title:
      "The authorization server does not return iss in authorization responses",
    clause: rfc(9207, "3"),
    clients: [],
    advice:
      "Enable the iss parameter (RFC 9207), and announce it by authorization_response_iss_parameter_supported. Clients with several authorization servers tell them apart by it, and MCP plans to require it.",
  },
  "keys-unreadable": {
    severity: "warning",
    title: "The authorization server's keys cannot be read",
    clause: rfc(7517, "5"),
    clients: [],
    advice: "Serve a JSON object with an array of keys at jwks_uri.",
  },
  "keys-empty": {
    severity: "warning",
    title: "The authorization server publishes no keys",
    clause: rfc(7517, "5"),
    clients: [],
    advice:
      "Publish the keys that sign access tokens, or omit jwks_uri if tokens are opaque.",
  },
  "resource-not-listed": {
    severity: "note",
    part: "advice",
    title: "The authorization server's protected_resources lacks this resource",
    clause: rfc(9728, "4"),
    clients: [],
    advice:
      "Add the resource's identifier, or leave the member out. A server may list only some of its resources, but a client that compares may take this one for a stranger.",
  },
  "no-mirror": {
    severity: "note",
    part: "advice",
    title: "The MCP server does not mirror the authorization server's metadata",
    clause: FIRST_DISCOVERY,
    clients: BEFORE_RESOURCE_METADATA,
    advice:
      "For clients from before June 2025, and for one later release, serve a copy at /.well-known/oauth-authorization-server, with the true issuer.",
  },
  "mirror-of-a-stranger": {
    severity: "warning",
    title:
      "The MCP server has metadata of an authorization server that is not listed",
    clause: rfc(8414, "3.3"),
    clients: [],
    advice:
      "Serve the listed server's own document, its issuer included, or none. Any other document sends old clients to another server than new ones.",
  },
};
