import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { decodeEscapes } from "../../src/http/escapes.ts";

const decoded:
  readonly (readonly [why: string, text: string, decoded: string])[] = [
    ["no escape", "/mcp", "/mcp"],
    ["an escape in capitals", "/%4D%2F", "/M/"],
    ["an escape in lower case", "/%6d%2f", "/m/"],
    ["an escape of an escape", "%252e", "."],
    ["an escape of an escape of an escape", "%25252e", "."],
    ["an escaped digit of an escape", "%%32e", "."],
    ["an escape of which both digits are escaped", "%%32%65", "."],
    ["two bytes of one character", "%C3%A9", "é"],
    ["bytes that are no character", "%ff", "\ufffd"],
    ["a character outside ASCII, not escaped", "é%2f", "é/"],
    ["half an escape", "%2", "%2"],
    ["no hexadecimal digits", "%zz%2g%g2", "%zz%2g%g2"],
    ["percent signs alone", "%%%", "%%%"],
  ];

for (const [why, text, expected] of decoded) {
  test(`decodeEscapes() decodes ${why}`, () => {
    assertEquals(decodeEscapes(text), expected);
  });
}

test("decodeEscapes() takes linear time for escapes of escapes", () => {
  // In quadratic time: 10^12 steps.
  assertEquals(decodeEscapes(`%${"25".repeat(1_000_000)}2e`), ".");
});
