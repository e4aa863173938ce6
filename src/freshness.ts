/**
 * A value from the network, kept fresh: read when first asked for, read again in the background before it ages,
 * kept for a while when it cannot be read, and never asked for more often than its origin can bear.
 *
 * Waiting is by looking, not by sharing a promise: on Cloudflare Workers a promise made for one request may not
 * be awaited by another, and the request that reads may be cancelled without a word.
 *
 * @module
 */

import { pause } from "./deadline.ts";
import { AuthorizationServerError } from "./errors.ts";
import { keepAlive, type ResolvedPlatform, secondsSince } from "./platform.ts";
import type { RequestPlatform } from "./types.ts";

/** For how long a value is good. All in seconds. */
export interface Freshness {
  /** From this age on it is read again in the background. */
  readonly refreshSeconds: number;
  /** Its maximum age while its origin answers. */
  readonly maxAgeSeconds: number;
  /** For how long after that it is still used when its origin does not answer (RFC 5861 §4). */
  readonly staleIfErrorSeconds: number;
  /** The least time between two readings while there is no value that could be used. */
  readonly retrySeconds: number;
  /** The same while there is one, so that nobody waits. */
  readonly staleRetrySeconds: number;
}

/** What an issuer publishes: its metadata and its keys. */
export const ISSUER_FRESHNESS: Freshness = {
  refreshSeconds: 480,
  maxAgeSeconds: 600,
  staleIfErrorSeconds: 3600,
  retrySeconds: 5,
  staleRetrySeconds: 10,
};

/** A value, and when it was read at its origin. */
export interface Reading<T> {
  /** The value. */
  readonly value: T;
  /** In milliseconds since 1970. Before now, where another instance of the server read it. */
  readonly readAt: number;
}

/** A value that is kept fresh. */
export interface Fresh<T> {
  /** The value, if there is one that is within its maximum age, or whose origin is away. Waits for nothing. */
  peek(request?: RequestPlatform): T | undefined;
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

/** When to read: for one caller, or for another. */
interface Terms {
  /** The least time since the last reading. */
  readonly everySeconds: number;
  /** How old a reading by another instance of the server may be. */
  readonly maxAgeSeconds: number;
}

/** A reading that has not ended by then was cancelled with the request that began it. */
const ABANDONED_SECONDS = 10;
const POLL_MILLISECONDS = 10;
const LATE_MILLISECONDS = 500;

/** Keeps what `read` resolves to; it is told how old a reading of somebody else may be, and who asked. */
export function keepFresh<T>(
  read: (
    newerThan: number,
    request: RequestPlatform | undefined,
  ) => Promise<Reading<T>>,
  freshness: Freshness,
  platform: ResolvedPlatform,
): Fresh<T> {
  let current: Reading<T> | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let attemptedAt = -Infinity; // when the last reading began, or ended
  let reading = 0;
  let count = 0;

  const isReading = (): boolean =>
    reading !== 0 && secondsSince(attemptedAt, platform) < ABANDONED_SECONDS;
  /** Whether waiting is in vain: the reading before this one, a pause ago, failed. */
  const isAway = (): boolean =>
    failure !== undefined &&
    secondsSince(failure.at, platform) <
      freshness.staleRetrySeconds + ABANDONED_SECONDS;

  async function start(
    { maxAgeSeconds }: Terms,
    request: RequestPlatform | undefined,
  ): Promise<void> {
    const mine = reading = ++count;
    attemptedAt = platform.now();
    try {
      const newerThan = platform.now() - maxAgeSeconds * 1000;
      const result = await read(newerThan, request);
      if (mine !== count) return; // abandoned, and overtaken by another
      current = result;
      failure = undefined;
    } catch (error) {
      if (mine === count) failure = { error, at: platform.now() };
    } finally {
      if (mine === reading) {
        reading = 0;
        attemptedAt = platform.now();
      }
    }
  }

  function startUnlessTooSoon(
    terms: Terms,
    request: RequestPlatform | undefined,
  ): Promise<void> | undefined {
    // One that was abandoned is taken over at once.
    const isTooSoon = reading === 0 &&
      secondsSince(attemptedAt, platform) < terms.everySeconds;
    if (isReading() || isTooSoon) return;
    const work = start(terms, request);
    keepAlive(work, platform, request);
    return work;
  }

  async function wait(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0 && isReading();) {
      await pause(POLL_MILLISECONDS);
      left -= POLL_MILLISECONDS;
    }
  }

  async function settle(
    terms: Terms,
    request: RequestPlatform | undefined,
  ): Promise<void> {
    await (startUnlessTooSoon(terms, request) ?? wait(Infinity));
    if (reading !== 0) await settle(terms, request); // abandoned: take over
  }

  const { refreshSeconds, maxAgeSeconds } = freshness;
  const first: Terms = {
    everySeconds: freshness.retrySeconds,
    maxAgeSeconds: refreshSeconds,
  };
  const again: Terms = {
    everySeconds: freshness.staleRetrySeconds,
    maxAgeSeconds: refreshSeconds,
  };
  const lastAgeSeconds = maxAgeSeconds + freshness.staleIfErrorSeconds;
  const age = (): number =>
    secondsSince(current?.readAt ?? -Infinity, platform);

  function peek(request?: RequestPlatform): T | undefined {
    if (age() < refreshSeconds) return current?.value;
    if (current === undefined) return undefined;
    startUnlessTooSoon(again, request);
    return age() < maxAgeSeconds || isAway() && age() < lastAgeSeconds
      ? current.value
      : undefined;
  }

  return {
    peek,
    async get(request): Promise<T> {
      const held = peek(request);
      if (held !== undefined) return held;
      if (age() < lastAgeSeconds) await wait(LATE_MILLISECONDS);
      else await settle(first, request);
      if (current !== undefined && age() < lastAgeSeconds) {
        return current.value;
      }
      throw failure?.error ?? new AuthorizationServerError(
        "Cannot tell the age of what was read: the clock was set, or the process stood still",
      );
    },
    async reload(everySeconds, request): Promise<T> {
      await settle({ everySeconds, maxAgeSeconds: everySeconds }, request);
      if (failure !== undefined || current === undefined) throw failure?.error;
      return current.value;
    },
  };
}
