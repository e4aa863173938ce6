/**
 * The metadata of a protected resource ({@link https://www.rfc-editor.org/rfc/rfc9728 | RFC 9728}), in which a client
 * that knows only the resource's URL finds the authorization server.
 * Not implemented: signing `signed_metadata` (§2.2), which is published as configured.
 *
 * @module
 */

import {
  checkIdentifier,
  checkIssuers,
  insertWellKnown,
  pathOf,
} from "../runtime/identifiers.ts";
import { memoizeByObject } from "../runtime/memoize.ts";
import {
  aBoolean,
  aString,
  type Check,
  checkOptions,
  isPlainObject,
  type OptionShape,
  strings,
} from "../runtime/option_checks.ts";
import { respondWithDocument } from "../http/public_document.ts";
import { checkScopes } from "../scopes/scope_token.ts";

/**
 * The metadata of a protected resource ({@link https://www.rfc-editor.org/rfc/rfc9728#section-2 | RFC 9728 §2}), with
 * the names of the RFC. `bearer_methods_supported` is always published as `["header"]`.
 */
export interface ProtectedResourceMetadata {
  /** The resource identifier: the MCP server's public URL, published exactly as written here. */
  readonly resource: string;
  /** The issuers of its access tokens, each exactly as it writes its own identifier. At least one. */
  readonly authorization_servers: readonly string[];
  /**
   * The scopes that clients may request. A client whose challenge names no scope requests all of these. Never
   * `offline_access`.
   */
  readonly scopes_supported?: readonly string[] | undefined;
  /** The URL of the resource's own signature keys, not of the authorization server's. */
  readonly jwks_uri?: string | undefined;
  /** The algorithms with which the resource signs. */
  readonly resource_signing_alg_values_supported?:
    | readonly string[]
    | undefined;
  /** A name for people. */
  readonly resource_name?: string | undefined;
  /** A page for developers. */
  readonly resource_documentation?: string | undefined;
  /** A page about how a client may use the data. */
  readonly resource_policy_uri?: string | undefined;
  /** The terms of service. */
  readonly resource_tos_uri?: string | undefined;
  /** Whether tokens are bound to a TLS client certificate (RFC 8705). */
  readonly tls_client_certificate_bound_access_tokens?: boolean | undefined;
  /** The `type`s of `authorization_details` (RFC 9396). */
  readonly authorization_details_types_supported?:
    | readonly string[]
    | undefined;
  /** The algorithms of DPoP proofs (RFC 9449). */
  readonly dpop_signing_alg_values_supported?: readonly string[] | undefined;
  /** Whether tokens must be bound by DPoP. */
  readonly dpop_bound_access_tokens_required?: boolean | undefined;
  /** The same metadata as a signed JWT. */
  readonly signed_metadata?: string | undefined;
  /** A member in a language ({@link https://www.rfc-editor.org/rfc/rfc9728#section-2.1 | §2.1}), such as `resource_name#fr`. */
  readonly [
    tagged: `resource_${
      | "name"
      | "documentation"
      | "policy_uri"
      | "tos_uri"}#${string}`
  ]: string;
}

const METADATA_SHAPE: OptionShape<ProtectedResourceMetadata> & {
  readonly members: { readonly bearer_methods_supported: Check };
} = {
  members: {
    resource: checkIdentifier as Check,
    authorization_servers: checkIssuers as Check,
    scopes_supported: checkScopes as Check,
    bearer_methods_supported: strings,
    jwks_uri: aString,
    resource_signing_alg_values_supported: strings,
    resource_name: aString,
    resource_documentation: aString,
    resource_policy_uri: aString,
    resource_tos_uri: aString,
    tls_client_certificate_bound_access_tokens: aBoolean,
    authorization_details_types_supported: strings,
    dpop_signing_alg_values_supported: strings,
    dpop_bound_access_tokens_required: aBoolean,
    signed_metadata: aString,
  },
  // RFC 9728 §2: metadata may have additional members.
  others: "allowed",
};

const bodyOf = memoizeByObject(
  (metadata: ProtectedResourceMetadata): string => {
    checkMetadata(metadata);
    return JSON.stringify(documentOf(metadata));
  },
);

/**
 * Answers GET and HEAD with a protected resource's metadata, preflights with 204, and any other method with 405.
 *
 * @example On your own route
 * ```ts
 * import { handleOAuthProtectedResourceRequest } from "@gatehouse/mcp-auth";
 *
 * const metadata = {
 *   resource: "https://notes.example.com/mcp",
 *   authorization_servers: ["https://auth.example.com"],
 * };
 *
 * export function GET(request: Request): Response {
 *   return handleOAuthProtectedResourceRequest(request, metadata);
 * }
 * ```
 *
 * @throws {TypeError} If the metadata breaks a rule of RFC 9728 or of MCP.
 */
export function handleOAuthProtectedResourceRequest(
  request: Request,
  metadata: ProtectedResourceMetadata,
): Response {
  return respondWithDocument(request, bodyOf(metadata));
}

/**
 * The URL of a resource's metadata: `/.well-known/oauth-protected-resource` between its host and its path
 * ({@link https://www.rfc-editor.org/rfc/rfc9728#section-3.1 | RFC 9728 §3.1}).
 *
 * @example A resource with a path
 * ```ts
 * import { protectedResourceMetadataUrl } from "@gatehouse/mcp-auth";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   protectedResourceMetadataUrl("https://notes.example.com/mcp"),
 *   "https://notes.example.com/.well-known/oauth-protected-resource/mcp",
 * );
 * ```
 *
 * @throws {TypeError} If the resource is not a valid identifier.
 */
export function protectedResourceMetadataUrl(resource: string): string {
  checkIdentifier(resource, "resource");
  return insertWellKnown(resource, "oauth-protected-resource");
}

/**
 * Checks the URL at which a resource's metadata is published in place of {@linkcode protectedResourceMetadataUrl}.
 *
 * @throws {TypeError} If it is not on the resource's origin, has what an identifier must not have, or is the resource
 *   itself.
 */
export function checkMetadataUrl(metadataUrl: string, resource: string): void {
  checkIdentifier(metadataUrl, "metadataUrl");
  const { origin } = new URL(resource);
  if (new URL(metadataUrl).origin !== origin) {
    throw new TypeError(
      `Cannot use metadataUrl ${metadataUrl}: publish it on the resource's origin, ${origin}`,
    );
  }
  const [path, own] = [metadataUrl, resource].map((url) =>
    pathOf(url).replace(/\/$/, "")
  );
  if (path === own) {
    throw new TypeError(
      `Cannot use metadataUrl ${metadataUrl}: use another path than that of the resource`,
    );
  }
}

/**
 * Checks configured metadata.
 *
 * @throws {TypeError} If it is not valid. The message says what to change.
 */
export function checkMetadata(metadata: ProtectedResourceMetadata): void {
  if (!isPlainObject(metadata)) {
    throw new TypeError(
      'Cannot use metadata: write resource and authorization_servers in it, such as { resource: "https://notes.example.com/mcp", authorization_servers: ["https://auth.example.com"] }',
    );
  }
  for (const [name, value] of Object.entries(metadata)) {
    // RFC 9728 §2.1: a name may end in a language, as in resource_name#fr.
    const untagged = name.replace(/#.*$/s, "");
    checkOptions({ [untagged]: value }, "metadata", METADATA_SHAPE);
  }
  const { resource, authorization_servers } = metadata;
  checkIdentifier(resource, "metadata.resource");
  checkIssuers(authorization_servers, "metadata.authorization_servers");
}

/** RFC 9728 §3.2: an empty array is left out. */
function documentOf(
  metadata: ProtectedResourceMetadata,
): Record<string, unknown> {
  const members = Object.entries(metadata).filter(([, value]) =>
    !(Array.isArray(value) && value.length === 0)
  );
  return {
    ...Object.fromEntries(members),
    bearer_methods_supported: ["header"],
  };
}
