import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { checkOptions } from "../../src/runtime/option_checks.ts";
import {
  heldByPlatform,
  keepAlive,
  resolvePlatform,
  RUNTIME_SHAPE,
  secondsSince,
} from "../../src/runtime/platform.ts";

/** What a clock says, in milliseconds, and how long ago the fifth second was. */
const clocks: readonly (readonly [why: string, now: number, ago: number])[] = [
  ["later", 7500, 2.5],
  ["the same moment", 5000, 0],
  ["a clock that was set back, by which everything is too old", 4999, Infinity],
];

for (const [why, now, ago] of clocks) {
  test(`secondsSince() is ${ago} for ${why}`, () => {
    const platform = resolvePlatform({ now: () => now });
    assertEquals(secondsSince(5000, platform), ago);
  });
}

test("heldByPlatform() holds as many values as it may, and drops the oldest for one more", () => {
  const held = heldByPlatform<object>(2);
  const platform = resolvePlatform();
  const value = (name: string): object => held(platform, name, () => ({}));
  const [a, b] = [value("a"), value("b")];
  assertStrictEquals(value("a"), a);
  value("c");
  assertStrictEquals(value("b"), b);
  assert(value("a") !== a);
});

test("heldByPlatform() holds a value of its own for each platform", () => {
  const held = heldByPlatform<object>(1);
  const [a, b] = [{ now: () => 0 }, { now: () => 0 }].map((given) =>
    held(resolvePlatform(given), "name", () => ({}))
  );
  assert(a !== b);
});

test("keepAlive() is the request's concern, or else the platform's", () => {
  const kept: string[] = [];
  const by = (name: string): { waitUntil(): void } => ({
    waitUntil: () => void kept.push(name),
  });
  const platform = resolvePlatform(by("platform"));
  const work = Promise.resolve();
  keepAlive(work, platform, by("request"));
  keepAlive(work, platform, {});
  keepAlive(work, platform, undefined);
  keepAlive(work, resolvePlatform(), undefined);
  assertEquals(kept, ["request", "platform", "platform"]);
});

for (const member of ["match", "put"]) {
  test(`a Runtime is rejected whose cache has only ${member}`, () => {
    const cache = { [member]: () => Promise.resolve() };
    const error = assertThrows(
      () => checkOptions({ cache }, "platform", RUNTIME_SHAPE),
      TypeError,
    );
    assertMatch(error.message, /match and put/);
  });
}
