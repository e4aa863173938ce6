/**
 * Questions to a server, each about a key of its own: asked once, however many want to know, few at a time, and
 * seldom while the server fails. Answers are not remembered here.
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
 * Whether the server has vouched for a key before. Who invents keys can fill the lane of the unknown ones, and make
 * the server fail there; those that are known do not notice.
 */
export type Lane = "known" | "unknown";

/** Questions of which those about the same key are one. */
export interface Coalesced<T> {
  /**
   * What `ask` resolves to, or another `ask` about the same key that has not ended.
   *
   * @throws What `ask` threw.
   * @throws {AuthorizationServerError} If too many questions of the lane are open, or failed.
   */
  get(
    key: string,
    lane: Lane,
    ask: () => Promise<T>,
    context?: RequestContext,
  ): Promise<T>;
}

/** How many questions of a lane may be open. */
export const MAX_OPEN = 32;
/** After how many failures in a row, with no answer between them, a lane rests. */
export const MAX_FAILURES = 16;
/** For how long it rests. */
export const REST_SECONDS = 5;

interface Inquiry<T> extends Work {
  readonly lane: Lane;
  /** Gives the answer, or throws what asking threw. */
  outcome?: () => T;
  /** Which one took over, for those who waited for this one. */
  heir?: Inquiry<T>;
}

interface Failures {
  readonly count: number;
  readonly at: number;
  readonly error?: unknown;
}

const NO_FAILURES: Failures = { count: 0, at: -Infinity };

/** Questions to one server. */
export function coalesce<T>(platform: ResolvedRuntime): Coalesced<T> {
  const open = new Map<string, Inquiry<T>>();
  const failures: Record<Lane, Failures> = {
    known: NO_FAILURES,
    unknown: NO_FAILURES,
  };

  /** Those since the last answer or rest. */
  const failuresIn = (lane: Lane): Failures =>
    secondsSince(failures[lane].at, platform) < REST_SECONDS
      ? failures[lane]
      : NO_FAILURES;

  function start(key: string, lane: Lane): Inquiry<T> {
    const { count, at, error } = failuresIn(lane);
    if (count >= MAX_FAILURES) {
      throw new AuthorizationServerError(
        `Cannot ask the authorization server: it failed ${count} times in a row`,
        {
          cause: error,
          retryAfterSeconds: Math.ceil(
            REST_SECONDS - secondsSince(at, platform),
          ),
        },
      );
    }
    for (const [other, inquiry] of open) {
      if (!isUnderWay(inquiry, platform)) open.delete(other);
    }
    const others = [...open.values()].filter((other) => other.lane === lane);
    if (others.length >= MAX_OPEN) {
      throw new AuthorizationServerError(
        `Cannot ask the authorization server: ${MAX_OPEN} questions are open`,
        { retryAfterSeconds: 1 },
      );
    }
    const inquiry = { lane, startedAt: platform.now() };
    open.set(key, inquiry);
    return inquiry;
  }

  async function run(
    key: string,
    inquiry: Inquiry<T>,
    ask: () => Promise<T>,
  ): Promise<void> {
    const { lane } = inquiry;
    try {
      const answer = await ask();
      inquiry.outcome = () => answer;
      failures.known = failures.unknown = NO_FAILURES;
    } catch (error) {
      inquiry.outcome = () => {
        throw error;
      };
      const { count } = failuresIn(lane);
      failures[lane] = { count: count + 1, at: platform.now(), error };
    }
    inquiry.endedAt = platform.now();
    if (open.get(key) === inquiry) open.delete(key); // and not one that took over
  }

  return {
    async get(key, lane, ask, context): Promise<T> {
      let last: Inquiry<T> | undefined;
      for (;;) {
        let inquiry = last?.heir ?? open.get(key);
        if (inquiry !== undefined && isUnderWay(inquiry, platform)) {
          await watch(inquiry, platform);
        } else if (inquiry?.outcome === undefined) {
          const heir = start(key, lane);
          for (const abandoned of [inquiry, last]) {
            if (abandoned !== undefined) abandoned.heir = heir;
          }
          inquiry = heir;
          const work = run(key, inquiry, ask);
          keepAlive(work, platform, context);
          await work;
        }
        if (inquiry.outcome !== undefined) return inquiry.outcome();
        last = inquiry;
      }
    },
  };
}
