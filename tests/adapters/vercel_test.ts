import { assertEquals, assertFalse } from "@std/assert";
import { test } from "node:test";
import { toRouteHandlers } from "../../src/adapters/vercel.ts";

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

/** Where work goes on after the answer. */
const platforms: [
  why: string,
  options: boolean,
  context: boolean,
  expected: string | undefined,
][] = [
  ["that was configured", true, false, "options"],
  ["that was configured, before a request's own", true, true, "options"],
  ["of the request", false, true, "context"],
  ["of nobody", false, false, undefined],
];

for (const [why, options, context, expected] of platforms) {
  test(`toRouteHandlers() gives the handler the waitUntil ${why}`, async () => {
    let told: string | undefined;
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
