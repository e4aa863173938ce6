/**
 * A value from the network, kept fresh: read when first asked for, read again in the background before it ages,
 * kept for a while when it cannot be read, and never asked for more often than its origin can bear.
 *
 * @module
 */

import { AuthorizationServerError } from "../errors.ts";
import {
  keepAlive,
  type ResolvedRuntime,
  secondsSince,
} from "../runtime/platform.ts";
import type { RequestContext } from "../types.ts";
import {
  ABANDONED_SECONDS,
  isUnderWay,
  watch,
  type Work,
} from "./shared_work.ts";

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
  peek(context?: RequestContext): T | undefined;
  /**
   * The value. Waits where there is none, and for at most half a second where there is one that is over age.
   *
   * @throws What reading it threw, if there is none to give.
   */
  get(context?: RequestContext): Promise<T>;
  /**
   * The value, read anew unless that was done less than `everySeconds` ago.
   *
   * @throws What reading it threw, if that was the last thing that happened.
   */
  reload(everySeconds: number, context?: RequestContext): Promise<T>;
}

/** How long a request waits for a value that is late. */
const LATE_MILLISECONDS = 500;

/** Keeps what `read` resolves to; it is told how old a reading of somebody else may be, and who asked. */
export function keepFresh<T>(
  read: (
    newerThan: number,
    context: RequestContext | undefined,
  ) => Promise<Reading<T>>,
  freshness: Freshness,
  platform: ResolvedRuntime,
): Fresh<T> {
  let current: Reading<T> | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let reading: Work | undefined; // the last one

  const { refreshSeconds, maxAgeSeconds, staleRetrySeconds } = freshness;
  const lastAgeSeconds = maxAgeSeconds + freshness.staleIfErrorSeconds;
  const since = (time = -Infinity): number => secondsSince(time, platform);
  const age = (): number => since(current?.readAt);
  /** Whether waiting is in vain: the reading before this one, a pause ago, failed. */
  const isAway = (): boolean =>
    since(failure?.at) < staleRetrySeconds + ABANDONED_SECONDS;

  async function start(
    maxAgeSeconds: number,
    context: RequestContext | undefined,
  ): Promise<void> {
    const mine: Work = reading = { startedAt: platform.now() };
    try {
      const newerThan = mine.startedAt - maxAgeSeconds * 1000;
      const result = await read(newerThan, context);
      if (mine !== reading) return; // abandoned, and overtaken by another
      current = result;
      failure = undefined;
    } catch (error) {
      if (mine === reading) failure = { error, at: platform.now() };
    } finally {
      mine.endedAt = platform.now();
    }
  }

  /** Reads, unless somebody does, or did so less than `everySeconds` ago. One that was abandoned is taken over at once. */
  function startUnlessTooSoon(
    everySeconds: number,
    maxAgeSeconds: number,
    context: RequestContext | undefined,
  ): Promise<void> | undefined {
    if (
      isUnderWay(reading, platform) || since(reading?.endedAt) < everySeconds
    ) {
      return;
    }
    const work = start(maxAgeSeconds, context);
    keepAlive(work, platform, context);
    return work;
  }

  async function settle(
    ...terms: Parameters<typeof startUnlessTooSoon>
  ): Promise<void> {
    await (startUnlessTooSoon(...terms) ?? watch(reading, platform));
    // Abandoned: take over.
    if (reading && reading.endedAt === undefined) await settle(...terms);
  }

  function peek(context?: RequestContext): T | undefined {
    if (age() < refreshSeconds) return current?.value;
    if (current === undefined) return undefined;
    startUnlessTooSoon(staleRetrySeconds, refreshSeconds, context);
    return age() < maxAgeSeconds || isAway() && age() < lastAgeSeconds
      ? current.value
      : undefined;
  }

  return {
    peek,
    async get(context): Promise<T> {
      const held = peek(context);
      if (held !== undefined) return held;
      if (age() < lastAgeSeconds) {
        await watch(reading, platform, LATE_MILLISECONDS);
      } else await settle(freshness.retrySeconds, refreshSeconds, context);
      if (current !== undefined && age() < lastAgeSeconds) {
        return current.value;
      }
      throw failure?.error ?? new AuthorizationServerError(
        "Cannot tell the age of what was read: the clock was set, or the process stood still",
      );
    },
    async reload(everySeconds, context): Promise<T> {
      await settle(everySeconds, everySeconds, context);
      if (failure !== undefined || current === undefined) throw failure?.error;
      return current.value;
    },
  };
}
