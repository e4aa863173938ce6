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
import { resolvePlatform, type Runtime } from "../runtime/platform.ts";
import type { RequestContext } from "../types.ts";

/** Whose metadata is mirrored. */
export interface AuthorizationServerOptions {
  /** The issuer identifier, exactly as the authorization server writes it. */
  readonly issuer: string;
  /** Where its metadata is, as {@linkcode IssuerRules.metadata_url}. Default: at the well-known URLs of its identifier. */
  readonly metadata_url?: string | undefined;
  /** Lets `metadata_url` be http on any host, as {@linkcode IssuerRules.allowHttp}. Default: on loopback alone. */
  readonly allowHttp?: true | undefined;
  /** Default: the runtime's own. */
  readonly platform?: Runtime | undefined;
}

/**
 * Answers with an authorization server's metadata, as it publishes it and with its true issuer, for clients that
 * look on the MCP server itself: 200, or 502 while the authorization server cannot be read; preflights with 204, any
 * other method with 405. Read once in ten minutes, and kept for an hour more when it is away.
 *
 * @example On a route of one's own
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
    // A RangeError: what was read is nested too deeply to be written again.
    if (
      !(error instanceof AuthorizationServerError ||
        error instanceof RangeError)
    ) throw error;
    // Clients go on to the next place after a 502; a 500 or 503 ends their search.
    return respondWithoutDocument(request, 502, {
      error: "temporarily_unavailable",
      error_description: "The authorization server's metadata cannot be read",
    });
  }
}
