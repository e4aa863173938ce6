import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, test } from "node:test";
import { platform, serve } from "../../src/adapters/deno.ts";

type Listener = () => void;

/** What stands in for the `Deno` namespace, on every runtime alike. */
class FakeDeno {
  readonly build: { os: string } = { os: "linux" };
  readonly listeners: Map<string, Set<Listener>> = new Map();
  readonly variables: Map<string, string> = new Map();
  permission: string = "granted";
  options: object | undefined;
  handle: ((request: Request, info: object) => Promise<Response>) | undefined;
  isDown: boolean = false;
  /** Ends {@linkcode shutdown}. */
  finish: () => void = () => {};

  readonly env: object = {
    get: (name: string): string | undefined => {
      assertEquals(this.permission, "granted");
      return this.variables.get(name);
    },
  };
  readonly permissions: object = {
    querySync: () => ({ state: this.permission }),
  };

  readonly serve = (
    options: object,
    handle: NonNullable<FakeDeno["handle"]>,
  ): object => {
    this.options = options;
    this.handle = handle;
    return {
      shutdown: (): Promise<void> => {
        this.isDown = true;
        return new Promise((resolve) => this.finish = resolve);
      },
    };
  };
  readonly addSignalListener = (name: string, listener: Listener): void => {
    if (name === "SIGTERM" && this.build.os === "windows") {
      throw new TypeError("Windows has no SIGTERM");
    }
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
  };
  readonly removeSignalListener = (name: string, listener: Listener): void => {
    this.listeners.get(name)?.delete(listener);
  };

  send(name: string): void {
    for (const listener of this.listeners.get(name) ?? []) listener();
  }
  listening(): string[] {
    return [...this.listeners].filter(([, { size }]) => size > 0)
      .map(([name]) => name).sort();
  }
}

const originals = ["Deno", "caches", "setTimeout"].map((name) =>
  [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
);

function fakeGlobal<T>(name: string, value: T): T {
  Object.defineProperty(globalThis, name, { value, configurable: true });
  return value;
}

afterEach(() => {
  for (const [name, descriptor] of originals) {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, descriptor);
  }
});

const request = new Request("http://localhost/mcp");

test("serve() throws where the handler returns nothing, so that Deno prints it", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  void serve(() => undefined as unknown as Response);
  await assertRejects(
    async () => await deno.handle?.(request, {}),
    TypeError,
    "it must return a Response",
  );
});

test("serve() listens where it is told", () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const onListen = (): void => {};
  void serve(() => new Response(), {
    port: 8787,
    hostname: "localhost",
    onListen,
    graceSeconds: 1,
  });
  assertEquals(deno.options, { port: 8787, hostname: "localhost", onListen });
});

for (const port of [0, 65_535]) {
  test(`serve() takes ${port} for a port`, () => {
    const deno = fakeGlobal("Deno", new FakeDeno());
    void serve(() => new Response(), { port });
    assertEquals(deno.options, { port });
  });
}

test("serve() leaves Deno its defaults", () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  void serve(() => new Response());
  assertEquals(deno.options, {});
});

test("serve() hands the request to the handler, with what Deno gives with it", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const info = {};
  void serve((got, given) => Response.json([got === request, given === info]));
  const response = await deno.handle!(request, info);
  assertEquals(await response.json(), [true, true]);
});

test("serve() refuses what no Request can be made of, as Deno hands it on", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const called: string[] = [];
  void serve(({ method }) => {
    called.push(method);
    return new Response();
  });
  for (const method of ["TRACE", "TRACK", "OPTIONS"]) {
    const given = new Request(request);
    Object.defineProperty(given, "method", { value: method });
    const { status } = await deno.handle!(given, {});
    assertEquals(status, method === "OPTIONS" ? 200 : 400);
  }
  assertEquals(called, ["OPTIONS"]);
});

test("serve() rejects where it cannot listen", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const error = Object.assign(new Error("in use"), { code: "EADDRINUSE" });
  Object.assign(deno, {
    serve: (): never => {
      throw error;
    },
  });
  assertEquals(await assertRejects(() => serve(() => new Response())), error);
  assertEquals(deno.listening(), []);
});

const signals: [why: string, os: string, name: string, all: string[]][] = [
  ["SIGINT", "linux", "SIGINT", ["SIGINT", "SIGTERM"]],
  ["SIGTERM", "linux", "SIGTERM", ["SIGINT", "SIGTERM"]],
  ["SIGINT on Windows, which has no SIGTERM", "windows", "SIGINT", ["SIGINT"]],
];

for (const [why, os, name, all] of signals) {
  test(`serve() shuts down on ${why}, and leaves the next one to Deno`, async () => {
    const deno = fakeGlobal("Deno", new FakeDeno());
    deno.build.os = os;
    const served = serve(() => new Response());
    assertEquals(deno.listening(), all);
    assertEquals(deno.isDown, false);
    deno.send(name);
    await turn();
    assertEquals(deno.isDown, true);
    assertEquals(deno.listening(), []);
    deno.finish();
    await served;
  });
}

test("serve() shuts down when its signal aborts", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const controller = new AbortController();
  const served = serve(() => new Response(), { signal: controller.signal });
  controller.abort();
  await turn();
  assertEquals([deno.isDown, deno.listening()], [true, []]);
  deno.finish();
  await served;
});

test("serve() shuts down at once when its signal has aborted before", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const served = serve(() => new Response(), { signal: AbortSignal.abort() });
  await turn();
  assertEquals([deno.isDown, deno.listening()], [true, []]);
  deno.finish();
  await served;
});

test("serve() ends streams of events after its grace", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  let cancelled = false;
  const events = new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel(): void {
        cancelled = true;
      },
    }),
    { status: 201, headers: { "content-type": "text/event-stream", a: "b" } },
  );
  const served = serve(() => events, { graceSeconds: 0 });
  const { status, headers, body } = await deno.handle!(request, {});
  assertEquals([status, headers.get("a")], [201, "b"]);
  const reader = body!.getReader();
  assertEquals((await reader.read()).value?.length, 1);
  deno.send("SIGTERM");
  assertEquals((await reader.read()).done, true);
  assert(cancelled);
  deno.finish();
  await served;
});

test("serve() waits for a request that never ends no longer than its grace and a second", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const served = serve(() => new Response(), { graceSeconds: 0 });
  deno.send("SIGTERM");
  await served;
  assertEquals(deno.isDown, true);
});

test("serve() ends a stream of events that comes after its grace", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  const events = new Response(new ReadableStream({ cancel: () => cancel() }), {
    headers: { "content-type": "text/event-stream" },
  });
  await serve(() => events, { signal: AbortSignal.abort(), graceSeconds: 0 });
  const { body } = await deno.handle!(request, {});
  assertEquals((await body!.getReader().read()).done, true);
  await cancelled;
});

test("serve() tells a stream of events that the client is gone", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  void serve(() =>
    new Response(new ReadableStream({ cancel: () => cancel() }), {
      headers: { "content-type": "text/event-stream" },
    })
  );
  const { body } = await deno.handle!(request, {});
  await body!.cancel();
  await cancelled;
});

test("serve() fails a stream of events that fails", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const error = new Error("broken");
  void serve(() =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.error(error) }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  const { body } = await deno.handle!(request, {});
  assertEquals(await assertRejects(() => body!.getReader().read()), error);
});

test("serve() leaves other answers as they are", async () => {
  const deno = fakeGlobal("Deno", new FakeDeno());
  const answer = Response.json({});
  void serve(() => answer);
  assert(await deno.handle!(request, {}) === answer);
});

const graces: [
  why: string,
  isDeploy: boolean,
  state: string,
  options: object,
  milliseconds: number,
][] = [
  ["10 seconds by default", false, "granted", {}, 10_000],
  ["3 seconds on Deno Deploy, which kills after 5", true, "granted", {}, 3000],
  ["10 seconds where it may not look", true, "prompt", {}, 10_000],
  [
    "what it is told on Deno Deploy",
    true,
    "granted",
    { graceSeconds: 1 },
    1000,
  ],
  ["no time, if told so", true, "granted", { graceSeconds: 0 }, 0],
];

for (const [why, isDeploy, state, options, milliseconds] of graces) {
  test(`serve() gives running requests ${why}, and a second more`, async () => {
    const deno = fakeGlobal("Deno", new FakeDeno());
    deno.permission = state;
    if (isDeploy) deno.variables.set("DENO_DEPLOYMENT_ID", "a");
    const timers: number[] = [];
    fakeGlobal("setTimeout", (elapsed: () => void, after: number) => {
      timers.push(after);
      elapsed();
    });
    await serve(() => new Response(), {
      signal: AbortSignal.abort(),
      ...options,
    });
    assertEquals(timers, [milliseconds, 1000]);
  });
}

/** Where the platform's cache is used. */
const places: [why: string, isDeploy: boolean, state: string, used: boolean][] =
  [
    ["on Deno Deploy", true, "granted", true],
    ["elsewhere", false, "granted", false],
    ["where it may not look at the environment", true, "prompt", false],
  ];

for (const [why, isDeploy, state, used] of places) {
  test(`platform ${used ? "has" : "has no"} shared cache ${why}`, async () => {
    const deno = fakeGlobal("Deno", new FakeDeno());
    deno.permission = state;
    if (isDeploy) deno.variables.set("DENO_DEPLOYMENT_ID", "a");
    const entries = new Map<string, Response>();
    const opened: string[] = [];
    fakeGlobal("caches", {
      open: (name: string): unknown => {
        opened.push(name);
        return Promise.resolve({
          match: (url: string) => Promise.resolve(entries.get(url)),
          put: (url: string, response: Response) =>
            Promise.resolve(void entries.set(url, response)),
        });
      },
    });
    const url = "https://auth.example.com/jwks";
    await platform.cache!.put(url, new Response("{}"));
    const found = await platform.cache!.match(url);
    assertEquals(await found?.text(), used ? "{}" : undefined);
    assertEquals(opened, used ? ["mcp-auth", "mcp-auth"] : []);
  });
}

/** Lets promises that are settled be heard of. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
