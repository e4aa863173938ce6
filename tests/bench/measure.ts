/**
 * Measuring on a machine that is never quiet: all variants in one process, in turns, in another order each round, so
 * that what slows one slows them all. Times are compared round by round; none is a figure of its own.
 *
 * @module
 */
import process from "node:process";

/** Something to be timed, once it was seen to do its work. */
export interface Variant {
  readonly name: string;
  /** Once over. */
  readonly run: () => unknown;
  /** Throws where the work is not done right. */
  readonly check?: () => void | Promise<void>;
  /** What it is compared with. Default: the first variant. */
  readonly base?: string;
}

/** A variant's figures: how many of it go into one of its base, round by round. */
export interface Row {
  readonly name: string;
  readonly ratios: readonly number[];
}

const ROUNDS = 15;
const WARM_ROUNDS = 3;
const BATCH_MILLISECONDS = 25;

/** Times the variants. A ratio over 1 is faster than the base. */
export async function measure(variants: readonly Variant[]): Promise<Row[]> {
  const batches = new Map<Variant, number>();
  for (const variant of variants) {
    await variant.check?.();
    batches.set(variant, await batchOf(variant));
  }
  const times = new Map(
    variants.map((variant) => [variant.name, [] as number[]]),
  );
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    for (let i = 0; i < variants.length; i++) {
      // Forward and back, so that none always comes after the same one, whose garbage it would collect.
      const turn = (i + round + WARM_ROUNDS) % variants.length;
      const variant = variants.at(round % 2 === 0 ? turn : -1 - turn)!;
      const each = await time(variant, batches.get(variant)!);
      if (round >= 0) times.get(variant.name)!.push(each);
    }
  }
  return variants.map(({ name, base = variants[0]!.name }) => ({
    name,
    ratios: times.get(name)!.map((each, i) => times.get(base)![i]! / each),
  }));
}

/** How often a variant runs between two looks at the clock. */
async function batchOf(variant: Variant): Promise<number> {
  let count = 1;
  let each = await time(variant, count);
  while (each * count < BATCH_MILLISECONDS / 4) {
    count *= 4;
    each = await time(variant, count);
  }
  return Math.max(1, Math.round(BATCH_MILLISECONDS / each));
}

async function time({ run }: Variant, count: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - begin) / count;
}

/** Hands the rows of a table to the program that asked for them. */
export function report(rows: readonly Row[]): void {
  process.stdout.write(`${JSON.stringify(rows)}\n`);
}

/**
 * Checks the answer to one request.
 *
 * @throws {Error} If its status is not the one that it should be.
 */
export async function expectStatus(
  status: number,
  answer: Response | Promise<Response>,
): Promise<void> {
  const response = await answer;
  await response.body?.cancel();
  if (response.status !== status) {
    throw new Error(`Cannot compare: ${response.status} and not ${status}`);
  }
}

/** Collects what is not used, and tells what is. */
export async function collector(): Promise<(() => number) | undefined> {
  const { Bun, gc } = globalThis as {
    readonly Bun?: { gc(isSynchronous: boolean): unknown };
    readonly gc?: () => void;
  };
  if (Bun !== undefined) {
    const name = "bun:jsc"; // in a variable, since no other runtime has it
    const { heapSize } = await import(name) as { heapSize(): number };
    return () => {
      Bun.gc(true);
      return heapSize();
    };
  }
  return gc && (() => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  });
}
