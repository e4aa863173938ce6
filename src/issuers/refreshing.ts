/**
 * A value from the network: read at its first use, refreshed in the background before it is too old, used for a while
 * longer if its origin fails, and never requested more often than its origin can bear.
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

/** How long a value may be used, in seconds. */
export interface Freshness {
  /** From this age on, the value is read again in the background. */
  readonly refreshSeconds: number;
  /** The maximum age while the origin works. */
  readonly maxAgeSeconds: number;
  /** How long after its maximum age the value may be used while the origin fails (RFC 5861 §4). */
  readonly staleIfErrorSeconds: number;
  /** The minimum time between the end of one read and the start of the next, while there is no usable value. */
  readonly retrySeconds: number;
  /** The same minimum while a stale value is used. It can be longer, since no request waits. */
  readonly staleRetrySeconds: number;
}

/** The freshness of an issuer's metadata and keys. */
export const ISSUER_FRESHNESS: Freshness = {
  refreshSeconds: 480,
  maxAgeSeconds: 600,
  staleIfErrorSeconds: 3600,
  retrySeconds: 5,
  staleRetrySeconds: 10,
};

/** A value that was read. */
export interface Reading<T> {
  /** The value. */
  readonly value: T;
  /** When it was read at its origin, perhaps by another instance of the server. In milliseconds since 1970. */
  readonly readAt: number;
}

/** A value that is refreshed. */
export interface Fresh<T> {
  /** The value, if it is within its maximum age, or stale while its origin fails. Does not wait. */
  peek(context?: RequestContext): T | undefined;
  /**
   * The value. Waits if there is none, and at most half a second if it is over its maximum age.
   *
   * @throws What the last read threw, if there is no usable value.
   */
  get(context?: RequestContext): Promise<T>;
  /**
   * The value, read again unless it was read less than `everySeconds` ago.
   *
   * @throws What the last read threw.
   */
  reload(everySeconds: number, context?: RequestContext): Promise<T>;
}

/** How long a request waits for a read in progress while there is a stale value. */
const LATE_MILLISECONDS = 500;

/**
 * Refreshes the value that `read` resolves to. `read` receives a time in milliseconds since 1970: it may resolve to a
 * value that another instance has read, but only after this time.
 */
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
  /**
   * Whether the origin fails: the last read failed, within the time that the next one needs to start and end. An older
   * failure says nothing about the origin now.
   */
  const isFailing = (): boolean =>
    since(failure?.at) < staleRetrySeconds + ABANDONED_SECONDS;

  async function start(
    maxAgeSeconds: number,
    context: RequestContext | undefined,
  ): Promise<void> {
    const mine: Work = reading = { startedAt: platform.now() };
    try {
      const newerThan = mine.startedAt - maxAgeSeconds * 1000;
      const result = await read(newerThan, context);
      if (mine !== reading) return; // abandoned, and replaced by another
      current = result;
      failure = undefined;
    } catch (error) {
      if (mine === reading) failure = { error, at: platform.now() };
    } finally {
      mine.endedAt = platform.now();
    }
  }

  /** Starts a read unless one is in progress, or ended less than `everySeconds` ago. */
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
    // Abandoned: start another.
    if (reading && reading.endedAt === undefined) await settle(...terms);
  }

  function peek(context?: RequestContext): T | undefined {
    if (age() < refreshSeconds) return current?.value;
    if (current === undefined) return undefined;
    startUnlessTooSoon(staleRetrySeconds, refreshSeconds, context);
    return age() < maxAgeSeconds || isFailing() && age() < lastAgeSeconds
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
        "Cannot determine the age of a cached document: the clock was set, or the process was suspended",
      );
    },
    async reload(everySeconds, context): Promise<T> {
      await settle(everySeconds, everySeconds, context);
      if (failure !== undefined || current === undefined) throw failure?.error;
      return current.value;
    },
  };
}
