import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { MAX_BODY_BYTES, readForm } from "../../src/bridge/form.ts";

const FORM = "application/x-www-form-urlencoded";

/** Bodies, by their types. */
const bodies: readonly (readonly [
  why: string,
  type: string,
  body: string,
  isForm: boolean,
])[] = [
  ["a form", FORM, "a=b", true],
  ["a form with a charset", `${FORM};charset=UTF-8`, "a=b", true],
  ["a form with a charset after a space", `${FORM} ; charset=x`, "a=b", true],
  ["a form whose type is in upper case", FORM.toUpperCase(), "a=b", true],
  ["a type that ends like a form's", `x-${FORM}`, "a=b", false],
  ["a type that begins like a form's", `${FORM}-x`, "a=b", false],
  ["a form's type as a parameter", `text/plain; x=${FORM}`, "a=b", false],
  ["JSON", "application/json", "{}", false],
  ["a parameter twice", FORM, "a=b&a=b", false],
  ["a form of 16 kB", FORM, `a=${"x".repeat(16_382)}`, true],
  ["a form of one byte more", FORM, `a=${"x".repeat(16_383)}`, false],
];

for (const [why, type, body, isForm] of bodies) {
  test(`readForm() ${isForm ? "reads" : "refuses"} ${why}`, async () => {
    const request = new Request("https://notes.example/token", {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    assertEquals((await readForm(request))?.has("a"), isForm || undefined);
  });
}

test("a form has at most 16,384 bytes", () => {
  assertEquals(MAX_BODY_BYTES, 16_384);
});
