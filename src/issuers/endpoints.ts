/**
 * The URLs at which this server makes requests to an issuer: those that the operator configures, and those that the
 * issuer's metadata names.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import { isLoopback, parseUrl } from "../runtime/identifiers.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";
import { withTimeout } from "../runtime/timeout.ts";
import type { RequestContext } from "../types.ts";
import {
  authorizationServerMetadata,
  DISCOVERY_TIMEOUT_SECONDS,
  furtherMetadata,
  isTrustedUrl,
} from "./metadata.ts";
import { ISSUER_FRESHNESS } from "./refreshing.ts";

/** An issuer, and the URL of its metadata. */
export interface MetadataLocation {
  /** The issuer identifier. */
  readonly issuer: string;
  /** The URL. Default: the well-known ones of the identifier. */
  readonly metadata_url?: string | undefined;
}

/**
 * Checks URLs that the operator configures, by the names of their options; `undefined` where one is not set.
 *
 * @throws {TypeError} If one is neither https, nor http on a loopback host or by `allowHttp`; if it has credentials; or
 *   if there is an `allowHttp` and no URL that it could be for.
 */
export function checkConfiguredUrls(
  urls: Readonly<Record<string, unknown>>,
  allowHttp: unknown,
): void {
  const given = Object.entries(urls).filter(([, url]) => url !== undefined);
  const isAllowed = allowHttp === true && given.length > 0;
  if (!isAllowed && (allowHttp ?? false) !== false) {
    throw new TypeError(
      `Cannot use allowHttp: set it only together with the URL that it is for, ${
        Object.keys(urls).join(" or ")
      }`,
    );
  }
  for (const [name, value] of given) {
    const url = parseUrl(value);
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new TypeError(`Cannot use ${name}: write an absolute https URL`);
    }
    // An error would show them, and fetch() rejects them.
    if (url.username + url.password !== "") {
      throw new TypeError(
        `Cannot use ${name}: write no credentials in the URL`,
      );
    }
    if (
      url.protocol === "http:" && !isLoopback(url.hostname) && !isAllowed
    ) {
      throw new TypeError(
        `Cannot use ${name}: use https or a loopback host, or set allowHttp: true if you control the network in between`,
      );
    }
  }
}

/**
 * The URL that an issuer's metadata names as `member`. If the issuer's first document has no such member, its other ones
 * are read too.
 *
 * @throws {AuthorizationServerError} If none has it, it is not https (http only for an issuer on loopback), or the
 *   metadata cannot be read.
 */
export async function endpointOf(
  { issuer, metadata_url }: MetadataLocation,
  member: "introspection_endpoint" | "jwks_uri",
  platform: ResolvedRuntime,
  context: RequestContext | undefined,
): Promise<string> {
  const deadline = platform.now() + DISCOVERY_TIMEOUT_SECONDS * 1000;
  const metadata = authorizationServerMetadata(issuer, platform, metadata_url);
  const { [member]: first } = await metadata.get(context);
  if (isTrustedUrl(issuer, first)) return first;
  const further = !first && metadata_url === undefined
    ? furtherMetadata(issuer, member, platform)
    : undefined;
  const known = further?.peek(context)?.[member];
  if (isTrustedUrl(issuer, known)) return known;
  // The issuer may have corrected its metadata since it was read: read it again before its maximum age.
  const { retrySeconds } = ISSUER_FRESHNESS;
  const { [member]: mended } = await metadata.reload(retrySeconds, context);
  if (isTrustedUrl(issuer, mended)) return mended;
  let cause: unknown;
  try {
    const seconds = (deadline - platform.now()) / 1000;
    const found = await withTimeout(
      seconds,
      async () => await further?.get(context),
    );
    if (isTrustedUrl(issuer, found?.[member])) return found[member];
  } catch (error) {
    cause = error;
  }
  throw new AuthorizationServerError(
    `Cannot use the metadata of ${issuer}: its ${member} is missing or not https`,
    { cause },
  );
}
