// @ts-self-types="./mod.d.ts"
// A part of @std/assert 1.x, written over node:assert: see README.md.
import { deepStrictEqual } from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";

export class AssertionError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "AssertionError";
  }
}

export function fail(msg) {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

export function assert(expr, msg = "") {
  if (!expr) throw new AssertionError(msg);
}

export function assertFalse(expr, msg = "") {
  if (expr) throw new AssertionError(msg);
}

export function assertExists(actual, msg) {
  if (actual !== undefined && actual !== null) return;
  refuse(`Expected actual: "${actual}" to not be null or undefined`, msg);
}

export function assertEquals(actual, expected, msg) {
  try {
    deepStrictEqual(comparable(actual), comparable(expected));
  } catch ({ message }) {
    refuse("Values are not equal", msg, afterFirstLine(message));
  }
}

export function assertNotEquals(actual, expected, msg) {
  if (!equal(actual, expected)) return;
  refuse(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}`,
    msg,
  );
}

export function assertStrictEquals(actual, expected, msg) {
  if (Object.is(actual, expected)) return;
  refuse(
    "Values are not strictly equal",
    msg,
    `${inspect(actual)} !== ${inspect(expected)}`,
  );
}

export function assertInstanceOf(actual, expectedType, msg) {
  if (actual instanceof expectedType) return;
  refuse(
    `Expected object to be an instance of "${expectedType.name}" but was ${
      inspect(actual)
    }`,
    msg,
  );
}

export function assertMatch(actual, expected, msg) {
  if (expected.test(actual)) return;
  refuse(`Expected actual: "${actual}" to match: "${expected}"`, msg);
}

export function assertStringIncludes(actual, expected, msg) {
  if (actual.includes(expected)) return;
  refuse(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
}

export function assertArrayIncludes(actual, expected, msg) {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((item) =>
    !items.some((other) => equal(item, other))
  );
  if (missing.length === 0) return;
  refuse(
    `Expected actual: "${inspect(actual)}" to include: "${inspect(expected)}"`,
    msg,
    `missing: ${inspect(missing)}`,
  );
}

export function assertObjectMatch(actual, expected, msg) {
  assertEquals(
    sharedPart(actual, expected),
    sharedPart(expected, expected),
    msg,
  );
}

export function assertThrows(fn, ...expectation) {
  const { ErrorClass, msgIncludes, msg } = thrown(expectation);
  try {
    fn();
  } catch (error) {
    judge(error, ErrorClass, msgIncludes, msg);
    return error;
  }
  refuse("Expected function to throw", msg);
}

export async function assertRejects(fn, ...expectation) {
  const { ErrorClass, msgIncludes, msg } = thrown(expectation);
  let promise;
  try {
    promise = fn();
  } catch {
    promise = undefined; // a function that throws at once has not rejected
  }
  if (typeof promise?.then !== "function") {
    refuse("Function throws when expected to reject", msg);
  }
  try {
    await promise;
  } catch (error) {
    judge(error, ErrorClass, msgIncludes, msg);
    return error;
  }
  refuse("Expected function to reject", msg);
}

/** The arguments after the function: `(msg?)`, or `(ErrorClass, msgIncludes?, msg?)`. */
function thrown([first, msgIncludes, msg]) {
  return typeof first === "function"
    ? { ErrorClass: first, msgIncludes, msg }
    : { msg: first };
}

function judge(error, ErrorClass, msgIncludes, msg) {
  if (ErrorClass === undefined) return;
  if (!(error instanceof Error)) {
    refuse(`A non-Error object was thrown: ${inspect(error)}`, msg);
  }
  if (!(error instanceof ErrorClass)) {
    refuse(
      `Expected error to be instance of "${ErrorClass.name}", but was ${
        inspect(error)
      }`,
      msg,
    );
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    refuse(
      `Expected error message to include "${msgIncludes}", but got "${error.message}"`,
      msg,
    );
  }
}

function refuse(what, msg, detail) {
  throw new AssertionError(
    what + suffix(msg) + (detail === undefined ? "" : `\n${detail}`),
  );
}

function suffix(msg) {
  return msg ? `: ${msg}` : ".";
}

function afterFirstLine(text) {
  return text.slice(text.indexOf("\n") + 1);
}

function equal(a, b) {
  return isDeepStrictEqual(comparable(a), comparable(b));
}

/**
 * A copy in which what the real package takes as equal is the same for node:assert on every runtime:
 * -0 and 0, an object without a prototype and a plain one, a URL (or its query) and another that reads the same.
 */
function comparable(value) {
  if (value === 0) return 0;
  if (value instanceof URL || value instanceof URLSearchParams) {
    return { [value.constructor.name]: String(value) };
  }
  return isPlain(value)
    ? copyOf(value, enumerableKeys(value), (key) => comparable(value[key]))
    : value;
}

/** What `actual` has of the members that `expected` names, all the way down. */
function sharedPart(actual, expected) {
  if (!hasMembers(actual) || !hasMembers(expected)) return actual;
  const keys = Reflect.ownKeys(expected).filter((key) =>
    key !== "length" && Object.hasOwn(actual, key)
  );
  return copyOf(actual, keys, (key) => sharedPart(actual[key], expected[key]));
}

function enumerableKeys(value) {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

function copyOf(value, keys, memberAt) {
  const copy = Array.isArray(value) ? [] : {};
  for (const key of keys) {
    Object.defineProperty(copy, key, {
      value: memberAt(key),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
  return copy;
}

function isPlain(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ||
    prototype === Array.prototype;
}

/** Whether it is compared member by member, and not whole. */
function hasMembers(value) {
  return typeof value === "object" && value !== null &&
    !ArrayBuffer.isView(value) &&
    ![ArrayBuffer, Date, Map, RegExp, Set, URL, URLSearchParams].some((Class) =>
      value instanceof Class
    );
}
