/**
 * Which public documents are where: the resources' metadata and their authorization servers', at every URL at which
 * some generation of clients looks.
 *
 * @module
 */

import {
  type AuthorizationServerOptions,
  handleOAuthAuthorizationServerRequest,
} from "./issuer_mirror.ts";
import {
  handleOAuthProtectedResourceRequest,
  type ProtectedResourceMetadata,
} from "./resource_metadata.ts";
import { respondWithoutDocument } from "../http/public_document.ts";
import { pathOf } from "../runtime/identifiers.ts";
import type { Handler } from "../types.ts";

/** What is published, and for which paths of the resource. */
export interface DocumentOptions {
  /** The resource's metadata. */
  readonly metadata: ProtectedResourceMetadata;
  /** Where the metadata is published besides the usual places. */
  readonly metadataUrl?: string | undefined;
  /** Whose metadata is mirrored; `null` where nobody's is. */
  readonly mirror: AuthorizationServerOptions | null;
  /** The resource's paths: its public one, and last the one at which it is mounted. */
  readonly paths: readonly string[];
}

/** A public document. */
export interface PublicDocument {
  /** Whose it is: a resource's or an issuer's identifier; empty where it is nobody's. */
  readonly of: string;
  /** Answers with it. */
  readonly answer: Handler;
}

/** Where clients look, and find nothing rather than a document that is not theirs. */
export const NO_DOCUMENT: PublicDocument = { of: "", answer: notFound };
const ROOT = "/.well-known/oauth-protected-resource";
const SERVER_NAMES = ["oauth-authorization-server", "openid-configuration"];

/**
 * The public documents of an origin's resources by their path. The document at the root is that of the resource at the
 * root, or of the only one; clients that look there for an issuer's may have come for any of them. What two
 * could claim is neither's, since a client must not be told of the wrong one.
 *
 * @throws {TypeError} If another document, or a resource, is where a `metadataUrl` would be served.
 */
export function publicDocuments(
  resources: readonly DocumentOptions[],
): ReadonlyMap<string, PublicDocument> {
  const documents = new Map<string, PublicDocument>();
  for (const resource of resources) {
    const claimed = documentsOf(resource, resources.length === 1);
    for (const [path, document] of claimed) {
      const { of } = documents.get(path) ?? document;
      documents.set(path, of === document.of ? document : NO_DOCUMENT);
    }
  }
  if (!documents.has(ROOT)) documents.set(ROOT, NO_DOCUMENT);
  if (resources.some(({ mirror }) => mirror === null)) {
    for (const name of SERVER_NAMES) documents.delete(`/.well-known/${name}`);
  }
  const mounts = resources.map(({ paths }) => bare(paths.at(-1)!));
  for (const { metadata, metadataUrl, paths } of resources) {
    for (const path of publishedPaths(metadata, metadataUrl, paths)) {
      if (
        documents.get(path)?.of !== metadata.resource ||
        mounts.includes(bare(path))
      ) {
        throw new TypeError(
          `Cannot use metadataUrl ${metadataUrl}: something else is at ${path}, use a path of its own`,
        );
      }
    }
  }
  return documents;
}

/**
 * The paths of requests for a `metadataUrl`. Where it is below the resource, a proxy strips from them what it strips
 * from the resource's path.
 */
function publishedPaths(
  { resource }: ProtectedResourceMetadata,
  metadataUrl: string | undefined,
  paths: readonly string[],
): string[] {
  if (metadataUrl === undefined) return [];
  const path = pathOf(metadataUrl) || "/";
  const base = bare(pathOf(resource));
  return path.startsWith(`${base}/`)
    ? paths.map((mount) => `${bare(mount)}${path.slice(base.length)}`)
    : [path];
}

/** A path without the slash at its end. */
function bare(path: string): string {
  return path.replace(/\/$/, "");
}

function documentsOf(
  { metadata, metadataUrl, mirror, paths }: DocumentOptions,
  isSole: boolean,
): ReadonlyMap<string, PublicDocument> {
  const resource: PublicDocument = {
    of: metadata.resource,
    answer: (request) => handleOAuthProtectedResourceRequest(request, metadata),
  };
  const server: PublicDocument | undefined = mirror === null ? undefined : {
    of: mirror.issuer,
    answer: (request, platform) =>
      handleOAuthAuthorizationServerRequest(request, mirror, platform),
  };
  const documents = new Map<string, PublicDocument>();
  const publish = (path: string): void => {
    for (const name of SERVER_NAMES) {
      // Without a mirror they belong to whoever is at the root, perhaps the authorization server.
      if (server) documents.set(`/.well-known/${name}${path}`, server);
    }
  };
  for (const path of publishedPaths(metadata, metadataUrl, paths)) {
    documents.set(path, resource);
  }
  publish("");
  if (isSole) documents.set(ROOT, resource);
  for (const path of paths) documents.set(`${ROOT}${path}`, resource);
  for (const base of paths.map(bare)) {
    for (const path of [base, `${base}/`]) {
      // With a slash more or less it is another identifier's (RFC 9728 §3.3), unless all of that is the origin's slash.
      const twin = base === "" ? resource : NO_DOCUMENT;
      if (!documents.has(`${ROOT}${path}`)) {
        documents.set(`${ROOT}${path}`, twin);
      }
      publish(path);
    }
    // For clients that append to the URL they know, as OpenID Connect Discovery does.
    documents.set(`${base}${ROOT}`, resource);
    if (base !== "") {
      documents.set(
        `${base}/.well-known/openid-configuration`,
        server ?? NO_DOCUMENT,
      );
    }
  }
  return documents;
}

/** There is nothing here, said so that a client goes on looking elsewhere. */
export function notFound(request: Request): Response {
  return respondWithoutDocument(request, 404, {
    error: "not_found",
    error_description: "There is nothing at this URL",
  });
}
