import {
  assert,
  assertEquals,
  assertFalse,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AccessTokenError, AuthorizationServerError } from "../src/errors.ts";
import { protectResource } from "../src/protect_resource.ts";
import {
  callOf,
  METADATA,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";
import { timeout } from "./support/timeout.ts";

const SCOPES = {
  initial: ["notes:read"],
  operations: { "tools/call": { "*": ["notes:read"] } },
};

const caching: readonly [
  why: string,
  own: string | undefined,
  sent: string,
][] = [
  ["it says nothing", undefined, "no-store"],
  [
    "it says that they are the caller's",
    "private, max-age=60",
    "private, max-age=60",
  ],
  [
    "it says for how long, and not for whom",
    "max-age=60",
    "max-age=60, private",
  ],
  [
    "it says that they must be asked for again in the end",
    "max-age=60, must-revalidate",
    "max-age=60, must-revalidate, private",
  ],
  [
    "it says what is no caller's business",
    "no-transform, max-age=60",
    "no-transform, max-age=60, private",
  ],
  [
    "it says that they are everybody's",
    "Public, max-age=60",
    "Public, max-age=60",
  ],
  ["it keeps them from all", "no-store", "no-store"],
  [
    "it streams, as the MCP SDK does",
    "no-cache, no-transform",
    "no-cache, no-transform",
  ],
];

for (const [why, own, sent] of caching) {
  test(
    `protectResource() keeps answers from the caches that callers share: ${why}`,
    { timeout },
    async () => {
      const headers: HeadersInit = own === undefined
        ? {}
        : { "cache-control": own };
      const { handle, issuer } = protect(
        {},
        () => new Response(null, { headers }),
      );
      const response = await handle(post({ token: await issuer.token() }));
      assertEquals(response.headers.get("cache-control"), sent);
    },
  );
}

test(
  "protectResource() leaves the handler's answer as it is",
  { timeout },
  async () => {
    const { handle, issuer } = protect({}, () =>
      new Response("Gone", {
        status: 410,
        statusText: "Gone away",
        headers: {
          "content-type": "text/event-stream",
          "x-accel-buffering": "no",
          "mcp-session-id": "s1",
        },
      }));
    const response = await handle(post({ token: await issuer.token() }));
    assertEquals(response.status, 410);
    assertEquals(response.statusText, "Gone away");
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    assertEquals(response.headers.get("x-accel-buffering"), "no");
    assertEquals(response.headers.get("mcp-session-id"), "s1");
    assertEquals(await response.text(), "Gone");
  },
);

test("protectResource() accepts a response with immutable headers", {
  timeout,
}, async () => {
  const { handle, issuer } = protect(
    {},
    () => Response.redirect("https://notes.example.com/", 307),
  );
  const response = await handle(post({ token: await issuer.token() }));
  assertEquals(response.status, 307);
  assertEquals(response.headers.get("location"), "https://notes.example.com/");
  assertEquals(response.headers.get("cache-control"), "no-store");
});

test(
  "protectResource() streams: the first chunk is there before the second is made",
  { timeout },
  async () => {
    let stream: ReadableStreamDefaultController<Uint8Array>;
    const { handle, issuer } = protect({}, () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start(controller): void {
            stream = controller;
            controller.enqueue(new TextEncoder().encode("first"));
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      ));
    const { body } = await handle(post({ token: await issuer.token() }));
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "first");
    stream!.enqueue(new TextEncoder().encode("second"));
    assertEquals((await reader.read()).value, "second");
    stream!.close();
    assert((await reader.read()).done);
  },
);

test(
  "protectResource() cancels the handler's stream when the client disconnects",
  {
    timeout,
  },
  async () => {
    const gone = Promise.withResolvers<unknown>();
    const { handle, issuer } = protect({}, () =>
      new Response(
        new ReadableStream({ cancel: (reason) => gone.resolve(reason) }),
      ));
    const response = await handle(post({ token: await issuer.token() }));
    await response.body!.cancel("closed");
    assertEquals(await gone.promise, "closed");
  },
);

for (const scopes of [{}, SCOPES]) {
  test(
    `protectResource() hands on the request's signal, where it reads ${
      "operations" in scopes ? "the" : "no"
    } body`,
    { timeout },
    async () => {
      const aborter = new AbortController();
      const { handle, issuer, calls } = protect({ scopes });
      const token = await issuer.token({ scope: "notes:read" });
      const request = post({ token, body: callOf("x") });
      await handle(new Request(request, { signal: aborter.signal }));
      const [handed] = calls[0]!;
      assertFalse(handed.signal.aborted);
      aborter.abort();
      assert(handed.signal.aborted);
    },
  );
}

test("protectResource() lets the handler's own errors through untouched", {
  timeout,
}, async () => {
  const errors = [new Error("bug"), new TypeError("bug"), "thrown", undefined];
  for (const error of errors) {
    for (const isAsync of [false, true]) {
      const { handle, issuer, decisions } = protect({}, () => {
        if (isAsync) return Promise.reject(error);
        throw error;
      });
      const request = post({ token: await issuer.token() });
      const thrown = await Promise.resolve(handle(request))
        .then(() => "nothing", (reason) => reason);
      assertStrictEquals(thrown, error);
      assertEquals(decisions.map(({ outcome }) => outcome), ["accepted"]);
    }
  }
});

test(
  "protectResource() makes a challenge of the AccessTokenError that a handler throws",
  { timeout },
  async () => {
    const { handle, issuer } = protect({}, () => {
      throw new AccessTokenError("insufficient_scope", { scope: ["a", "b"] });
    });
    const response = await handle(post({ token: await issuer.token() }));
    assertEquals(response.status, 403);
    assertEquals(
      response.headers.get("www-authenticate"),
      `Bearer error="insufficient_scope", scope="a b", resource_metadata="${METADATA_URL}", ` +
        'error_description="The operation needs more scope than the access token has"',
    );
  },
);

test(
  "protectResource() makes a 503 of the AuthorizationServerError that a handler throws",
  { timeout },
  async () => {
    const { handle, issuer } = protect({}, () => {
      throw new AuthorizationServerError("down", { retryAfterSeconds: 30 });
    });
    const response = await handle(post({ token: await issuer.token() }));
    assertEquals(response.status, 503);
    assertEquals(response.headers.get("retry-after"), "30");
    assertFalse(response.headers.has("www-authenticate"));
  },
);

/** What a runtime calls a fetch handler with, beside the request; the last is what can wait. */
const platforms: [why: string, (context: object) => object[]][] = [
  ["the context alone", (context) => [context]],
  ["an environment first, as Workers do", (context) => [{ KV: {} }, context]],
];
for (const [why, args] of platforms) {
  test(`protectResource() hands on the runtime's context, given ${why}`, {
    timeout,
  }, async () => {
    const context = { waitUntil: (): void => {} };
    const seen: unknown[] = [];
    const { handle, issuer } = protect({}, (_request, _context, platform) => {
      seen.push(platform);
      return new Response("Hello");
    });
    const request = new Request(RESOURCE, {
      headers: { authorization: `Bearer ${await issuer.token()}` },
    });
    const called = handle as (...args: unknown[]) => Promise<Response>;
    assertEquals((await called(request, ...args(context))).status, 200);
    assert(seen[0] === context);
  });
}

const lasting: [why: string, request: RequestInit][] = [
  ["a request whose body was read", { method: "POST", body: "{}" }],
  ["a request without a body", { method: "DELETE", body: "" }],
];

for (const [why, init] of lasting) {
  test(
    `protectResource() tells the handler of ${why} that the client is gone, whatever was collected since`,
    { timeout },
    async () => {
      const client = new AbortController();
      let aborted = false;
      const { issuer, network } = protect();
      const handle = protectResource(({ signal }) => {
        signal.addEventListener("abort", () => aborted = true);
        return new Response(new ReadableStream());
      }, { metadata: METADATA, scopes: SCOPES, platform: network });
      const request = new Request(RESOURCE, {
        ...init,
        headers: { authorization: `Bearer ${await issuer.token()}` },
        signal: client.signal,
      });
      assertEquals((await handle(request)).status, 200);
      await collectGarbage();
      client.abort();
      assert(aborted);
      assertEquals(request.url, RESOURCE); // what a server holds for as long as the answer lasts
    },
  );
}

/** Collects all garbage, now. */
async function collectGarbage(): Promise<void> {
  const { Bun } = globalThis as { Bun?: { gc(isForced: true): void } };
  setFlagsFromString("--expose-gc"); // V8's, which Bun has not
  const collect = Bun ? () => Bun.gc(true) : runInNewContext("gc");
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve));
  }
}
