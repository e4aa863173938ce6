/**
 * Checks of options objects, so that a misspelt member is an error and not a default.
 *
 * @module
 */

import { bareName, nearestName, relatedName } from "./nearest_name.ts";

/**
 * Checks one value. `place` is its name in errors, such as `cors.origins`.
 *
 * @throws {TypeError} If the value cannot be used. The message says what to write.
 */
export type Check = (value: unknown, place: string) => void;

/** What an options object may have as members. */
export interface OptionShape<T> {
  /** A check for each member. A shape that lacks one does not compile. */
  readonly members: { readonly [Member in keyof T]-?: Check };
  /**
   * Whether the object may have other members. Then only misspelt names of known members are rejected. Default: no
   * other members.
   */
  readonly others?: "allowed";
  /** What people write instead of a member, in lower case without separators, and where it belongs. Default: nothing. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** What to write, for the error about a value that is not an object. Default: the first members. */
  readonly example?: string;
}

/**
 * Checks an options object. Every member must be known, and pass its check unless it is `undefined`, which is the same
 * as leaving it out.
 *
 * @throws {TypeError} Naming the member, and the one that was probably meant.
 */
export function checkOptions<T>(
  options: unknown,
  place: string,
  { members, others, otherNames = {}, example }: OptionShape<T>,
): void {
  const checks = members as Readonly<Record<string, Check>>;
  const known = Object.keys(checks);
  if (!isPlainObject(options)) {
    const written = example === undefined
      ? `an object with ${known.slice(0, 4).join(", ")}`
      : `an object, such as ${example}`;
    throw new TypeError(`Cannot use ${place || "options"}: write ${written}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const path = place === "" ? name : `${place}.${name}`;
    if (Object.hasOwn(checks, name)) {
      if (value !== undefined) checks[name]!(value, path);
      continue;
    }
    const near = nearestName(name, known);
    if (others === "allowed" && near === undefined) continue;
    const other = bareName(name);
    const meant = Object.hasOwn(otherNames, other)
      ? otherNames[other]
      : near ?? relatedName(name, known);
    throw new TypeError(
      `Cannot use ${path}: ${
        meant === undefined ? "" : `did you mean ${meant}? `
      }use ${known.join(", ")}`,
    );
  }
}

/** A check that a test passes, or else advises what to write. */
export function mustBe(
  test: (value: unknown) => boolean,
  advice: string,
): Check {
  return (value, place) => {
    // Without the value: it may be a secret in the wrong place.
    if (!test(value)) throw new TypeError(`Cannot use ${place}: ${advice}`);
  };
}

/** Leaves the value to the code that uses it. */
export const anything: Check = () => {};

/** Checks a function. */
export const aFunction: Check = mustBe(
  (value) => typeof value === "function",
  "give a function",
);

/** Checks a string that is not empty. */
export const aString: Check = mustBe(
  isString,
  "write a string that is not empty",
);

/** Checks `true` or `false`. */
export const aBoolean: Check = mustBe(
  (value) => typeof value === "boolean",
  "write true or false",
);

/** Checks a number above zero. */
export const aPositiveNumber: Check = mustBe(
  (value) => typeof value === "number" && value > 0,
  "use a positive number",
);

/** Checks an array of strings that are not empty. */
export const strings: Check = mustBe(
  isStrings,
  'write an array of strings, such as ["a", "b"]',
);

/** Checks a string, or an array of at least one. */
export const oneOrMoreStrings: Check = mustBe(
  (value) => isString(value) || isStrings(value) && value.length > 0,
  "write a string that is not empty, or an array of them",
);

/** Checks one of some values. */
export function oneOf(...values: readonly unknown[]): Check {
  const names = values.map((value) => JSON.stringify(value)).join(" or ");
  return mustBe((value) => values.includes(value), `use ${names}`);
}

/** Passes `null`, and otherwise checks. */
export function orNull(check: Check): Check {
  return (value, place) => value === null ? undefined : check(value, place);
}

/** Checks an options object within another one. */
export function optionsOf<T>(shape: OptionShape<T>): Check {
  return (value, place) => checkOptions(value, place, shape);
}

/** Checks each member of an object whose names are the user's, such as issuers. */
export function eachOf(check: Check): Check {
  return (value, place) => {
    if (!isPlainObject(value)) {
      throw new TypeError(`Cannot use ${place}: write an object`);
    }
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined) check(member, `${place}["${name}"]`);
    }
  };
}

/** Whether a value is an object with named members. */
export function isPlainObject(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an array of strings that are not empty. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

function isString(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
