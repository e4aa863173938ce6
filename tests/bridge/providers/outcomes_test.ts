import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import * as oauth from "oauth4webapi";
import {
  outcomeOf,
  UpstreamFault,
} from "../../../src/bridge/providers/outcomes.ts";

/** Errors that a provider names, and whether operators see the name: anything else may hold a code or a token. */
const errors: readonly (readonly [
  why: string,
  error: string,
  isShown: boolean,
])[] = [
  ["a code of RFC 6749", "invalid_client", true],
  ["64 characters", "x".repeat(64), true],
  ["65 characters", "x".repeat(65), false],
  ["words before it", "secret: invalid_client", false],
  ["words after it", "invalid_client secret", false],
  ["a line end after it", "invalid_client\n", false],
  ["nothing", "", false],
];

for (const [why, error, isShown] of errors) {
  test(`outcomeOf() ${isShown ? "shows" : "hides"} the error that is ${why}`, async () => {
    const answer = new oauth.ResponseBodyError("The server's message", {
      cause: { error },
      response: new Response(null, { status: 400 }),
    });
    const ask = outcomeOf("Example ID", () => Promise.reject(answer));
    const { cause } = await assertRejects(() => ask(), UpstreamFault);
    assertEquals(
      (cause as Error).message,
      isShown ? `The error is ${error}` : "The server's message",
    );
  });
}
