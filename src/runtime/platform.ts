/**
 * The one seam to the clock, the network and what a runtime's instances share.
 *
 * @module
 */

import { memoizeByObject } from "./memoize.ts";
import type { RequestContext } from "../types.ts";

/** What the library needs of a runtime. Each member has a default; one object may serve several resources. */
export interface Runtime {
  /** Default: the runtime's `fetch`. */
  readonly fetch?:
    | ((url: string, init: RequestInit) => Promise<Response>)
    | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Where a runtime's instances share what issuers publish. Default: nothing is shared. */
  readonly cache?: SharedCache | undefined;
  /** Keeps work alive that no request waits for, where no request's own `waitUntil` does. Default: nothing. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** The former name of {@linkcode Runtime}. */
export type Platform = Runtime;

/** What is used of the Web's {@link https://w3c.github.io/ServiceWorker/#cache-interface | Cache}. */
export interface SharedCache {
  /** What was put there for a URL. */
  match(url: string): Promise<Response | undefined>;
  /** Keeps a response for as long as its `Cache-Control` says. */
  put(url: string, response: Response): Promise<void>;
}

/** A {@linkcode Runtime} with its defaults filled in. */
export interface ResolvedRuntime extends Runtime {
  readonly fetch: NonNullable<Runtime["fetch"]>;
  readonly now: NonNullable<Runtime["now"]>;
}

const RUNTIME: ResolvedRuntime = {
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
};

const completed = memoizeByObject((platform: Runtime): ResolvedRuntime => ({
  ...platform,
  fetch: platform.fetch ?? RUNTIME.fetch,
  now: platform.now ?? RUNTIME.now,
}));

/** Fills in the defaults. The same object gives the same result, so that state may be kept by it. */
export function resolvePlatform(
  platform: Runtime = RUNTIME,
): ResolvedRuntime {
  return isComplete(platform) ? platform : completed(platform);
}

function isComplete(platform: Runtime): platform is ResolvedRuntime {
  return platform.fetch !== undefined && platform.now !== undefined;
}

/** How long ago a time was. For ever, where it is yet to come: the clock was set back, and nothing of before counts. */
export function secondsSince(
  time: number,
  platform: ResolvedRuntime,
): number {
  const seconds = (platform.now() - time) / 1000;
  return seconds < 0 ? Infinity : seconds;
}

/** Lets work go on after the answer is given. */
export function keepAlive(
  work: Promise<unknown>,
  platform: ResolvedRuntime,
  context: RequestContext | undefined,
): void {
  if (typeof context?.waitUntil === "function") context.waitUntil(work);
  else platform.waitUntil?.(work);
}

/** Holds what is made for a platform and a name, once for all who ask for it; of more than `max` names, the newest. */
export function heldByPlatform<T>(
  max: number,
): (platform: ResolvedRuntime, name: string, make: () => T) => T {
  const valuesFor = memoizeByObject((_platform: ResolvedRuntime) =>
    new Map<string, T>()
  );
  return (platform, name, make) => {
    const values = valuesFor(platform);
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = make();
    values.set(name, value);
    if (values.size > max) values.delete(values.keys().next().value!);
    return value;
  };
}
