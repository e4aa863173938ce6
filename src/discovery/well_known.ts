/**
 * The URLs of the public documents: the metadata of the resources and of their authorization servers, at every URL that
 * some generation of clients requests.
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

/** The documents of one resource, and its paths. */
export interface DocumentOptions {
  /** The resource's metadata. */
  readonly metadata: ProtectedResourceMetadata;
  /** One more URL at which the metadata is published. */
  readonly metadataUrl?: string | undefined;
  /** The authorization server whose metadata is mirrored; `null` for none. */
  readonly mirror: AuthorizationServerOptions | null;
  /** The resource's public path, and the path at which it is mounted, in this order. */
  readonly paths: readonly string[];
}

/** A public document. */
export interface PublicDocument {
  /** The identifier of its resource or issuer; empty if there is no document. */
  readonly of: string;
  /** Answers with it. */
  readonly answer: Handler;
}

/** A URL that clients request and that must not lead to a document of another resource. */
export const NO_DOCUMENT: PublicDocument = { of: "", answer: notFound };
const ROOT = "/.well-known/oauth-protected-resource";
const SERVER_NAMES = ["oauth-authorization-server", "openid-configuration"];

/**
 * The public documents of an origin's resources by path. At the origin's root are the metadata of the resource at the
 * root, or of the only resource, and the mirror if all resources have the same. A path that two resources claim is 404,
 * so that no client gets the document of the wrong one.
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
          `Cannot use metadataUrl ${metadataUrl}: another document or resource is at ${path}, use another path`,
        );
      }
    }
  }
  return documents;
}

/**
 * The request paths of a `metadataUrl`. If it is below the resource, a proxy strips the same prefix from them as from
 * the resource's path.
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

/** A path without a slash at its end. */
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
    answer: (request, context) =>
      handleOAuthAuthorizationServerRequest(request, mirror, context),
  };
  const documents = new Map<string, PublicDocument>();
  const publish = (path: string): void => {
    for (const name of SERVER_NAMES) {
      // Without a mirror these paths may belong to an authorization server on the same origin.
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
      // With a slash added or removed, the identifier is a different one (RFC 9728 §3.3), except directly after the
      // host.
      const twin = base === "" ? resource : NO_DOCUMENT;
      if (!documents.has(`${ROOT}${path}`)) {
        documents.set(`${ROOT}${path}`, twin);
      }
      publish(path);
    }
    // For clients that append to the resource's URL, as OpenID Connect Discovery does.
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

/** A 404 after which clients try the next URL. */
export function notFound(request: Request): Response {
  return notFoundBeside([])(request);
}

/**
 * The 404 of an origin with these resources. It names the only one, for a client that has another URL: its metadata is
 * public at the origin's root. Of several, each may be known only to its own users.
 */
export function notFoundBeside(
  resources: readonly { readonly documents: DocumentOptions }[],
): (request: Request) => Response {
  const [only, another] = resources;
  const hint = only && !another
    ? `: the resource is ${only.documents.metadata.resource}`
    : "";
  return (request) =>
    respondWithoutDocument(request, 404, {
      error: "not_found",
      error_description: `There is nothing at this URL${hint}`,
    });
}
