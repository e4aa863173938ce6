/**
 * A value from the network, kept fresh: read when first asked for, read again in the background before it ages,
 * kept for a while when it cannot be read, and never asked for more often than its origin can bear.
 *
 * Waiting is by looking, not by sharing a promise: on Cloudflare Workers a promise made for one request may not
 * be awaited by another, and the request that reads may be cancelled without a word.
 *
 * @module
 */

import { keepAlive, type ResolvedPlatform } from "./platform.ts";
import type { RequestPlatform } from "./types.ts";

/** For how long a value is good. All in seconds. */
export interface Freshness {
  /** From this age on it is read again in the background. */
  readonly refreshSeconds: number;
  /** Its maximum age while its origin answers. */
  readonly maxAgeSeconds: number;
  /** For how long after that it is still used when its origin does not answer (RFC 5861 §4). */
  readonly staleIfErrorSeconds: number;
  /** The least time between two readings. */
  readonly retrySeconds: number;
}

/** What an issuer publishes: its metadata and its keys. */
export const ISSUER_FRESHNESS: Freshness = {
  refreshSeconds: 480,
  maxAgeSeconds: 600,
  staleIfErrorSeconds: 3600,
  retrySeconds: 5,
};

/** A value that is kept fresh. */
export interface Fresh<T> {
  /**
   * The value. Waits where there is none, and for at most half a second where there is one that is over age.
   *
   * @throws What reading it threw, if there is none to give.
   */
  get(request?: RequestPlatform): Promise<T>;
  /**
   * The value, read anew unless that was done less than `everySeconds` ago.
   *
   * @throws What reading it threw, if that was the last thing that happened.
   */
  reload(everySeconds: number, request?: RequestPlatform): Promise<T>;
}

/** A reading that has not ended by then was cancelled with the request that began it. */
const ABANDONED_SECONDS = 10;
const POLL_MILLISECONDS = 10;
const LATE_MILLISECONDS = 500;

/** Keeps what `read` resolves to. */
export function keepFresh<T>(
  read: () => Promise<T>,
  freshness: Freshness,
  platform: ResolvedPlatform,
): Fresh<T> {
  let current: { readonly value: T; readonly readAt: number } | undefined;
  let failure: { readonly error: unknown } | undefined;
  let attemptedAt = -Infinity; // when the last reading began, or ended
  let reading = 0;
  let count = 0;

  const secondsSince = (time: number): number => {
    const seconds = (platform.now() - time) / 1000;
    return seconds < 0 ? Infinity : seconds; // the clock was set back: trust nothing of before
  };
  const isReading = (): boolean =>
    reading !== 0 && secondsSince(attemptedAt) < ABANDONED_SECONDS;

  async function start(): Promise<void> {
    const mine = reading = ++count;
    attemptedAt = platform.now();
    try {
      const value = await read();
      if (mine !== count) return; // abandoned, and overtaken by another
      current = { value, readAt: platform.now() };
      failure = undefined;
    } catch (error) {
      if (mine === count) failure = { error };
    } finally {
      if (mine === reading) {
        reading = 0;
        attemptedAt = platform.now();
      }
    }
  }

  function startUnlessTooSoon(
    everySeconds: number,
    request: RequestPlatform | undefined,
  ): void {
    if (isReading() || secondsSince(attemptedAt) < everySeconds) return;
    keepAlive(start(), platform, request);
  }

  async function wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0 && isReading();) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      left -= POLL_MILLISECONDS;
    }
  }

  async function settle(
    everySeconds: number,
    request: RequestPlatform | undefined,
  ): Promise<void> {
    startUnlessTooSoon(everySeconds, request);
    await wait(Infinity);
    if (reading !== 0) await settle(everySeconds, request); // abandoned: take over
  }

  return {
    async get(request): Promise<T> {
      const age = secondsSince(current?.readAt ?? -Infinity);
      if (current !== undefined && age < freshness.refreshSeconds) {
        return current.value;
      }
      const { maxAgeSeconds, staleIfErrorSeconds, retrySeconds } = freshness;
      const lastAge = maxAgeSeconds + staleIfErrorSeconds;
      if (age >= lastAge) await settle(retrySeconds, request);
      else {
        startUnlessTooSoon(retrySeconds, request);
        if (age >= maxAgeSeconds && failure === undefined) {
          await wait(LATE_MILLISECONDS);
        }
      }
      if (current !== undefined && secondsSince(current.readAt) < lastAge) {
        return current.value;
      }
      throw failure?.error;
    },
    async reload(everySeconds, request): Promise<T> {
      await settle(everySeconds, request);
      if (failure !== undefined || current === undefined) throw failure?.error;
      return current.value;
    },
  };
}
