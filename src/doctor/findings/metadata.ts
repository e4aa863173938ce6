/**
 * What can be wrong with how metadata is served, the resource's or the authorization server's.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { authorization, rfc } from "./clauses.ts";
import {
  type ClientId,
  clientsWith,
  TYPESCRIPT_IDS,
} from "../clients/clients.ts";

/** Clients that parse whatever comes with 200, and fail where it is not JSON. */
export const PARSES_ANYTHING: readonly ClientId[] = TYPESCRIPT_IDS;

/** What can be wrong with how metadata is served. */
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
  | "metadata-disagrees";

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
      "claude-code",
      "codex",
      "opencode",
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
    clients: clientsWith("afterHeader", "looks nowhere else"),
    advice:
      "Make resource_metadata the URL of the document. These clients look nowhere else if the challenge has one.",
  },
  "metadata-not-by-path": {
    severity: "warning",
    title: "The metadata is not at the endpoint's well-known URL (RFC 9728)",
    clause: rfc(9728, "3.1"),
    clients: ["go-1.7"],
    advice:
      "Serve the document at /.well-known/oauth-protected-resource followed by the endpoint's path as well.",
  },
  "metadata-not-at-root": {
    severity: "note",
    part: "advice",
    title: "There is no metadata at the root",
    clause: authorization(
      "protected-resource-metadata-discovery-requirements",
    ),
    clients: ["python-1.10"],
    advice:
      "If this is the origin's only resource, serve the same document at /.well-known/oauth-protected-resource too.",
  },
  "metadata-for-anything": {
    severity: "warning",
    title: "Resources that do not exist have metadata too",
    clause: rfc(9728, "3.3"),
    clients: [],
    advice:
      "Answer 404 for well-known paths of resources that do not exist, so that clients try the next URL.",
  },
  "html-for-json": {
    severity: "error",
    title: "A request for metadata is answered with a web page",
    clause: rfc(8414, "3.2"),
    clients: PARSES_ANYTHING,
    advice:
      "Answer 404 below /.well-known/ if there is no document. Exclude that path from a single-page application's fallback.",
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
    title: "Metadata requires a token",
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
    title: "A URL where clients look for metadata redirects",
    clause: rfc(9728, "7.7"),
    clients: ["typescript-1.32", "goose"],
    advice:
      "Answer with the document itself. Careful clients follow redirects only within the origin.",
  },
  "metadata-cached-long": {
    severity: "note",
    title: "Metadata may be cached for more than a day",
    clause: rfc(9728, "7.10"),
    clients: [],
    advice:
      "Shorten max-age to an hour or less. Clients with a cached copy miss a move to another authorization server.",
  },
  "metadata-uncacheable": {
    severity: "note",
    part: "advice",
    title: "The metadata has no Cache-Control",
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
};
