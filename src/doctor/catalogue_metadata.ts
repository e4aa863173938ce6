/**
 * What can be wrong with the protected resource metadata, and with how any metadata is served.
 *
 * @module
 */

import type { Entry } from "./catalogue.ts";
import { authorization, rfc } from "./clauses.ts";
import type { ClientId } from "./clients.ts";

/** Clients that parse whatever comes with 200, and fail where it is not JSON. */
const PARSES_ANYTHING: readonly ClientId[] = [
  "typescript-1.11",
  "typescript-1.13",
  "typescript-1.15",
  "typescript-1.20",
  "typescript-1.32",
  "typescript-2.4",
  "inspector",
];

/** Clients that know protected resource metadata and compare its `resource` by origin and path. */
const BY_PREFIX: readonly ClientId[] = [
  "typescript-1.13",
  "typescript-1.15",
  "typescript-1.20",
  "typescript-1.32",
  "typescript-2.4",
  "python-2.0",
  "inspector",
  "mcp-remote",
  "goose",
];

/** What can be wrong with the protected resource metadata, and with how any metadata is served. */
export type MetadataCode =
  | "metadata-missing"
  | "challenge-leads-nowhere"
  | "metadata-not-by-path"
  | "metadata-not-at-root"
  | "metadata-for-anything"
  | "html-for-json"
  | "metadata-not-json"
  | "metadata-content-type"
  | "metadata-behind-auth"
  | "metadata-server-error"
  | "metadata-redirects"
  | "metadata-cached-long"
  | "metadata-uncacheable"
  | "metadata-disagrees"
  | "resource-missing"
  | "resource-mismatch"
  | "resource-not-identical"
  | "resource-slash"
  | "resource-extra-slash"
  | "resource-not-canonical"
  | "servers-missing"
  | "too-many-servers"
  | "empty-list"
  | "malformed-member"
  | "header-not-supported"
  | "insecure-url"
  | "private-url"
  | "unsafe-url"
  | "url-not-asked";

/** By code. */
export const METADATA_ENTRIES: Readonly<Record<MetadataCode, Entry>> = {
  "metadata-missing": {
    severity: "error",
    title: "There is no protected resource metadata",
    clause: authorization(
      "protected-resource-metadata-discovery-requirements",
    ),
    clients: [
      "typescript-2.4",
      "typescript-1.32",
      "python-2.0",
      "go-1.7",
      "inspector",
      "mcp-remote",
      "goose",
      "vscode",
      "claude-ai",
      "chatgpt",
    ],
    advice:
      "Serve it at /.well-known/oauth-protected-resource with the endpoint's path behind, to requests without a token.",
  },
  "challenge-leads-nowhere": {
    severity: "error",
    title: "The URL in the challenge has no metadata",
    clause: rfc(9728, "5.1"),
    clients: [
      "typescript-1.13",
      "typescript-1.15",
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "python-1.12",
      "python-1.19",
      "inspector",
      "vscode",
    ],
    advice:
      "Make resource_metadata the URL at which the document is. These clients look nowhere else once they were told.",
  },
  "metadata-not-by-path": {
    severity: "warning",
    title:
      "The metadata is not at the URL that RFC 9728 makes of the endpoint's",
    clause: rfc(9728, "3.1"),
    clients: ["go-1.7"],
    advice:
      "Serve the document at /.well-known/oauth-protected-resource followed by the endpoint's path as well.",
  },
  "metadata-not-at-root": {
    severity: "note",
    title: "There is no metadata at the root",
    clause: authorization(
      "protected-resource-metadata-discovery-requirements",
    ),
    clients: ["python-1.10"],
    advice:
      "Where the origin has this resource alone, serve the same document at /.well-known/oauth-protected-resource too.",
  },
  "metadata-for-anything": {
    severity: "warning",
    title: "Resources that do not exist have metadata too",
    clause: rfc(9728, "3.3"),
    clients: [],
    advice:
      "Answer 404 to well-known paths of no resource, so that clients go on to the right one.",
  },
  "html-for-json": {
    severity: "error",
    title: "A web page is answered where metadata is asked for",
    clause: rfc(8414, "3.2"),
    clients: PARSES_ANYTHING,
    advice:
      "Answer 404 below /.well-known/ where there is nothing. A single-page application's fallback must leave that out.",
  },
  "metadata-not-json": {
    severity: "error",
    title: "Metadata is not a JSON object",
    clause: rfc(9728, "3.2"),
    clients: PARSES_ANYTHING,
    advice: "Answer one JSON object, or 404.",
  },
  "metadata-content-type": {
    severity: "warning",
    title: "Metadata is not labelled application/json",
    clause: rfc(9728, "3.2"),
    clients: [],
    advice: "Send Content-Type: application/json.",
  },
  "metadata-behind-auth": {
    severity: "error",
    title: "Metadata asks for a token",
    clause: rfc(9728, "3.1"),
    clients: [
      "typescript-1.15",
      "typescript-1.20",
      "typescript-1.32",
      "typescript-2.4",
      "python-2.0",
      "go-1.7",
      "inspector",
      "vscode",
      "claude-ai",
      "chatgpt",
    ],
    advice:
      "Let everybody read what is below /.well-known/: it tells where to get a token.",
  },
  "metadata-server-error": {
    severity: "warning",
    title:
      "A place where clients look for metadata answers with a server error",
    clause: rfc(9110, "15.6"),
    clients: ["goose", "typescript-1.20", "typescript-1.32", "typescript-2.4"],
    advice:
      "Answer 404 where there is nothing, and 502 where another server could not be reached. These clients give up on other errors.",
  },
  "metadata-redirects": {
    severity: "warning",
    title: "A place where clients look for metadata redirects",
    clause: rfc(9728, "7.7"),
    clients: ["typescript-1.32", "goose"],
    advice:
      "Answer with the document itself. Careful clients follow redirects within the origin at most.",
  },
  "metadata-cached-long": {
    severity: "note",
    title: "Metadata may be kept for more than a day",
    clause: rfc(9728, "7.10"),
    clients: [],
    advice:
      "Shorten max-age to an hour or less; whoever kept it misses the move to another authorization server.",
  },
  "metadata-uncacheable": {
    severity: "note",
    title: "Nothing says for how long metadata may be kept",
    clause: rfc(9728, "7.10"),
    clients: [],
    advice:
      "Send Cache-Control with a max-age of some minutes. Without it, caches guess.",
  },
  "metadata-disagrees": {
    severity: "warning",
    title: "The metadata depends on where a client looks",
    clause: rfc(9728, "3.3"),
    clients: [],
    advice: "Serve one document everywhere.",
  },
  "resource-missing": {
    severity: "error",
    title: "The metadata does not name the resource",
    clause: rfc(9728, "2"),
    clients: [...BY_PREFIX, "go-1.7", "vscode"],
    advice: "Add resource: the endpoint's URL as clients write it.",
  },
  "resource-mismatch": {
    severity: "error",
    title: "The metadata is for another resource",
    clause: rfc(9728, "3.3"),
    clients: [...BY_PREFIX, "go-1.7", "vscode"],
    advice:
      "Make resource the URL that clients are given: configure it, since behind a proxy it cannot be made of a request.",
  },
  "resource-not-identical": {
    severity: "warning",
    title: "The metadata names a wider resource than the endpoint",
    clause: rfc(9728, "3.3"),
    clients: ["go-1.7", "vscode"],
    advice:
      "Make resource the endpoint's URL with its path. Careful clients want it identical.",
  },
  "resource-slash": {
    severity: "warning",
    title: "resource and the endpoint's URL differ by a slash",
    clause: authorization("canonical-server-uri"),
    clients: ["go-1.7", "vscode"],
    advice:
      "Write the URL alike everywhere, without the slash. Behind a bare host it may come from URL.href, or from pydantic's AnyHttpUrl: keep the configured string.",
  },
  "resource-extra-slash": {
    severity: "error",
    title: "resource has a slash at its end that the endpoint's URL has not",
    clause: authorization("canonical-server-uri"),
    clients: [
      ...BY_PREFIX.filter((id) => id !== "python-2.0"),
      "go-1.7",
      "vscode",
    ],
    advice:
      "Remove the slash, or give clients the URL with it. To them /mcp/ is below /mcp, and so another resource.",
  },
  "resource-not-canonical": {
    severity: "warning",
    title: "resource is not written in the canonical way",
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
    advice: "List the issuer in authorization_servers, as it writes itself.",
  },
  "too-many-servers": {
    severity: "note",
    title: "There are more authorization servers than are examined",
    clause: rfc(9728, "2"),
    clients: [],
    advice: "Nothing, if they are meant. Clients take the first.",
  },
  "empty-list": {
    severity: "note",
    title: "The metadata has an empty list",
    clause: rfc(9728, "3.2"),
    clients: [],
    advice: "Leave members without elements out.",
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
    title:
      "The metadata says that tokens are not taken from the Authorization field",
    clause: authorization("token-requirements"),
    clients: [],
    advice: 'Write bearer_methods_supported: ["header"].',
  },
  "insecure-url": {
    severity: "error",
    title: "An https server names an http URL",
    clause: authorization("communication-security"),
    clients: ["go-1.7", "claude-ai", "chatgpt", "browser"],
    advice:
      "Configure the public https URL. Behind a proxy that ends TLS, a URL made of the request begins with http.",
  },
  "private-url": {
    severity: "error",
    title: "A public server names a host that only it can reach",
    clause: rfc(9728, "7.7"),
    clients: ["goose", "claude-ai", "chatgpt"],
    advice:
      "Configure the public URL in place of localhost or an internal name.",
  },
  "unsafe-url": {
    severity: "error",
    title:
      "A member that must be a URL is none, or one that clients must not open",
    clause: rfc(9728, "7.7"),
    clients: ["go-1.7", "typescript-1.20", "typescript-1.32", "typescript-2.4"],
    advice: "Write an absolute https URL.",
  },
  "url-not-asked": {
    severity: "note",
    title: "A URL was not asked, to be safe",
    clause: rfc(9728, "7.7"),
    clients: [],
    advice:
      "If the host is yours, allow it by name (--allow-host, or the option allowHosts).",
  },
};
