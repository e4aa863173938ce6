/**
 * Checks of the protected resource's metadata (RFC 9728), at each URL at which clients look for it.
 *
 * @module
 */

import { parseUrl } from "../../runtime/identifiers.ts";
import { readChallenge } from "./challenges.ts";
import {
  examineDocument,
  examineLifetime,
  type FoundDocument,
  stringsOf,
} from "./documents.ts";
import type { Examination } from "../examination.ts";
import type { Answer } from "../network/network.ts";
import { isWithin, resourceMetadataUrl } from "./places.ts";
import { quoted } from "../output/text.ts";
import { examineUrl } from "../network/urls.ts";

const stage = "resource metadata";
const NO_RESOURCE = "/gatehouse-doctor/no-such-resource";

/** The most authorization servers that are examined. */
const MAX_SERVERS = 3;

/** What the metadata says. */
export interface ResourceMetadata {
  /** The document that a client finds first. */
  readonly found: FoundDocument;
  /** The authorization servers that it names, and that may be asked. */
  readonly servers: readonly string[];
}

/** Examines the metadata. Resolves to `undefined` if there is none. */
export async function examineResourceMetadata(
  examination: Examination,
  unauthorized: Answer,
): Promise<ResourceMetadata | undefined> {
  const { url, endpoint, find } = examination;
  const field = unauthorized.headers.get("www-authenticate") ?? "";
  const { resource_metadata, scope } = readChallenge("any scheme", field);
  const header = await byHeader(examination, resource_metadata, unauthorized);
  const path = await examineDocument(examination, {
    stage,
    purpose: "protected resource metadata, by the endpoint's path",
    url: resourceMetadataUrl("path", url),
  }, header === undefined ? "required" : "optional");
  const hasPath = endpoint.pathname !== "/";
  const root = !hasPath ? path : await examineDocument(examination, {
    stage,
    purpose: "protected resource metadata, at the root",
    url: resourceMetadataUrl("root", url),
  }, (header ?? path) === undefined ? "required" : "optional");
  await examineNoResource(examination);
  const found = header ?? path ?? root;
  if (found === undefined) {
    const places = resource_metadata === undefined ? "" : "in the challenge, ";
    find(
      "metadata-missing",
      `Looked for ${places}by the path and at the root.`,
    );
    return undefined;
  }
  if (path === undefined) {
    find(
      "metadata-not-by-path",
      `${resourceMetadataUrl("path", url)} has none.`,
    );
  }
  if (root === undefined) {
    find(
      "metadata-not-at-root",
      `${resourceMetadataUrl("root", url)} has none.`,
    );
  }
  compare(examination, found, header === undefined ? root : path, root);
  examineLifetime(examination, found.answer);
  examineResource(examination, found);
  examineScopes(examination, found, scope);
  return { found, servers: await examineServers(examination, found) };
}

async function byHeader(
  examination: Examination,
  url: string | undefined,
  unauthorized: Answer,
): Promise<FoundDocument | undefined> {
  if (url === undefined || parseUrl(url) === undefined) return undefined;
  const purpose = "protected resource metadata, by the challenge";
  if (await examination.network.refusalOf(url) !== undefined) return undefined;
  const found = await examineDocument(examination, { stage, purpose, url });
  if (found === undefined) {
    examination.find(
      "challenge-leads-nowhere",
      `${url} has none.`,
      unauthorized,
    );
  }
  return found;
}

/** Detects a server that publishes metadata for every path, or answers every path with a web page. */
async function examineNoResource(examination: Examination): Promise<void> {
  const { endpoint, find } = examination;
  const found = await examineDocument(examination, {
    stage,
    purpose: "protected resource metadata of no resource",
    url: resourceMetadataUrl("path", endpoint.origin + NO_RESOURCE),
  }, "optional");
  if (found !== undefined) {
    const seen = `resource is ${
      quoted(found.document.resource)
    } for ${NO_RESOURCE}.`;
    find("metadata-for-anything", seen, found.answer);
  }
}

function compare(
  { endpoint, find }: Examination,
  found: FoundDocument,
  ...others: readonly (FoundDocument | undefined)[]
): void {
  for (const other of others) {
    if (other === undefined) continue;
    // There may be another resource at the root.
    if (other.document.resource === endpoint.origin) continue;
    for (const name of ["resource", "authorization_servers"]) {
      const values = [found, other].map(({ document }) =>
        quoted(document[name])
      );
      if (values[0] === values[1]) continue;
      const seen = `${name} is ${values[0]} here and ${values[1]} there.`;
      find("metadata-disagrees", seen, found.answer, other.answer);
    }
  }
}

function examineResource(
  { url, endpoint, find }: Examination,
  { document: { resource }, answer }: FoundDocument,
): void {
  const seen = `resource is ${quoted(resource)}, the endpoint's URL is ${url}.`;
  if (resource === undefined) return find("resource-missing", seen, answer);
  if (typeof resource !== "string") {
    return find("malformed-member", seen, answer);
  }
  const named = parseUrl(resource);
  if (named === undefined || !/^https?:$/.test(named.protocol)) {
    return find("unsafe-url", seen, answer);
  }
  if (
    resource === url ||
    resource === endpoint.origin && endpoint.href === `${resource}/`
  ) {
    if (resource.startsWith(named.origin) && !/[?#]/.test(resource)) return;
  }
  if (named.protocol === "http:" && endpoint.protocol === "https:") {
    find("insecure-url", seen, answer);
  }
  if (/[?#]/.test(resource)) {
    return find("resource-not-canonical", seen, answer);
  }
  if (withoutSlash(resource) === withoutSlash(url)) {
    const isExtra = named.pathname.length > endpoint.pathname.length;
    return find(
      isExtra ? "resource-extra-slash" : "resource-slash",
      seen,
      answer,
    );
  }
  if (withoutSlash(named.href) === withoutSlash(endpoint.href)) {
    return find("resource-not-canonical", seen, answer);
  }
  const code = isWithin(endpoint, named)
    ? "resource-not-identical"
    : "resource-mismatch";
  find(code, seen, answer);
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

function examineScopes(
  examination: Examination,
  found: FoundDocument,
  challenged: string | undefined,
): void {
  const { find } = examination;
  const scopes = stringsOf(examination, found, "scopes_supported");
  if (scopes?.includes("offline_access")) {
    find(
      "offline-access",
      "scopes_supported has offline_access.",
      found.answer,
    );
  }
  if (!scopes?.length && !challenged) {
    find("no-scope-hint", "Neither has any.", found.answer);
  }
  // RFC 6749 §3.3, scope-token
  const malformed = scopes?.filter((scope) =>
    !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)
  );
  if (malformed?.length) {
    const seen = `scopes_supported has ${quoted(malformed)}.`;
    find("malformed-scope", seen, found.answer);
  }
  const methods = stringsOf(examination, found, "bearer_methods_supported");
  if (methods?.length && !methods.includes("header")) {
    const seen = `bearer_methods_supported is ${quoted(methods)}.`;
    find("header-not-supported", seen, found.answer);
  }
}

async function examineServers(
  examination: Examination,
  found: FoundDocument,
): Promise<readonly string[]> {
  const { find } = examination;
  const { answer, document } = found;
  const servers = stringsOf(examination, found, "authorization_servers") ?? [];
  if (servers.length === 0) {
    const seen = `authorization_servers is ${
      quoted(document.authorization_servers)
    }.`;
    find("servers-missing", seen, answer);
  }
  if (servers.length > MAX_SERVERS) {
    find("too-many-servers", `There are ${servers.length}.`, answer);
  }
  const asked: string[] = [];
  for (const [i, server] of servers.slice(0, MAX_SERVERS).entries()) {
    const name = `authorization_servers[${i}]`;
    if (/[?#]/.test(server)) {
      find("issuer-not-canonical", `${name} is ${quoted(server)}.`, answer);
    }
    if (await examineUrl(examination, name, server, answer)) asked.push(server);
  }
  return asked;
}
