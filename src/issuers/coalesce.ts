/**
 * Coalesces concurrent lookups of the same key at one server, limits the number of open lookups, and pauses after
 * repeated failures. Results are not cached here.
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
import { isUnderWay, watch, type Work } from "./shared_work.ts";

/**
 * `known`: the server has confirmed the key before. `unknown`: it has not. Each lane has its own limits, so that a
 * client that invents keys cannot block the lookups of known ones.
 */
export type Lane = "known" | "unknown";

/** Lookups at one server. */
export interface Coalesced<T> {
  /**
   * Calls `look`, unless a lookup of the same key is still open; then resolves to the result of that one.
   *
   * @throws What the lookup threw.
   * @throws {AuthorizationServerError} If the lane has too many open lookups, or is paused.
   */
  get(
    key: string,
    lane: Lane,
    look: () => Promise<T>,
    context?: RequestContext,
  ): Promise<T>;
}

/** The maximum number of open lookups in a lane. */
export const MAX_OPEN = 32;
/** The number of consecutive failures that pauses a lane. */
export const MAX_FAILURES = 16;
/** How long a lane is paused after its last failure. */
export const PAUSE_SECONDS = 5;

interface Lookup<T> extends Work {
  readonly lane: Lane;
  /** Returns the result, or throws what the lookup threw. */
  outcome?: () => T;
  /** The lookup that replaced this one when it was abandoned. */
  successor?: Lookup<T>;
}

interface Failures {
  readonly count: number;
  readonly at: number;
  readonly error?: unknown;
}

const NO_FAILURES: Failures = { count: 0, at: -Infinity };

/** Coalesces the lookups at one server. */
export function coalesce<T>(platform: ResolvedRuntime): Coalesced<T> {
  const open = new Map<string, Lookup<T>>();
  const failures: Record<Lane, Failures> = {
    known: NO_FAILURES,
    unknown: NO_FAILURES,
  };

  /** The consecutive failures, or none if the latest is older than a pause. */
  const failuresIn = (lane: Lane): Failures =>
    secondsSince(failures[lane].at, platform) < PAUSE_SECONDS
      ? failures[lane]
      : NO_FAILURES;

  function start(key: string, lane: Lane): Lookup<T> {
    const { count, at, error } = failuresIn(lane);
    if (count >= MAX_FAILURES) {
      throw new AuthorizationServerError(
        `Cannot query the authorization server: it failed ${count} times in a row`,
        {
          cause: error,
          retryAfterSeconds: Math.ceil(
            PAUSE_SECONDS - secondsSince(at, platform),
          ),
        },
      );
    }
    for (const [other, lookup] of open) {
      if (!isUnderWay(lookup, platform)) open.delete(other);
    }
    const others = [...open.values()].filter((other) => other.lane === lane);
    if (others.length >= MAX_OPEN) {
      throw new AuthorizationServerError(
        `Cannot query the authorization server: ${MAX_OPEN} requests are open`,
        { retryAfterSeconds: 1 },
      );
    }
    const lookup = { lane, startedAt: platform.now() };
    open.set(key, lookup);
    return lookup;
  }

  async function run(
    key: string,
    lookup: Lookup<T>,
    look: () => Promise<T>,
  ): Promise<void> {
    const { lane } = lookup;
    try {
      const result = await look();
      lookup.outcome = () => result;
      failures.known = failures.unknown = NO_FAILURES;
    } catch (error) {
      lookup.outcome = () => {
        throw error;
      };
      const { count } = failuresIn(lane);
      failures[lane] = { count: count + 1, at: platform.now(), error };
    }
    lookup.endedAt = platform.now();
    if (open.get(key) === lookup) open.delete(key); // unless another replaced it
  }

  return {
    async get(key, lane, look, context): Promise<T> {
      let last: Lookup<T> | undefined;
      for (;;) {
        let lookup = last?.successor ?? open.get(key);
        if (lookup !== undefined && isUnderWay(lookup, platform)) {
          await watch(lookup, platform);
        } else if (lookup?.outcome === undefined) {
          const successor = start(key, lane);
          for (const abandoned of [lookup, last]) {
            if (abandoned !== undefined) abandoned.successor = successor;
          }
          lookup = successor;
          const work = run(key, lookup, look);
          keepAlive(work, platform, context);
          await work;
        }
        if (lookup.outcome !== undefined) return lookup.outcome();
        last = lookup;
      }
    },
  };
}
