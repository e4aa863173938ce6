/**
 * Work that one request does and others wait for.
 *
 * Waiting is by looking, not by sharing a promise: on Cloudflare Workers a promise made for one request may not
 * be awaited by another, and the request that works may be cancelled without a word.
 *
 * @module
 */

import { pause } from "../runtime/timeout.ts";
import { type ResolvedRuntime, secondsSince } from "../runtime/platform.ts";

/** Work that was begun. Times are in milliseconds since 1970. */
export interface Work {
  /** When it began. */
  readonly startedAt: number;
  /** When it ended. */
  endedAt?: number;
}

/** Work that has not ended by then was cancelled with the request that began it. */
export const ABANDONED_SECONDS = 10;
const FIRST_POLL_MILLISECONDS = 10;
const LAST_POLL_MILLISECONDS = 40;

/** Whether work goes on: it has not ended, and was not abandoned. */
export function isUnderWay(
  work: Work | undefined,
  platform: ResolvedRuntime,
): boolean {
  return work !== undefined && work.endedAt === undefined &&
    secondsSince(work.startedAt, platform) < ABANDONED_SECONDS;
}

/** Waits for the end of work, or until it is abandoned, but no longer than some time. */
export async function watch(
  work: Work | undefined,
  platform: ResolvedRuntime,
  milliseconds: number = Infinity,
): Promise<void> {
  for (let waited = 0; waited < milliseconds && isUnderWay(work, platform);) {
    // Many may wait for one answer: the longer it takes, the less often they look.
    const poll = Math.min(
      FIRST_POLL_MILLISECONDS + waited / 10,
      LAST_POLL_MILLISECONDS,
      milliseconds - waited,
    );
    await pause(poll);
    waited += poll;
  }
}
