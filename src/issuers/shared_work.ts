/**
 * Work that one request does while others wait for it.
 *
 * They poll instead of sharing a promise: on Cloudflare Workers a promise of one request cannot be awaited by another,
 * and the request that does the work may be cancelled without notice.
 *
 * @module
 */

import { pause } from "../runtime/timeout.ts";
import { type ResolvedRuntime, secondsSince } from "../runtime/platform.ts";

/** Work in progress or done. Times are in milliseconds since 1970. */
export interface Work {
  /** When it began. */
  readonly startedAt: number;
  /** When it ended. */
  endedAt?: number;
}

/** Work that takes longer than this was cancelled with its request. */
export const ABANDONED_SECONDS = 10;
const FIRST_POLL_MILLISECONDS = 10;
const LAST_POLL_MILLISECONDS = 40;

/** Whether work is in progress: it has not ended, and is not old enough to be abandoned. */
export function isUnderWay(
  work: Work | undefined,
  platform: ResolvedRuntime,
): boolean {
  return work !== undefined && work.endedAt === undefined &&
    secondsSince(work.startedAt, platform) < ABANDONED_SECONDS;
}

/** Waits until work has ended or is abandoned, or for `milliseconds`. Default: without a limit. */
export async function watch(
  work: Work | undefined,
  platform: ResolvedRuntime,
  milliseconds: number = Infinity,
): Promise<void> {
  for (let waited = 0; waited < milliseconds && isUnderWay(work, platform);) {
    // Many requests may wait for one: the longer it takes, the less often they poll.
    const poll = Math.min(
      FIRST_POLL_MILLISECONDS + waited / 10,
      LAST_POLL_MILLISECONDS,
      milliseconds - waited,
    );
    await pause(poll);
    waited += poll;
  }
}
