import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { nearestName, relatedName } from "../../src/runtime/nearest_name.ts";

const KNOWN = [
  "fetch",
  "now",
  "cache",
  "waitUntil",
  "scopes_supported",
  "authorization_servers",
  "origins",
];

/** Names, and the known one that was meant. */
const names: readonly (readonly [
  why: string,
  name: string,
  meant: string | undefined,
])[] = [
  ["a letter replaced", "fetsh", "fetch"],
  ["a letter left out", "fech", "fetch"],
  ["a letter added", "fettch", "fetch"],
  ["two letters swapped", "fecth", "fetch"],
  ["another case", "FETCH", "fetch"],
  ["another case of a short name", "Now", "now"],
  ["a short name is not guessed", "not", undefined],
  ["nor one with a letter more", "noww", undefined],
  ["camel case for snake case", "scopesSupported", "scopes_supported"],
  ["kebab case for snake case", "scopes-supported", "scopes_supported"],
  ["snake case for camel case", "wait_until", "waitUntil"],
  ["a singular", "scope_supported", "scopes_supported"],
  ["two mistakes in a long name", "scope_suported", "scopes_supported"],
  ["both", "authorizationServer", "authorization_servers"],
  ["British spelling", "authorisation_servers", "authorization_servers"],
  ["two mistakes in a short name", "fatsh", undefined],
  ["three in a long one", "skope_suported", undefined],
  ["the members of the test kit's network", "pass", undefined],
  ["an own member", "requests", undefined],
  ["a name of no letters", "___", undefined],
  ["a name that is very long", "fetch".repeat(1000), undefined],
  ["a name of 100 characters", `fetch${"_".repeat(95)}`, "fetch"],
  ["a name of 101 characters", `fetch${"_".repeat(96)}`, undefined],
  ["the known name", "origins", "origins"],
];

for (const [why, name, meant] of names) {
  test(`nearestName() is ${meant} for ${why}`, () => {
    assertEquals(nearestName(name, KNOWN), meant);
  });
}

test("nearestName() prefers the name with fewer mistakes", () => {
  assertEquals(nearestName("abcdefgx", ["abcdefyy", "abcdefgh"]), "abcdefgh");
});

test("relatedName() finds what a name is a part of, or a part of it", () => {
  const known = ["origins", "maxAgeSeconds", "now"];
  assertEquals(relatedName("allowedOrigins", known), "origins");
  assertEquals(relatedName("maxAge", known), "maxAgeSeconds");
  assertEquals(relatedName("nowhere", known), undefined);
  assertEquals(relatedName("max", known), undefined);
});
