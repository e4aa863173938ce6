/**
 * The clock, the network and the shared cache: all that the core takes from its runtime.
 *
 * @module
 */

import { memoizeByObject } from "./memoize.ts";
import { aFunction, mustBe, type OptionShape } from "./option_checks.ts";
import type { RequestContext } from "../types.ts";

/** The clock, the network and the shared cache. Each member has a default; several resources may share one object. */
export interface Runtime {
  /** Default: the runtime's `fetch`. */
  readonly fetch?:
    | ((url: string, init: RequestInit) => Promise<Response>)
    | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** A cache in which the instances of a server share what issuers publish. Default: none. */
  readonly cache?: SharedCache | undefined;
  /** Keeps background work alive if the request's own `waitUntil` does not. Default: does nothing. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** The former name of {@linkcode Runtime}. */
export type Platform = Runtime;

/** The part of the Web's {@link https://w3c.github.io/ServiceWorker/#cache-interface | Cache} that is used. */
export interface SharedCache {
  /** The response that was put for a URL. */
  match(url: string): Promise<Response | undefined>;
  /** Caches a response for as long as its `Cache-Control` says. */
  put(url: string, response: Response): Promise<void>;
}

/** The members of a {@linkcode Runtime}. Other members are allowed: the test network has some. */
export const RUNTIME_SHAPE: OptionShape<Runtime> = {
  members: {
    fetch: aFunction,
    now: aFunction,
    cache: mustBe(
      (value) =>
        typeof (value as SharedCache)?.match === "function" &&
        typeof (value as SharedCache)?.put === "function",
      "give an object with match and put, such as a Cache",
    ),
    waitUntil: aFunction,
  },
  others: "allowed",
};

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

/** Fills in the defaults. Returns the same result for the same object, so that state can be cached by it. */
export function resolvePlatform(
  platform: Runtime = RUNTIME,
): ResolvedRuntime {
  return isComplete(platform) ? platform : completed(platform);
}

function isComplete(platform: Runtime): platform is ResolvedRuntime {
  return platform.fetch !== undefined && platform.now !== undefined;
}

/** How long ago a time was. Infinity for a future time: the clock was set back, and older times mean nothing. */
export function secondsSince(
  time: number,
  platform: ResolvedRuntime,
): number {
  const seconds = (platform.now() - time) / 1000;
  return seconds < 0 ? Infinity : seconds;
}

/** Lets work continue after the response. */
export function keepAlive(
  work: Promise<unknown>,
  platform: ResolvedRuntime,
  context: RequestContext | undefined,
): void {
  if (typeof context?.waitUntil === "function") context.waitUntil(work);
  else platform.waitUntil?.(work);
}

/** Caches one value for each platform and name, of the newest `max` names. */
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
