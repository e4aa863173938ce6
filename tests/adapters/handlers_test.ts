import { assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  toLambdaHandler,
  toStreamingLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import { serveOptions } from "../../src/adapters/bun.ts";
import { toNodeListener } from "../../src/adapters/node.ts";
import { toRouteHandlers } from "../../src/adapters/vercel.ts";
import type { Handler } from "../../src/types.ts";
import { METADATA } from "../support/protected.ts";

const adapters: readonly (readonly [
  name: string,
  adapt: (handler: Handler) => unknown,
])[] = [
  ["toNodeListener", (handler) => toNodeListener(handler)],
  ["toRouteHandlers", (handler) => toRouteHandlers(handler)],
  ["serveOptions", (handler) => serveOptions(handler, METADATA)],
  ["toLambdaHandler", (handler) => toLambdaHandler(handler)],
  ["toStreamingLambdaHandler", (handler) => toStreamingLambdaHandler(handler)],
];

for (const [name, adapt] of adapters) {
  test(`${name}() refuses a promise of a handler when it is set up, not at the first request`, () => {
    const handler = Promise.resolve(() => new Response());
    assertThrows(
      () => adapt(handler as unknown as Handler),
      TypeError,
      "Cannot use handler: give a function",
    );
  });
}
