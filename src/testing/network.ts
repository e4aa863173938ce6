/**
 * A simulated network with only the URLs that a test serves, and a clock that only the test moves. Pass it as the
 * `platform` option. It opens no port, and nothing leaves the process.
 *
 * @module
 */

import type { Runtime } from "../runtime/platform.ts";
import { type Answer, answerStatus } from "./answers.ts";

/** A simulated network, and a clock that stands still. Pass it as the `platform` option. */
export interface TestNetwork extends Runtime {
  /** Requests a URL. Answered with 404 if nothing is served there. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The time in milliseconds since 1970. It begins in January 2027. */
  readonly now: () => number;
  /** Records background work, for {@linkcode TestNetwork.idle}. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The requested URLs, in order. */
  readonly requests: readonly string[];
  /** If set, it answers the requests to every URL. Default: `undefined`. */
  outage: Answer | undefined;
  /** How often a URL was requested. */
  count(url: string): number;
  /** Sets the answer of a URL. */
  serve(url: string, answer: Answer): void;
  /** Moves the clock forward by `seconds`, or back if they are negative. */
  pass(seconds: number): void;
  /** Resolves when all background work is done. */
  idle(): Promise<void>;
}

/**
 * Creates a simulated network. {@linkcode testIssuer} creates one unless its `platform` option is set.
 *
 * @example A document of one's own
 * ```ts
 * import { answerJson, testNetwork } from "@gatehouse/mcp-auth/testing";
 *
 * const network = testNetwork();
 * network.serve("https://auth.example.com/jwks", answerJson({ keys: [] }));
 * ```
 */
export function testNetwork(): TestNetwork {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const work: Promise<unknown>[] = [];
  let now = 1_800_000_000_000;
  const network: TestNetwork = {
    async fetch(url, init): Promise<Response> {
      requests.push(url);
      const answer = network.outage ?? answers.get(url) ?? answerStatus(404);
      return await answer(url, init);
    },
    now: () => now,
    waitUntil: (promise) => void work.push(promise),
    requests,
    outage: undefined,
    count: (url) => requests.filter((other) => other === url).length,
    serve: (url, answer) => void answers.set(url, answer),
    pass: (seconds) => void (now += seconds * 1000),
    async idle(): Promise<void> {
      while (work.length > 0) await Promise.allSettled(work.splice(0));
    },
  };
  return network;
}
