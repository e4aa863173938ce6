/**
 * The stages of a request's way, made of the options once: all work that depends on these alone is done here.
 *
 * @module
 */

import type { AuthorizationServerOptions } from "./discovery/issuer_mirror.ts";
import { type Cors, cors, type CorsOptions } from "./http/cors.ts";
import type { DocumentOptions } from "./discovery/well_known.ts";
import {
  isLoopback,
  isLoopbackIdentifier,
  parseUrl,
  pathOf,
} from "./runtime/identifiers.ts";
import { type ListRules, listRules } from "./scopes/lists.ts";
import { checkConfiguredUrls } from "./issuers/endpoints.ts";
import type { ResolvedRuntime } from "./runtime/platform.ts";
import type { ProtectedResourceMetadata } from "./discovery/resource_metadata.ts";
import { readOperations, type ReadRequest } from "./mcp/operations.ts";
import { checkOptions } from "./runtime/option_checks.ts";
import {
  defaultsOf,
  PROTECTED_RESOURCE_SHAPE,
  type ProtectedResourceOptions,
} from "./options.ts";
import { type Sessions, sessionTable } from "./mcp/sessions.ts";
import { type TokenStages, tokenStages } from "./token_checks.ts";
import type { AuthInfo } from "./types.ts";

/** All the stages. */
export interface Stages extends TokenStages {
  /** What is public. */
  readonly documents: DocumentOptions;
  /** Where the resource is mounted. */
  readonly path: string;
  /** Who may speak to it from a browser. */
  readonly browsers: Cors;
  /** Whose session is whose. */
  readonly sessions: Sessions;
  /** What a request asks for. A caller who may not do what its fields say is refused before its body is read. */
  readonly read: (request: Request, caller: AuthInfo) => Promise<ReadRequest>;
  /** Which lists are shortened. */
  readonly lists: ListRules;
}

/**
 * The stages of a protected resource.
 *
 * @throws {TypeError} If an option cannot be used.
 */
export function stagesOf(options: ProtectedResourceOptions): Stages {
  checkOptions(options, "", PROTECTED_RESOURCE_SHAPE);
  const stages = tokenStages(options);
  const { path, maxBodyBytes } = defaultsOf(options);
  const { metadata, metadataUrl } = options;
  const { resource } = metadata;
  const { scopes } = stages;
  return {
    ...stages,
    documents: {
      metadata,
      metadataUrl,
      mirror: mirrorOf(options, stages.platform),
      paths: [pathOf(resource), path],
    },
    path,
    browsers: cors(
      isLoopbackIdentifier(resource)
        ? onLoopback(options.cors)
        : options.cors ?? {},
    ),
    sessions: sessionTable(),
    read: (request, caller) =>
      readOperations(
        request,
        maxBodyBytes,
        (told) => scopes.check(caller, told),
      ),
    lists: listRules(options.scopes?.lists ?? [], scopes),
  };
}

/** Whose metadata is mirrored: found as the issuer's rules say, unless `mirror` says where itself. */
function mirrorOf(
  { metadata, mirror, issuers = {} }: ProtectedResourceOptions,
  platform: ResolvedRuntime,
): AuthorizationServerOptions | null {
  if (mirror === null || mirror === undefined && isCoHosted(metadata)) {
    return null;
  }
  const { issuer = metadata.authorization_servers[0]! } = mirror ?? {};
  const source = mirror?.metadata_url === undefined ? issuers[issuer] : mirror;
  const { metadata_url } = source ?? {};
  // What it allows may be about another URL.
  const allowHttp = metadata_url === undefined ? undefined : source?.allowHttp;
  checkConfiguredUrls({ metadata_url }, allowHttp);
  return {
    ...mirror,
    issuer,
    metadata_url,
    allowHttp,
    platform: mirror?.platform ?? platform,
  };
}

/** Whether the first issuer publishes its own metadata where a mirror would be. */
function isCoHosted(metadata: ProtectedResourceMetadata): boolean {
  const { resource, authorization_servers } = metadata;
  return new URL(authorization_servers[0]!).origin === new URL(resource).origin;
}

/** Only pages of this machine may speak to it, and only by a name that is its own: DNS can be made to lie. */
function onLoopback(
  { origins = isLoopbackOrigin, hosts = isLoopback, ...others }: CorsOptions =
    {},
): CorsOptions {
  return { ...others, origins, hosts };
}

function isLoopbackOrigin(origin: string): boolean {
  return isLoopback(parseUrl(origin)?.hostname ?? "");
}
