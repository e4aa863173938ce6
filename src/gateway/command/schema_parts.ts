/**
 * The parts of a schema whose errors say what to write instead.
 *
 * @module
 */

import * as z from "zod/mini";

/** What to write instead of a value that cannot be used. */
type Advice = string;

/** A string that is not empty. */
export function text(advice: Advice, description: string): z.ZodMiniString {
  return z.string(advice).check(
    z.minLength(1, advice),
    z.describe(description),
  );
}

/** A number above 0, and at most a maximum if there is one. */
export function positive(
  description: string,
  maximum?: number,
): z.ZodMiniNumber {
  const advice = maximum === undefined
    ? "write a positive number"
    : `write a number above 0, at most ${maximum}`;
  return z.number(advice).check(
    z.positive(advice),
    ...(maximum === undefined ? [] : [z.lte(maximum, advice)]),
    z.describe(description),
  );
}

/** An array. */
export function list<T extends z.ZodMiniType>(
  of: T,
  advice: Advice,
  description: string,
): z.ZodMiniArray<T> {
  return z.array(of, advice).check(z.describe(description));
}

/** An object whose other members are refused: a rule that is misspelt would let everyone in. */
export function members<T extends Readonly<Record<string, z.ZodMiniType>>>(
  shape: T,
  description: string,
): z.ZodMiniObject<T, z.core.$strict> {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `no such name, use ${names}`
        : `write an object of ${names}`,
  }).check(z.describe(description));
}

/** An object with any names. */
export function byName<T extends z.ZodMiniType>(
  of: T,
  description: string,
): z.ZodMiniRecord<z.ZodMiniString, T> {
  return z.record(z.string(), of, "write an object").check(
    z.describe(description),
  );
}

/** What is wrong with a value. */
export interface Issue {
  /** Where: `scopes.required`, for one. */
  readonly place: string;
  /** What to write instead. */
  readonly advice: string;
}

/** The first thing that is wrong with a value. */
export function firstIssue({ issues: [first] }: z.core.$ZodError): Issue {
  const keys = first?.code === "unrecognized_keys"
    ? first.keys.slice(0, 1)
    : [];
  return {
    place: [...first?.path ?? [], ...keys].map(written).join("")
      .replace(/^\./, ""),
    advice: first?.message ?? "it cannot be used",
  };
}

function written(key: PropertyKey): string {
  return typeof key === "string" && /^[\w$]+$/.test(key)
    ? `.${key}`
    : `[${JSON.stringify(typeof key === "symbol" ? String(key) : key)}]`;
}
