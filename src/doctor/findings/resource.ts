/**
 * What can be wrong with the protected resource metadata, and with the URLs that any metadata names.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { PARSES_ANYTHING } from "./metadata.ts";
import { authorization, rfc } from "./clauses.ts";
import { CLIENT_IDS, type ClientId, clientsWith } from "../clients/clients.ts";

/** Clients that know protected resource metadata and compare its `resource` by origin and path. */
const BY_PREFIX: readonly ClientId[] = clientsWith(
  "resource",
  "prefix",
  "prefix, slash or not",
);

/** Clients that take nothing but the endpoint's own URL for its `resource`. */
const BY_URL: readonly ClientId[] = clientsWith(
  "resource",
  "identical",
  "normalized",
);

/** What can be wrong with the protected resource metadata, and with the URLs that any metadata names. */
export type ResourceCode =
  | "resource-missing"
  | "resource-mismatch"
  | "resource-not-identical"
  | "resource-slash"
  | "resource-extra-slash"
  | "resource-not-canonical"
  | "servers-missing"
  | "too-many-servers"
  | "issuer-not-canonical"
  | "issuer-keys-copied"
  | "malformed-scope"
  | "empty-list"
  | "malformed-member"
  | "header-not-supported"
  | "insecure-url"
  | "private-url"
  | "unsafe-url"
  | "url-not-asked";

/** By code. */
export const RESOURCE_ENTRIES: Readonly<Record<ResourceCode, Entry>> = {
  "resource-missing": {
    severity: "error",
    title: "The metadata does not name the resource",
    clause: rfc(9728, "2"),
    clients: [...BY_PREFIX, ...BY_URL],
    advice: "Add resource: the endpoint's URL as clients write it.",
  },
  "resource-mismatch": {
    severity: "error",
    title: "The metadata is for another resource",
    clause: rfc(9728, "3.3"),
    clients: [...BY_PREFIX, ...BY_URL],
    advice:
      "Make resource the URL that users give to clients. Configure it: behind a proxy it cannot be derived from a request.",
  },
  "resource-not-identical": {
    severity: "warning",
    title: "The metadata names a wider resource than the endpoint",
    clause: rfc(9728, "3.3"),
    clients: BY_URL,
    advice:
      "Make resource the endpoint's URL with its path. Careful clients require it to be identical.",
  },
  "resource-slash": {
    severity: "warning",
    title: "resource and the endpoint's URL differ by a slash",
    clause: authorization("canonical-server-uri"),
    clients: BY_URL,
    advice:
      "Write the URL the same everywhere, without the slash. URL.href and pydantic's AnyHttpUrl add one after a bare host: use the configured string.",
  },
  "resource-extra-slash": {
    severity: "error",
    title: "resource ends with a slash, the endpoint's URL does not",
    clause: authorization("canonical-server-uri"),
    clients: [...clientsWith("resource", "prefix"), ...BY_URL],
    advice:
      "Remove the slash, or give clients the URL with it. Clients treat /mcp/ as another resource than /mcp.",
  },
  "resource-not-canonical": {
    severity: "warning",
    title: "resource is not in canonical form",
    clause: authorization("canonical-server-uri"),
    clients: [],
    advice: "Write scheme and host in lower case, without a fragment or query.",
  },
  "servers-missing": {
    severity: "error",
    title: "The metadata names no authorization server",
    clause: authorization("authorization-server-location"),
    clients: [
      "go-1.7",
      "python-1.22",
      "python-2.0",
      "claude-ai",
      "chatgpt",
    ],
    advice:
      "List the issuer in authorization_servers, exactly as its own metadata writes it.",
  },
  "too-many-servers": {
    severity: "note",
    part: "advice",
    title:
      "The metadata lists more authorization servers than the doctor examines",
    clause: rfc(9728, "2"),
    clients: [],
    advice: "No change, if all of them are intended. Clients use the first.",
  },
  "issuer-not-canonical": {
    severity: "error",
    title: "An issuer has a query or a fragment",
    clause: rfc(8414, "2"),
    clients: CLIENT_IDS.filter((id) => id !== "browser"),
    advice:
      "List the issuer as its metadata writes it. Clients cannot build the metadata's URL from an identifier with a query.",
  },
  "issuer-keys-copied": {
    severity: "warning",
    title: "The resource's metadata has the authorization server's jwks_uri",
    clause: rfc(9728, "2"),
    clients: [],
    advice:
      "Remove jwks_uri. In this document it names the keys with which the resource itself signs responses; clients find the issuer's keys in the issuer's metadata.",
  },
  "malformed-scope": {
    severity: "warning",
    title: "A scope is not a scope-token",
    clause: rfc(6749, "3.3"),
    clients: [],
    advice:
      "Write each scope as one element, without spaces, quotes and backslashes. Clients join them with spaces.",
  },
  "empty-list": {
    severity: "note",
    title: "The metadata has an empty array",
    clause: rfc(9728, "3.2"),
    clients: [],
    advice: "Omit members without elements.",
  },
  "malformed-member": {
    severity: "error",
    title: "A member of the metadata has the wrong type",
    clause: rfc(9728, "2"),
    clients: [...PARSES_ANYTHING, "vscode"],
    advice:
      "Write the member as its definition says. Most clients reject the whole document.",
  },
  "header-not-supported": {
    severity: "warning",
    title: "The metadata says that the Authorization header is not accepted",
    clause: authorization("token-requirements"),
    clients: [],
    advice: 'Write bearer_methods_supported: ["header"].',
  },
  "insecure-url": {
    severity: "error",
    title: "The metadata of an https server has an http URL",
    clause: authorization("communication-security"),
    clients: ["go-1.7", "claude-ai", "chatgpt", "browser"],
    advice:
      "Configure the public https URL. Behind a proxy that terminates TLS, a URL derived from the request begins with http.",
  },
  "private-url": {
    severity: "error",
    title: "The metadata of a public server has a URL on a private host",
    clause: rfc(9728, "7.7"),
    clients: ["goose", "claude-ai", "chatgpt"],
    advice:
      "Configure the public URL instead of localhost or an internal name.",
  },
  "unsafe-url": {
    severity: "error",
    title:
      "A member that must be a URL is not one, or has a scheme that clients must not open",
    clause: rfc(9728, "7.7"),
    clients: ["go-1.7", "typescript-1.20", "typescript-1.32", "typescript-2.4"],
    advice: "Write an absolute https URL.",
  },
  "url-not-asked": {
    severity: "note",
    part: "advice",
    title: "A URL was not requested, to be safe",
    clause: rfc(9728, "7.7"),
    clients: [],
    advice:
      "If the host is yours, allow it by name (--allow-host, or the option allowHosts).",
  },
};
