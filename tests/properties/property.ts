/**
 * Properties: what holds for every input, tried on many.
 *
 * @module
 */

import fc from "fast-check";
import process from "node:process";
import { say } from "../runner/commands.ts";

/** The same inputs on every machine. `FAST_CHECK_SEED` and `FAST_CHECK_RUNS` try others, and more. */
const SEED = Number(process.env["FAST_CHECK_SEED"] ?? 9728);
const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 200);

say(`fast-check: seed ${SEED}, ${RUNS} inputs for each property`);

/**
 * The body of a test that `check` throws at no input. What it throws at is in the error, made small. A property that
 * needs more inputs than others says how many `times` as many.
 */
export function holds<T>(
  inputs: fc.Arbitrary<T>,
  check: (input: T) => void | Promise<void>,
  times = 1,
): () => Promise<void> {
  return async () =>
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => await check(input)),
      { seed: SEED, numRuns: RUNS * times },
    );
}

/** What a function throws, which must be of a class; `undefined` where it throws nothing. */
export async function thrownBy<E extends Error>(
  act: () => unknown,
  // deno-lint-ignore no-explicit-any -- a class is known by what it makes, not by what it is made of
  ErrorClass: abstract new (...args: any[]) => E,
): Promise<E | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof ErrorClass) return error;
    throw error;
  }
}

/** Any text, half a surrogate pair too. fast-check's own takes a second to set up, as its URLs do. */
export const anyText: fc.Arbitrary<string> = fc.array(
  fc.oneof(fc.nat({ max: 0xff }), fc.nat({ max: 0xffff })),
  { maxLength: 6 },
).map((codes) => String.fromCharCode(...codes));

/** Text put together from pieces that mean something to a parser, and from anything else. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: anyText },
  );
  return fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(""));
}
