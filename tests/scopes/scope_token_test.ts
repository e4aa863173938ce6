import { assertThrows } from "@std/assert";
import { test } from "node:test";
import { checkScopes } from "../../src/scopes/scope_token.ts";

test("checkScopes() accepts every character of a scope-token", () => {
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code);
    if (character !== '"' && character !== "\\") checkScopes([character], "x");
  }
});

const notScopes: readonly (readonly [why: string, scope: unknown])[] = [
  ["an empty string", ""],
  ["a space", "a b"],
  ["a quote, which would end a challenge's value", 'a"b'],
  ["a backslash, which would escape its end", "a\\"],
  ["a line break", "a\r\nb"],
  ["a delete character", "a\x7f"],
  ["a letter outside ASCII", "caf\u00e9"],
  ["a number", 1],
  ["null", null],
  ["an array", ["a"]],
];

for (const [why, scope] of notScopes) {
  test(`checkScopes() rejects ${why}`, () => {
    assertThrows(
      () => checkScopes(["a", scope as string], "x"),
      TypeError,
      "in x: use printable ASCII",
    );
  });
}
