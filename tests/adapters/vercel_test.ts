import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { afterEach, test } from "node:test";
import {
  type RouteHandlersOptions,
  toRouteHandlers,
} from "../../src/adapters/vercel.ts";
import { errorsPrintedBy } from "../support/console.ts";

const URL = "https://notes.example.com/mcp";

const methods = [
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
] as const;

test("toRouteHandlers() has every method that a route can export", () => {
  const routes = toRouteHandlers(() => new Response());
  assertEquals(Object.keys(routes), [...methods]);
});

for (const method of methods) {
  test(`toRouteHandlers() hands ${method} to the handler`, async () => {
    const routes = toRouteHandlers(async (request) =>
      Response.json([
        request.url,
        request.method,
        request.headers.get("x-field"),
        await request.text(),
      ])
    );
    const body = /^(?:GET|HEAD)$/.test(method) ? "" : "text";
    const response = await routes[method](
      new Request(URL, {
        method,
        headers: { "x-field": "value" },
        ...(body !== "" && { body }),
      }),
    );
    assertEquals(await response.json(), [URL, method, "value", body]);
  });
}

test("toRouteHandlers() gives the handler a Request of which another can be made, where Next.js has a Proxy", async () => {
  const { POST } = toRouteHandlers(async (request) =>
    new Response(await new Request(request, { body: "copy" }).text())
  );
  const request = new Proxy(new Request(URL, { method: "POST", body: "a" }), {
    get(target, name): unknown {
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  assertEquals(await (await POST(request)).text(), "copy");
});

test("toRouteHandlers() hands on an abort", async () => {
  const controller = new AbortController();
  const { GET } = toRouteHandlers(({ signal }) => {
    assertFalse(signal.aborted);
    controller.abort();
    return Response.json(signal.aborted);
  });
  const response = await GET(new Request(URL, { signal: controller.signal }));
  assertEquals(await response.json(), true);
});

const work = Promise.resolve();

const REQUEST_CONTEXT = Symbol.for("@vercel/request-context");
const holder = globalThis as { [REQUEST_CONTEXT]?: unknown };

/** Where work goes on after the answer. */
const platforms: [
  why: string,
  options: boolean,
  context: boolean,
  vercel: boolean,
  expected: string | undefined,
][] = [
  ["that was configured", true, false, true, "options"],
  ["that was configured, before a request's own", true, true, true, "options"],
  ["of the request", false, true, true, "context"],
  ["of Vercel, in its Node.js runtime", false, false, true, "vercel"],
  ["of nobody", false, false, false, undefined],
];

afterEach(() => {
  delete holder[REQUEST_CONTEXT];
});

for (const [why, options, context, vercel, expected] of platforms) {
  test(`toRouteHandlers() gives the handler the waitUntil ${why}`, async () => {
    let told: string | undefined;
    if (vercel) {
      // As on Vercel, whose functions find the context of their own request.
      holder[REQUEST_CONTEXT] = {
        get: () => ({ waitUntil: () => void (told = "vercel") }),
      };
    }
    const { GET } = toRouteHandlers((_request, platform) => {
      platform?.waitUntil?.(work);
      return new Response();
    }, options ? { waitUntil: () => void (told = "options") } : {});
    // Next.js gives the parameters of the route.
    await GET(
      new Request(URL),
      context
        ? { waitUntil: () => void (told = "context") }
        : { params: work } as object,
    );
    assertEquals(told, expected);
  });
}

const broken: readonly (readonly [why: string, holder: unknown])[] = [
  ["there is none", undefined],
  ["null", null],
  ["no get()", {}],
  ["no context", { get: (): unknown => undefined }],
  ["no waitUntil", { get: (): unknown => ({}) }],
  ["another waitUntil", { get: (): unknown => ({ waitUntil: 1 }) }],
];
for (const [why, value] of broken) {
  test(`toRouteHandlers() works without Vercel's context: ${why}`, async () => {
    holder[REQUEST_CONTEXT] = value;
    const { GET } = toRouteHandlers((_request, platform) =>
      Response.json(platform?.waitUntil === undefined)
    );
    assertEquals(await (await GET(new Request(URL))).json(), true);
  });
}

/** Who learns of an error. */
const errors: readonly (readonly [
  why: string,
  options: RouteHandlersOptions,
  context: object | undefined,
  told: readonly string[],
])[] = [
  ["without a context, as on Vercel's Node.js", {}, undefined, ["console"]],
  ["in Next.js, which prints it itself", {}, { params: work }, []],
  ["where onError is null", { onError: null }, undefined, []],
];
for (const [why, options, context, told] of errors) {
  test(`toRouteHandlers() throws what a handler throws, and prints it or not: ${why}`, async () => {
    const { GET } = toRouteHandlers(() => {
      throw new RangeError("why");
    }, options);
    const printed = await errorsPrintedBy(async () => {
      const answer = (): Promise<Response> => GET(new Request(URL), context);
      await assertRejects(answer, RangeError, "why");
    });
    assertEquals(printed.map(() => "console"), [...told]);
    for (const error of printed) assertInstanceOf(error, RangeError);
  });
}

test("toRouteHandlers() tells onError what a handler throws or returns, and prints nothing", async () => {
  const told: unknown[] = [];
  const onError = (error: unknown): void => void told.push(error);
  const { GET, POST } = toRouteHandlers((request) => {
    if (request.method === "GET") throw new RangeError("why");
    return undefined as never;
  }, { onError });
  const printed = await errorsPrintedBy(async () => {
    const context = { params: work } as object;
    await assertRejects(() => GET(new Request(URL), context));
    await assertRejects(() => POST(new Request(URL, { method: "POST" })));
  });
  assertEquals(printed, []);
  assertEquals(told.length, 2);
  assertInstanceOf(told[0], RangeError);
  assertInstanceOf(told[1], TypeError);
});

test("toRouteHandlers() says what to change in onError", () => {
  assertThrows(
    () => toRouteHandlers(() => new Response(), { onError: "x" } as never),
    TypeError,
    "onError",
  );
});
