/**
 * Checks of options objects. A misspelt member is an error; if it were ignored, the default would apply unnoticed.
 *
 * @module
 */

import { bareName, nearestName, relatedName } from "./nearest_name.ts";

/**
 * Checks one value. Errors name it by `place`, such as `cors.origins`.
 *
 * @throws {TypeError} If the value cannot be used. The message says how to write it.
 */
export type Check = (value: unknown, place: string) => void;

/** The members that an options object may have, and their checks. */
export interface OptionShape<T> {
  /** A check for each member. A shape that lacks one does not compile. */
  readonly members: { readonly [Member in keyof T]-?: Check };
  /**
   * Whether the object may have other members. Then only misspelt names of known members are rejected. Default: no
   * other members.
   */
  readonly others?: "allowed";
  /** Common wrong names, in lower case without separators, and what to write instead. Default: none. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** An example for the error about a value that is not an object. Default: the names of the first members. */
  readonly example?: string;
}

/**
 * Checks an options object. Unknown members are rejected, unless the shape allows others. Known members have to pass
 * their checks; `undefined` means the same as leaving a member out.
 *
 * @throws {TypeError} If a member is unknown or fails its check. The message names it, and suggests a known member if
 *   the name looks misspelt.
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

/** Creates a check from a test. If the test fails, the error contains the advice. */
export function mustBe(
  test: (value: unknown) => boolean,
  advice: string,
): Check {
  return (value, place) => {
    // The error omits the value, which may be a misplaced secret.
    if (!test(value)) throw new TypeError(`Cannot use ${place}: ${advice}`);
  };
}

/** Accepts every value, for members that are checked where they are used. */
export const anything: Check = () => {};

/** Accepts only a function. */
export const aFunction: Check = mustBe(
  (value) => typeof value === "function",
  "give a function",
);

/** Accepts only a string that is not empty. */
export const aString: Check = mustBe(
  isString,
  "write a string that is not empty",
);

/** Accepts only `true` and `false`. */
export const aBoolean: Check = mustBe(
  (value) => typeof value === "boolean",
  "write true or false",
);

/** Accepts only a number above zero. */
export const aPositiveNumber: Check = mustBe(
  (value) => typeof value === "number" && value > 0,
  "use a positive number",
);

/** Accepts only an array of strings that are not empty. */
export const strings: Check = mustBe(
  isStrings,
  'write an array of strings, such as ["a", "b"]',
);

/** Accepts only a string that is not empty, or a non-empty array of such strings. */
export const oneOrMoreStrings: Check = mustBe(
  (value) => isString(value) || isStrings(value) && value.length > 0,
  "write a string that is not empty, or an array of them",
);

/** Creates a check that accepts only the given values. */
export function oneOf(...values: readonly unknown[]): Check {
  const names = values.map((value) => JSON.stringify(value)).join(" or ");
  return mustBe((value) => values.includes(value), `use ${names}`);
}

/** Creates a check that also accepts `null`. */
export function orNull(check: Check): Check {
  return (value, place) => value === null ? undefined : check(value, place);
}

/** Creates the check of an options object that is a member of another one. */
export function optionsOf<T>(shape: OptionShape<T>): Check {
  return (value, place) => checkOptions(value, place, shape);
}

/** Creates a check of every member of an object with arbitrary member names, such as `issuers`. */
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
