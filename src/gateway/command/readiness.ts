/**
 * Whether the upstreams answer. They are asked when somebody wants to know, and at most every 5 seconds.
 *
 * @module
 */

import { withTimeout } from "../../runtime/timeout.ts";
import { causeOf } from "../errors.ts";
import { transportOf } from "../transport.ts";

/** What came of asking an upstream: a status, or why there is none. */
export type Answered = number | string;

const PERIOD_MILLISECONDS = 5000;
const TIMEOUT_SECONDS = 5;

/** Asks an upstream for its head, without a caller. Any status is an answer. */
export async function askUpstream(url: string): Promise<Answered> {
  try {
    const response = await withTimeout(
      TIMEOUT_SECONDS,
      (signal) =>
        transportOf().fetch(url, {
          method: "HEAD",
          redirect: "manual",
          headers: { accept: "application/json, text/event-stream" },
          signal,
        }),
    );
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return causeOf(error);
  }
}

/** Whether all upstreams answer. Those who ask while they are being asked wait for the same answer. */
export function readiness(
  upstreams: readonly string[],
  now: () => number = Date.now,
): () => Promise<boolean> {
  let askedAt = -Infinity;
  let answer: Promise<boolean> | undefined;
  return () => {
    if (answer === undefined || now() - askedAt >= PERIOD_MILLISECONDS) {
      askedAt = now();
      answer = Promise.all(upstreams.map(askUpstream))
        .then((answers) => answers.every((each) => typeof each === "number"));
    }
    return answer;
  };
}
