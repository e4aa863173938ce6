/**
 * The runtime's timers by the clock of a network in memory, so that a test of a wait waits for nothing, and knows to
 * the millisecond how long it would have been.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers";
import type { TestNetwork } from "../../src/testing/mod.ts";

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** What work resolved to, and how long it took by the clock. */
export interface Timed<T> {
  readonly value: T;
  readonly seconds: number;
  /** How many timers were left running. */
  readonly timers: number;
}

/** A jump over more than this might cut off what is going on: it is made when nothing has gone on for a while. */
const SHORT_MILLISECONDS = 20;
const QUIET_MILLISECONDS = 1;

/** After that, nothing will end the work. */
const DEAD_MILLISECONDS = 3000;

/** The longest test waits for a fifth as many timers. Work that waits for more will not end. */
const MAX_TIMERS = 20_000;

/** Signature checks go on outside of the event loop; a jump before they end would count as their time. */
const SLOW = ["generateKey", "importKey", "sign", "verify"] as const;

/**
 * Does work with `setTimeout` by the network's clock, which jumps to the next timer when there is nothing else to do.
 * Not for two works at once. Work that waits for more than 20,000 timers fails.
 */
export async function byTheClock<T>(
  network: TestNetwork,
  work: () => Promise<T>,
): Promise<Timed<T>> {
  const timers = new Set<Timer>();
  const begun = network.now();
  let busy = 0;
  let fired = 0;
  const restore = [
    replace(globalThis, "setTimeout", (run: () => void, delay = 0) => {
      const timer = { due: network.now() + delay, run };
      timers.add(timer);
      return timer;
    }),
    replace(globalThis, "clearTimeout", (timer: Timer) => {
      timers.delete(timer);
    }),
    ...SLOW.map((name) => {
      const original = crypto.subtle[name] as (
        ...args: unknown[]
      ) => Promise<unknown>;
      return replace(crypto.subtle, name, async (...args: unknown[]) => {
        busy++;
        try {
          return await original.apply(crypto.subtle, args);
        } finally {
          busy--;
        }
      });
    }),
  ];
  let isDone = false;
  const result = work().finally(() => isDone = true);
  result.catch(() => {}); // its caller is told below
  while (!isDone) {
    await turn();
    if (isDone || busy > 0) continue;
    const next = earliest(timers);
    const jump = (next?.due ?? Infinity) - network.now();
    const quiet = jump > SHORT_MILLISECONDS ? QUIET_MILLISECONDS : 0;
    if (!await isQuiet(quiet, () => isDone || busy > 0)) continue;
    if (next === undefined) {
      const isNew = (): boolean => isDone || busy > 0 || timers.size > 0;
      if (!await isQuiet(DEAD_MILLISECONDS, isNew)) continue;
      for (const undo of restore) undo();
      throw new Error("Nothing is left that the work could wait for");
    }
    if (++fired > MAX_TIMERS) {
      for (const undo of restore) undo();
      throw new Error(`The work waited for ${MAX_TIMERS} timers, without end`);
    }
    timers.delete(next);
    network.pass(Math.max(0, jump) / 1000);
    next.run();
  }
  const seconds = (network.now() - begun) / 1000;
  for (const undo of restore) undo();
  return { value: await result, seconds, timers: timers.size };
}

function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  return [...timers].reduce<Timer | undefined>(
    (first, timer) => first && first.due <= timer.due ? first : timer,
    undefined,
  );
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

async function isQuiet(
  milliseconds: number,
  isDisturbed: () => boolean,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await turn();
    if (isDisturbed()) return false;
  }
  return true;
}

/** Puts a member in place of an object's own, until it is undone. */
function replace<T extends object>(
  object: T,
  name: keyof T,
  value: unknown,
): () => void {
  const original = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    writable: true,
  });
  return () => {
    if (original === undefined) delete object[name];
    else Object.defineProperty(object, name, original);
  };
}
