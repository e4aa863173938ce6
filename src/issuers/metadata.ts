/**
 * The metadata that an authorization server publishes: {@link https://www.rfc-editor.org/rfc/rfc8414 | RFC 8414} and
 * OpenID Connect Discovery 1.0.
 * Not implemented: `signed_metadata` (RFC 8414 §2.1) is passed on and not verified.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import type { JsonObject } from "../http/body.ts";
import {
  checkIdentifier,
  insertWellKnown,
  isLoopback,
  parseUrl,
} from "../runtime/identifiers.ts";
import { heldByPlatform, type ResolvedRuntime } from "../runtime/platform.ts";
import { FETCH_TIMEOUT_SECONDS } from "./fetch_json.ts";
import {
  type Fresh,
  ISSUER_FRESHNESS,
  keepFresh,
  type Reading,
} from "./refreshing.ts";
import { fetchShared } from "./shared_cache.ts";

/** How long it may take to find an issuer's metadata, at all URLs together. */
export const DISCOVERY_TIMEOUT_SECONDS = 8;

/** The maximum number of issuers whose metadata is cached for one platform. */
const MAX_ISSUERS = 256;

/** An authorization server's metadata as it publishes it, including unknown members. */
export interface AuthorizationServerMetadata {
  /** The issuer identifier. */
  readonly issuer: string;
  /** Any other member. */
  readonly [member: string]: unknown;
}

const held = heldByPlatform<Fresh<AuthorizationServerMetadata>>(MAX_ISSUERS);

/**
 * An issuer's metadata, refreshed: the document at `metadataUrl` if that is given, or else the first valid one of
 * {@linkcode metadataUrls}. All callers with the same platform share it.
 *
 * @throws {TypeError} If the issuer is not an identifier.
 */
export function authorizationServerMetadata(
  issuer: string,
  platform: ResolvedRuntime,
  metadataUrl?: string,
): Fresh<AuthorizationServerMetadata> {
  return held(platform, JSON.stringify([issuer, metadataUrl]), () => {
    checkIdentifier(issuer, "issuer");
    const urls = metadataUrl === undefined
      ? metadataUrls(issuer)
      : [metadataUrl];
    return keepFresh(
      (newerThan) => readMetadata(issuer, urls, platform, newerThan),
      ISSUER_FRESHNESS,
      platform,
    );
  });
}

const heldFurther = heldByPlatform<Fresh<AuthorizationServerMetadata>>(
  MAX_ISSUERS,
);

/**
 * The metadata of an issuer whose first document lacks a member: the first of its other documents that has it,
 * refreshed. Some issuers publish an RFC 8414 document that lacks members of their OpenID Connect document.
 */
export function furtherMetadata(
  issuer: string,
  member: string,
  platform: ResolvedRuntime,
): Fresh<AuthorizationServerMetadata> {
  const urls = metadataUrls(issuer).slice(1);
  return heldFurther(
    platform,
    JSON.stringify([issuer, member]),
    () =>
      keepFresh(
        (newerThan) => readMetadata(issuer, urls, platform, newerThan, member),
        ISSUER_FRESHNESS,
        platform,
      ),
  );
}

/** The URLs at which an issuer may publish its metadata, in the order in which MCP clients try them. */
export function metadataUrls(issuer: string): string[] {
  const bare = issuer.replace(/\/$/, "");
  // The last two are the same if the issuer has no path.
  return [
    ...new Set([
      insertWellKnown(bare, "oauth-authorization-server"),
      insertWellKnown(bare, "openid-configuration"),
      `${bare}/.well-known/openid-configuration`,
    ]),
  ];
}

/** Whether an issuer may name this URL: https, or http where the issuer itself is on this machine and uses it. */
export function isTrustedUrl(issuer: string, value: unknown): value is string {
  const url = parseUrl(value);
  if (url === undefined) return false;
  const { protocol, hostname, username, password } = url;
  if (username + password !== "") return false; // errors would show them, and fetch rejects them
  if (protocol === "https:") return true;
  return protocol === "http:" && issuer.startsWith("http:") &&
    isLoopback(hostname);
}

async function readMetadata(
  issuer: string,
  urls: readonly string[],
  platform: ResolvedRuntime,
  newerThan: number,
  member: string = "issuer",
): Promise<Reading<AuthorizationServerMetadata>> {
  const deadline = platform.now() + DISCOVERY_TIMEOUT_SECONDS * 1000;
  const failures: unknown[] = [];
  for (const url of urls) {
    const left = (deadline - platform.now()) / 1000;
    if (left <= 0) break;
    try {
      return await fetchShared(
        url,
        platform,
        newerThan,
        Math.min(left, FETCH_TIMEOUT_SECONDS),
        (document) => metadataOf(issuer, url, document, member),
      );
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AuthorizationServerError(
    `Cannot read the metadata of ${issuer}: ${
      failures.map((failure) => (failure as Error).message).join("; ")
    }`,
    { cause: failures },
  );
}

/** RFC 8414 §3.3: a document that names another issuer must not be used. */
function metadataOf(
  issuer: string,
  url: string,
  document: JsonObject,
  member: string,
): AuthorizationServerMetadata {
  if (document.issuer !== issuer) {
    throw new AuthorizationServerError(
      `Cannot use ${url}: its issuer is not ${issuer}`,
    );
  }
  if (!document[member]) {
    throw new AuthorizationServerError(
      `Cannot use ${url}: it has no ${member}`,
    );
  }
  return { ...document, issuer };
}
