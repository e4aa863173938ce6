import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { test } from "node:test";
import { dpop, type DpopOptions } from "../../src/dpop/mod.ts";
import { memoryStore } from "../../src/runtime/store.ts";

const refused: readonly (readonly [
  why: string,
  options: unknown,
  message: string,
])[] = [
  ["no options", undefined, 'mode: "optional"'],
  ["no mode", {}, 'Cannot use mode: use "optional" or "required"'],
  ["another mode", { mode: "on" }, 'use "optional" or "required"'],
  ["mode true", { mode: true }, 'use "optional" or "required"'],
  ["a misspelt member", { mode: "optional", nonces: {} }, "did you mean nonce"],
  ["a member's other name", { mode: "optional", algs: [] }, "algorithms"],
  ["no algorithm", of({ algorithms: [] }), "Cannot use algorithms: list some"],
  ["HS256", of({ algorithms: ["HS256"] }), "list some of RS256"],
  ["none", of({ algorithms: ["ES256", "none"] }), "list some of RS256"],
  ["one algorithm as a string", of({ algorithms: "ES256" }), "list some of"],
  ["an age of 0", of({ maxAgeSeconds: 0 }), "use 1 to 299"],
  ["an age of 300", of({ maxAgeSeconds: 300 }), "use 1 to 299"],
  ["an age that is a string", of({ maxAgeSeconds: "60" }), "use 1 to 299"],
  ["a nonce that is true", of({ nonce: true }), "Cannot use nonce: write"],
  ["a nonce with a secret", of({ nonce: { secret: "x" } }), "secrets"],
  ["no secrets", of({ nonce: { secrets: [] } }), "each of 32 characters"],
  [
    "a short secret",
    of({ nonce: { secrets: ["x".repeat(31)] } }),
    "each of 32",
  ],
  [
    "a secret that is no list",
    of({ nonce: { secrets: "x".repeat(32) } }),
    "list",
  ],
  ["a Map as the store", of({ replay: {} }), "give a store"],
];

for (const [why, options, message] of refused) {
  test(`dpop() cannot be made with ${why}`, () => {
    const error = assertThrows(() => dpop(options as DpopOptions), TypeError);
    assertStringIncludes(error.message, message);
  });
}

test("dpop() keeps secrets out of its errors", () => {
  const secrets = ["a short secret"];
  const error = assertThrows(
    () => dpop({ mode: "optional", nonce: { secrets } }),
    TypeError,
  );
  assertEquals(error.message.includes("a short secret"), false);
});

test("dpop() takes every option, and undefined for each", () => {
  const least = {
    dpop_signing_alg_values_supported: ["ES256", "EdDSA", "Ed25519"],
  };
  assertEquals(
    dpop({
      mode: "optional",
      algorithms: undefined,
      maxAgeSeconds: undefined,
      nonce: undefined,
      replay: undefined,
    }).metadata,
    least,
  );
  dpop({ mode: "optional", nonce: { secrets: undefined } });
  assertEquals(
    dpop({
      mode: "required",
      algorithms: ["ES512"],
      maxAgeSeconds: 299,
      nonce: { secrets: ["x".repeat(32)] },
      replay: memoryStore(),
    }).metadata,
    {
      dpop_signing_alg_values_supported: ["ES512"],
      dpop_bound_access_tokens_required: true,
    },
  );
});

function of(others: object): object {
  return { mode: "optional", ...others };
}
