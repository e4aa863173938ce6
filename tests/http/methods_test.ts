import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { RequestError } from "../../src/errors.ts";
import { checkMethod } from "../../src/http/methods.ts";
import { post, protect } from "../support/protected.ts";

test("checkMethod() accepts every method that a Request can have", () => {
  for (const method of ["GET", "POST", "DELETE", "PATCH", "TRACER", "XTRACE"]) {
    checkMethod({ method } as Request);
  }
  assertThrows(
    () => checkMethod({ method: "TRACE" } as Request),
    RequestError,
    "method_not_allowed",
  );
});

/** Deno hands these on, and throws where another Request is made with one. */
test("protectResource() answers 405 to what no Request can be made of", async () => {
  for (const scopes of [undefined, { operations: { "tools/call": [] } }]) {
    for (const method of ["TRACE", "trace", "TRACK", "CONNECT"]) {
      const { handle, issuer, calls } = protect({
        anonymous: () => new Response(),
        ...(scopes && { scopes }),
      });
      for (const token of [await issuer.token(), undefined]) {
        const given = Object.defineProperty(
          new Request(post(token === undefined ? {} : { token })),
          "method",
          { value: method },
        );
        const response = await handle(given);
        assertEquals(response.status, 405);
        assertEquals(
          response.headers.get("allow"),
          "GET, POST, DELETE, OPTIONS",
        );
      }
      assertEquals(calls, []);
    }
  }
});

test("protectResource() asks for a token before it tells a method", async () => {
  const { handle } = protect();
  const given = Object.defineProperty(post(), "method", { value: "TRACE" });
  assertEquals((await handle(given)).status, 401);
});
