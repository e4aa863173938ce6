/**
 * What issuers publish, read once for all instances of a server where the platform has a cache that they share.
 *
 * @module
 */

import { withTimeout } from "../runtime/timeout.ts";
import { type JsonObject, parseObject } from "../http/body.ts";
import { fetchJson } from "./fetch_json.ts";
import type { ResolvedRuntime } from "../runtime/platform.ts";

/** What was made of a document, and when that was read at its origin, in milliseconds since 1970. */
export interface ReadDocument<T = JsonObject> {
  /** What was made of it. */
  readonly value: T;
  /** When it left its origin. */
  readonly readAt: number;
}

/** For how long instances share a document. Whoever takes it decides whether that is fresh enough. */
const SHARED_SECONDS = 600;
const READ_AT = "x-read-at";
/** How long the cache may take each time: less than it saves. */
const CACHE_SECONDS = 0.25;

/**
 * What `make` makes of a document: as {@linkcode fetchJson} reads it, or as another instance of the server read it
 * later than `newerThan` and left it in the platform's cache. What `make` throws on is not shared.
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

/** A cache that fails, or takes its time, is a cache that has nothing. */
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
    // The next instance reads for itself.
  }
}
