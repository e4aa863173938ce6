/**
 * A network in memory, with nothing on it but what is served there, and a clock that moves when it is told to. It is
 * the `platform` of the options: no port is opened and nothing leaves the process.
 *
 * @module
 */

import type { Runtime } from "../runtime/platform.ts";
import { type Answer, answerStatus } from "./answers.ts";

/** A network, and a clock that stands still. Give it as `platform`. */
export interface TestNetwork extends Runtime {
  /** Asks what is served at a URL; 404 where nothing is. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The time in milliseconds since 1970. It begins in January 2027. */
  readonly now: () => number;
  /** Remembers work that goes on in the background, for {@linkcode TestNetwork.idle}. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** The URLs that were asked for, in order. */
  readonly requests: readonly string[];
  /** What every URL answers in place of its own answer, while it is set. */
  outage: Answer | undefined;
  /** How often a URL was asked for. */
  count(url: string): number;
  /** Sets what a URL answers. */
  serve(url: string, answer: Answer): void;
  /** Moves the clock on by some seconds; or back, by a negative number. */
  pass(seconds: number): void;
  /** Resolves when all work in the background is done. */
  idle(): Promise<void>;
}

/**
 * Makes a network for tests. {@linkcode testIssuer} makes its own, unless it is told to join one.
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
