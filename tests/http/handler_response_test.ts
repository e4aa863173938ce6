import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { toLambdaHandler } from "../../src/adapters/aws_lambda.ts";
import { serveOptions } from "../../src/adapters/bun.ts";
import { toRouteHandlers } from "../../src/adapters/vercel.ts";
import { withCors } from "../../src/http/cors.ts";
import { checkResponse } from "../../src/http/handler_response.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { Handler } from "../../src/types.ts";
import { METADATA, post, protect, RESOURCE } from "../support/protected.ts";

/** What handlers return by mistake, and what their author reads. */
const mistakes: readonly (readonly [
  why: string,
  returned: unknown,
  said: string,
])[] = [
  ["no return statement", undefined, "(undefined): it must return a Response"],
  ["null", null, "(null): it must return a Response"],
  ["a string, as Hono's c.text() takes", "Hello", "(string): it must return"],
  ["an object, as Lambda's functions return", { statusCode: 200 }, "(object)"],
  ["an array", [200, {}, "Hello"], "(object): it must return a Response"],
  ["a handler", () => new Response(), "(function): it must return a Response"],
];

for (const [why, returned, said] of mistakes) {
  test(`checkResponse() says what a handler must return that returned ${why}`, () => {
    assertThrows(
      () => checkResponse(returned as Response, "the handler"),
      TypeError,
      said,
    );
  });
}

test("checkResponse() accepts a Response of another package", () => {
  const other = { status: 200, headers: new Headers(), body: null };
  const response = other as unknown as Response;
  assertEquals(checkResponse(response, "the handler"), response);
});

const nothing = (() => {}) as unknown as Handler;
const request = new Request(RESOURCE);
const elsewhere = new Request("http://localhost:8787/elsewhere");

/** Everything that calls a handler. */
const callers: readonly (readonly [
  what: string,
  handler: string,
  call: () => unknown,
])[] = [
  ["protectResource()", "the handler", async () => {
    const { handle, issuer } = protect({}, nothing);
    return await handle(post({ token: await issuer.token() }));
  }],
  [
    "protectResource()",
    "anonymous",
    () => protect({ anonymous: nothing }).handle(request),
  ],
  [
    "protectResource()",
    "otherwise",
    () => protect({ otherwise: nothing }).handle(elsewhere),
  ],
  ["withCors()", "the handler", () => withCors(nothing)(request)],
  ["toLambdaHandler()", "the handler", () =>
    toLambdaHandler(nothing)({
      version: "2.0",
      rawPath: "/mcp",
      headers: {},
      requestContext: { http: { method: "GET" } },
    })],
  [
    "toRouteHandlers()",
    "the handler",
    () => toRouteHandlers(nothing).GET(request),
  ],
  [
    "serveOptions()",
    "the handler",
    () => serveOptions(nothing, METADATA).fetch(request),
  ],
];

for (const [what, handler, call] of callers) {
  test(`${what} throws where ${handler} returns nothing`, async () => {
    await assertRejects(
      async () => await call(),
      TypeError,
      `${handler} returned (undefined): it must return a Response`,
    );
  });
}

test("protectResource() sends no answer that otherwise did not give", async () => {
  const handle = protectResource(() => new Response("Hello"), {
    metadata: METADATA,
    otherwise: () => new Response("Elsewhere"),
  });
  assertEquals(await (await handle(elsewhere)).text(), "Elsewhere");
});
