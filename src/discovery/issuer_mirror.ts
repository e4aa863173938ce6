/**
 * A mirror of an authorization server's metadata ({@link https://www.rfc-editor.org/rfc/rfc8414 | RFC 8414}), for
 * clients that look for it on the MCP server itself.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import {
  isRead,
  respondWithDocument,
  respondWithoutDocument,
} from "../http/public_document.ts";
import { checkConfiguredUrls } from "../issuers/endpoints.ts";
import { authorizationServerMetadata } from "../issuers/metadata.ts";
import { checkIdentifier } from "../runtime/identifiers.ts";
import {
  anything,
  aString,
  type Check,
  checkOptions,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import {
  type ResolvedRuntime,
  resolvePlatform,
  type Runtime,
  RUNTIME_SHAPE,
} from "../runtime/platform.ts";
import type { IssuerRules, RequestContext } from "../types.ts";
import type { ProtectedResourceMetadata } from "./resource_metadata.ts";

/** The authorization server whose metadata is mirrored. */
export interface AuthorizationServerOptions {
  /** The issuer identifier, exactly as the authorization server writes it. */
  readonly issuer: string;
  /** Where its metadata is, as {@linkcode IssuerRules.metadata_url}. Default: at the well-known URLs of its identifier. */
  readonly metadata_url?: string | undefined;
  /** Allows http on any host for `metadata_url`, as {@linkcode IssuerRules.allowHttp}. Default: only on loopback hosts. */
  readonly allowHttp?: true | undefined;
  /** The clock, the network and the shared cache. Default: the runtime's clock and network, and no cache. */
  readonly platform?: Runtime | undefined;
}

/** The members of {@linkcode AuthorizationServerOptions}. */
export const AUTHORIZATION_SERVER_SHAPE: OptionShape<
  AuthorizationServerOptions
> = {
  members: {
    issuer: checkIdentifier as Check,
    metadata_url: aString,
    allowHttp: anything,
    platform: optionsOf(RUNTIME_SHAPE),
  },
};

/**
 * The authorization server that a resource mirrors, or `null` for none. Default: the first issuer, unless it is on the
 * resource's origin and publishes its own metadata where the mirror would be. The URL of its metadata comes from
 * `mirror`, or else from the issuer's rules.
 *
 * @throws {TypeError} If a `metadata_url` cannot be used.
 */
export function mirrorOf(
  { metadata, mirror, issuers = {} }: MirrorOptions,
  runtime: ResolvedRuntime,
): AuthorizationServerOptions | null {
  if (mirror === null || mirror === undefined && isCoHosted(metadata)) {
    return null;
  }
  const { issuer = metadata.authorization_servers[0]! } = mirror ?? {};
  const source = mirror?.metadata_url === undefined ? issuers[issuer] : mirror;
  const { metadata_url } = source ?? {};
  // Without a `metadata_url`, `allowHttp` is meant for another URL of the issuer.
  const allowHttp = metadata_url === undefined ? undefined : source?.allowHttp;
  checkConfiguredUrls({ metadata_url }, allowHttp);
  return {
    ...mirror,
    issuer,
    metadata_url,
    allowHttp,
    platform: mirror?.platform ?? runtime,
  };
}

/** The options of a resource that its mirror depends on. */
interface MirrorOptions {
  readonly metadata: ProtectedResourceMetadata;
  readonly mirror?: AuthorizationServerOptions | null | undefined;
  readonly issuers?: Readonly<Record<string, IssuerRules>> | undefined;
}

/** Whether the first issuer is at the resource's own origin. */
function isCoHosted(
  { resource, authorization_servers }: ProtectedResourceMetadata,
): boolean {
  return new URL(authorization_servers[0]!).origin === new URL(resource).origin;
}

/**
 * Answers with an authorization server's metadata, unchanged and with its real issuer, for clients that look for it on
 * the MCP server: 200 for GET and HEAD, 502 if the metadata cannot be read, 204 for OPTIONS, 405 for any other method.
 * The metadata is read again after 8 minutes, and used for up to 70 minutes while the authorization server is
 * unreachable.
 *
 * @example On your own route
 * ```ts
 * import { handleOAuthAuthorizationServerRequest } from "@gatehouse/mcp-auth";
 *
 * export function GET(request: Request): Promise<Response> {
 *   return handleOAuthAuthorizationServerRequest(request, {
 *     issuer: "https://auth.example.com",
 *   });
 * }
 * ```
 *
 * @throws {TypeError} If the issuer is not an https URL, or http on a loopback host, or `metadata_url` cannot be used.
 */
export async function handleOAuthAuthorizationServerRequest(
  request: Request,
  options: AuthorizationServerOptions,
  context?: RequestContext,
): Promise<Response> {
  checkOptions(options, "", AUTHORIZATION_SERVER_SHAPE);
  const { issuer, metadata_url, allowHttp } = options;
  checkConfiguredUrls({ metadata_url }, allowHttp);
  const metadata = authorizationServerMetadata(
    issuer,
    resolvePlatform(options.platform),
    metadata_url,
  );
  if (!isRead(request)) return respondWithDocument(request, "");
  try {
    const document = await metadata.get(context);
    return respondWithDocument(request, JSON.stringify(document));
  } catch (error) {
    // A RangeError: the document is nested too deeply to be serialized.
    if (
      !(error instanceof AuthorizationServerError ||
        error instanceof RangeError)
    ) throw error;
    // After 502, clients try the next URL; after 500 or 503 they stop.
    return respondWithoutDocument(request, 502, {
      error: "temporarily_unavailable",
      error_description: "The authorization server's metadata cannot be read",
    });
  }
}
