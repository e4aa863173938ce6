/**
 * Which public documents are where: the resource's metadata and its authorization server's, at every URL at which
 * some generation of clients looks.
 *
 * @module
 */

import {
  type AuthorizationServerOptions,
  handleOAuthAuthorizationServerRequest,
} from "./authorization_server.ts";
import {
  handleOAuthProtectedResourceRequest,
  type ProtectedResourceMetadata,
} from "./metadata.ts";
import { respondWithoutDocument } from "./public_document.ts";
import type { Handler } from "./types.ts";

/** What is published, and for which paths of the resource. */
export interface DocumentOptions {
  /** The resource's metadata. */
  readonly metadata: ProtectedResourceMetadata;
  /** Whose metadata is mirrored; `null` where nobody's is. */
  readonly mirror: AuthorizationServerOptions | null;
  /** The resource's paths: its public one, and the one at which a proxy mounts it. */
  readonly paths: readonly string[];
}

/** The handlers of the public documents by their path. */
export function publicDocuments(
  { metadata, mirror, paths }: DocumentOptions,
): ReadonlyMap<string, Handler> {
  const resource: Handler = (request) =>
    handleOAuthProtectedResourceRequest(request, metadata);
  const server: Handler | undefined = mirror === null
    ? undefined
    : (request, platform) =>
      handleOAuthAuthorizationServerRequest(request, mirror, platform);
  const documents = new Map<string, Handler>();
  for (const path of ["", ...paths.flatMap(withAndWithoutSlash)]) {
    documents.set(`/.well-known/oauth-protected-resource${path}`, resource);
    for (const name of ["oauth-authorization-server", "openid-configuration"]) {
      // Without a mirror they belong to whoever is at the root, perhaps the authorization server.
      if (server) documents.set(`/.well-known/${name}${path}`, server);
    }
    // For clients that append to the URL they know, as OpenID Connect Discovery does.
    const below = path.replace(/\/$/, "");
    documents.set(`${below}/.well-known/oauth-protected-resource`, resource);
    if (below !== "") {
      documents.set(
        `${below}/.well-known/openid-configuration`,
        server ?? notFound,
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

function withAndWithoutSlash(path: string): string[] {
  const bare = path.replace(/\/$/, "");
  return [bare, `${bare}/`];
}
