import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  type ReadChallenge,
  readChallenge,
} from "../../../src/doctor/checks/challenges.ts";
import type { ChallengeReading } from "../../../src/doctor/clients/client.ts";

const U = "https://h/m";
const GOOD = `Bearer scope="a b", resource_metadata="${U}"`;
const ALL = { resource_metadata: U, scope: "a b" };

const rows: readonly (readonly [
  why: string,
  reading: ChallengeReading,
  field: string,
  read: ReadChallenge,
])[] = [
  ["a client from before", "not read", GOOD, {}],
  ["quoted values", "quoted, Bearer first", GOOD, ALL],
  ["quoted values", "Bearer first", GOOD, ALL],
  ["quoted values", "any scheme", GOOD, ALL],
  ["quoted values", "Bearer, so spelled", GOOD, ALL],
  ["quoted values", "strict", GOOD, ALL],
  [
    "an unquoted URL",
    "quoted, Bearer first",
    `Bearer resource_metadata=${U}`,
    {},
  ],
  ["an unquoted URL", "Bearer first", `Bearer resource_metadata=${U}`, {
    resource_metadata: U,
  }],
  ["an unquoted URL", "any scheme", `Bearer resource_metadata=${U}`, {
    resource_metadata: U,
  }],
  ["an unquoted URL", "strict", `Bearer resource_metadata=${U}`, {}],
  ["another scheme first", "Bearer first", `DPoP algs="ES256", ${GOOD}`, {}],
  ["another scheme first", "any scheme", `DPoP algs="ES256", ${GOOD}`, ALL],
  ["another scheme first", "strict", `DPoP algs="ES256", ${GOOD}`, ALL],
  ["two spaces", "Bearer first", GOOD.replace(" ", "  "), {}],
  ["two spaces", "strict", GOOD.replace(" ", "  "), ALL],
  ["lower case", "Bearer first", GOOD.replace("Bearer", "bearer"), ALL],
  ["lower case", "Bearer, so spelled", GOOD.replace("Bearer", "bearer"), {}],
  ["the scheme alone", "Bearer first", "Bearer", {}],
  [
    "scope= in a text before the scope",
    "Bearer first",
    'Bearer error_description="scope=x", scope="a"',
    { scope: 'x"' },
  ],
  [
    "scope= in a text before the scope",
    "strict",
    'Bearer error_description="scope=x", scope="a"',
    { error_description: "scope=x", scope: "a" } as ReadChallenge,
  ],
  ["an empty scope", "Bearer first", `Bearer scope="", error="e"`, {
    scope: '""',
    error: "e",
  }],
];

for (const [why, reading, field, read] of rows) {
  test(`readChallenge() reads as "${reading}" does: ${why}`, () => {
    assertEquals({ ...readChallenge(reading, field) }, read);
  });
}
