import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { userOf } from "../../../src/bridge/providers/provider.ts";

/** Claims that name a user, or do not. */
const claims: readonly (readonly [
  why: string,
  id: unknown,
  sub: string | undefined,
])[] = [
  ["a string", "U123", "U123"],
  ["a number", 583231, "583231"],
  ["255 characters", "x".repeat(255), "x".repeat(255)],
  ["256 characters", "x".repeat(256), undefined],
  ["an empty string", "", undefined],
  ["a space before it", " U123", undefined],
  ["a line end after it", "U123\n", undefined],
  ["a letter outside ASCII", "Ü123", undefined],
  ["a number that is not exact", 2 ** 53, undefined],
  ["a fraction", 1.5, undefined],
  ["an object", {}, undefined],
  ["nothing", undefined, undefined],
];

for (const [why, id, sub] of claims) {
  test(`userOf() ${sub === undefined ? "refuses" : "reads"} ${why}`, () => {
    const answer = { id } as Parameters<typeof userOf>[0];
    if (sub === undefined) {
      assertThrows(() => userOf(answer, "id"), TypeError, "has no id");
    } else assertEquals(userOf(answer, "id"), { sub, claims: answer });
  });
}
