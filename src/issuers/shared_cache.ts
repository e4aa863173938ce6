/**
 * Documents of issuers. If the platform has a cache that the instances of a server share, one instance reads a document
 * for all.
 *
 * @module
 */

import { withTimeout } from "../runtime/timeout.ts";
import { type JsonObject, parseObject } from "../http/body.ts";
import { fetchJson } from "./fetch_json.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** A document, or the value that was made from it. */
export interface ReadDocument<T = JsonObject> {
  /** The document, or what `make` returned for it. */
  readonly value: T;
  /** When the request to its origin began, in milliseconds since 1970. */
  readonly readAt: number;
}

/** How long instances share a document. Each instance decides whether the document is fresh enough. */
const SHARED_SECONDS = 600;
const READ_AT = "x-read-at";
/** The timeout of one cache operation. It is short, because the cache saves only one request. */
const CACHE_SECONDS = 0.25;

/**
 * Gets a document and passes it to `make`. The document comes from the platform's cache if it was read later than
 * `newerThan` (milliseconds since 1970), or else from {@linkcode fetchJson}. A document on which `make` throws is not
 * shared.
 *
 * @throws {AuthorizationServerError} As {@linkcode fetchJson}.
 */
export async function fetchShared<T>(
  url: string,
  platform: ResolvedRuntime,
  newerThan: number,
  timeoutSeconds: number,
  make: (document: JsonObject) => T,
): Promise<ReadDocument<T>> {
  const shared = await matchShared(url, platform);
  if (shared !== undefined && shared.readAt > newerThan) {
    try {
      return { ...shared, value: make(shared.value) };
    } catch {
      // Something else left it there: the issuer's own document may be usable.
    }
  }
  const readAt = platform.now();
  const document = await fetchJson(url, platform, timeoutSeconds);
  const value = make(document);
  await putShared(url, platform, { value: document, readAt });
  return { value, readAt };
}

/** The cached document. A cache that fails or is slow counts as empty. */
async function matchShared(
  url: string,
  { cache, now }: ResolvedRuntime,
): Promise<ReadDocument | undefined> {
  if (cache === undefined) return undefined;
  try {
    return await withTimeout(CACHE_SECONDS, async () => {
      const response = await cache.match(url);
      const value = parseObject(await response?.text() ?? "");
      const readAt = Number(response?.headers.get(READ_AT));
      return value && readAt <= now() ? { value, readAt } : undefined;
    });
  } catch {
    return undefined;
  }
}

async function putShared(
  url: string,
  { cache }: ResolvedRuntime,
  { value, readAt }: ReadDocument,
): Promise<void> {
  if (cache === undefined) return;
  const headers = {
    "content-type": "application/json",
    "cache-control": `max-age=${SHARED_SECONDS}`,
    [READ_AT]: `${readAt}`,
  };
  const response = new Response(JSON.stringify(value), { headers });
  try {
    await withTimeout(CACHE_SECONDS, () => cache.put(url, response));
  } catch {
    // The next instance reads the document itself.
  }
}
