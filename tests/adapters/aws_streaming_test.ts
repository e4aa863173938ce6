import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { afterEach, test } from "node:test";
import {
  type LambdaResponseStream,
  type LambdaResultHead,
  type LambdaStreaming,
  type StreamingLambdaOptions,
  toStreamingLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import type { Handler } from "../../src/types.ts";
import { functionUrlEvent, restApiEvent } from "./aws_samples.ts";
import { timeout } from "../support/timeout.ts";

/** What came out of Lambda's stream. As in Lambda, what goes before the body goes out with the first chunk. */
interface Sent {
  head: LambdaResultHead | undefined;
  text: string;
  ended: boolean;
}

/** A client of a function that streams. */
interface Client {
  readonly sent: Sent;
  /** Whether it reads fast enough. */
  fast: boolean;
  /** What happens while a chunk is written. */
  onWrite?: (text: string) => void;
  emit(event: "drain" | "close" | "error"): void;
}

/** Lambda's global, as the client sees it. */
function lambda(client: Client): LambdaStreaming {
  const heads = new WeakMap<LambdaResponseStream, LambdaResultHead>();
  return {
    streamifyResponse: (handler) => (event: unknown) =>
      handler(event, streamTo(client, heads), {}),
    HttpResponseStream: {
      from(stream, head): LambdaResponseStream {
        heads.set(stream, head);
        return stream;
      },
    },
  };
}

function streamTo(
  client: Client,
  heads: WeakMap<LambdaResponseStream, LambdaResultHead>,
): LambdaResponseStream {
  const listeners: [string, () => void][] = [];
  client.emit = (event) => {
    for (const [name, listener] of listeners) if (name === event) listener();
  };
  const stream: LambdaResponseStream = {
    write(chunk): boolean {
      client.sent.head ??= heads.get(stream);
      const text = new TextDecoder().decode(chunk);
      client.sent.text += text;
      client.onWrite?.(text);
      return client.fast;
    },
    end(): void {
      client.sent.ended = true;
    },
    on: (event, listener) => listeners.push([event, listener]),
  };
  return stream;
}

function newClient(): Client {
  return {
    sent: { head: undefined, text: "", ended: false },
    fast: true,
    emit: () => {},
  };
}

function invoke(
  handler: Handler,
  client: Client,
  event: unknown = functionUrlEvent(),
  options?: StreamingLambdaOptions,
): Promise<void> {
  const streaming = toStreamingLambdaHandler(
    handler,
    lambda(client),
    options,
  ) as (event: unknown) => Promise<void>;
  return streaming(event);
}

/** Lets everything go on that waits for nothing. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test(
  "toStreamingLambdaHandler() sends what goes before the body, and the body",
  { timeout },
  async () => {
    const client = newClient();
    await invoke(() => {
      const headers = new Headers({ "content-type": "text/event-stream" });
      headers.append("set-cookie", "a=1");
      return new Response("data: 1\n\n", { status: 201, headers });
    }, client);
    assertEquals(client.sent, {
      head: {
        statusCode: 201,
        headers: { "content-type": "text/event-stream" },
        cookies: ["a=1"],
      },
      text: "data: 1\n\n",
      ended: true,
    });
  },
);

test("toStreamingLambdaHandler() sends the head of an empty answer too", {
  timeout,
}, async () => {
  const client = newClient();
  await invoke(() => new Response(null, { status: 202 }), client);
  assertEquals(client.sent, {
    head: { statusCode: 202, headers: {} },
    text: "",
    ended: true,
  });
});

test(
  "toStreamingLambdaHandler() streams behind a REST API",
  { timeout },
  async () => {
    const client = newClient();
    const headers = { "set-cookie": "a=1" };
    await invoke(() => new Response("x", { headers }), client, restApiEvent());
    assertEquals(client.sent.head?.multiValueHeaders, {
      "set-cookie": ["a=1"],
    });
  },
);

test(
  "toStreamingLambdaHandler() answers an event that is no request with 400",
  { timeout },
  async () => {
    const client = newClient();
    await invoke(() => new Response("reached"), client, {});
    assertEquals(client.sent.head?.statusCode, 400);
  },
);

test("toStreamingLambdaHandler() sends a chunk before the next one is there", {
  timeout,
}, async () => {
  const client = newClient();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const done = invoke(() => new Response(readable), client);
  await writer.write(new TextEncoder().encode("first"));
  await settle();
  assertEquals([client.sent.text, client.sent.ended], ["first", false]);
  await writer.close();
  await done;
  assertEquals(client.sent.ended, true);
});

test("toStreamingLambdaHandler() reads no further than the client does", {
  timeout,
}, async () => {
  const client = newClient();
  client.fast = false;
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller): void {
      pulled++;
      if (pulled > 3) controller.close();
      else controller.enqueue(new TextEncoder().encode(`${pulled}`));
    },
  }, { highWaterMark: 0 });
  const done = invoke(() => new Response(body), client);
  await settle();
  assertEquals([client.sent.text, pulled], ["1", 1]);
  client.emit("drain");
  await settle();
  assertEquals([client.sent.text, pulled], ["12", 2]);
  client.fast = true;
  client.emit("drain");
  await done;
  assertEquals([client.sent.text, client.sent.ended], ["123", true]);
});

for (const event of ["close", "error"] as const) {
  for (const fast of [true, false]) {
    test(
      `toStreamingLambdaHandler() cancels the body on ${event} of a ${
        fast ? "waiting" : "slow"
      } client`,
      async () => {
        const client = newClient();
        client.fast = fast;
        let cancelled = false;
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(Uint8Array.of(97)),
          cancel: () => void (cancelled = true),
        });
        const done = invoke(() => new Response(body), client);
        await settle();
        client.emit(event);
        await done;
        assert(cancelled);
      },
    );
  }
}

test(
  "toStreamingLambdaHandler() fails when the body does, so that Lambda cuts it off",
  { timeout },
  async () => {
    const client = newClient();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Uint8Array.of(97)),
      pull: () => Promise.reject(new RangeError("broken")),
    });
    await assertRejects(
      () => invoke(() => new Response(body), client),
      RangeError,
      "broken",
    );
    assertEquals(client.sent.ended, false);
  },
);

test("toStreamingLambdaHandler() says where it can run", () => {
  assertThrows(
    () => toStreamingLambdaHandler(() => new Response()),
    TypeError,
    "Lambda's Node.js runtime",
  );
});

test(
  "toStreamingLambdaHandler() ends with a client that leaves while a chunk is written",
  { timeout },
  async () => {
    const client = newClient();
    client.fast = false;
    client.onWrite = (text) => {
      if (text !== "") client.emit("close"); // and "drain" will never come
    };
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x")),
      cancel: () => void (cancelled = true),
    });
    await invoke(() => new Response(body), client);
    assert(cancelled);
    assertEquals(client.sent.text, "x");
  },
);

/** The timers that run, and what they do when they elapse. */
function fakeTimers(): Map<number, [milliseconds: number, elapse: () => void]> {
  const running = new Map<number, [number, () => void]>();
  let last = 0;
  globalThis.setTimeout = ((elapse: () => void, milliseconds: number) => {
    running.set(++last, [milliseconds, elapse]);
    return last;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: number) => {
    running.delete(timer);
  }) as unknown as typeof clearTimeout;
  return running;
}

const originals = [globalThis.setTimeout, globalThis.clearTimeout] as const;
afterEach(() => {
  [globalThis.setTimeout, globalThis.clearTimeout] = originals;
});

for (const fast of [true, false]) {
  test(
    `toStreamingLambdaHandler() ends a response that is silent because ${
      fast ? "its body is" : "Lambda accepts nothing"
    }, and cancels the body`,
    async () => {
      const timers = fakeTimers();
      const client = newClient();
      client.fast = fast;
      let cancelled = false;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Uint8Array.of(97)),
        cancel: () => void (cancelled = true),
      });
      const done = invoke(
        () => new Response(body),
        client,
        functionUrlEvent(),
        { silenceSeconds: 60 },
      );
      await settle();
      assertEquals([...timers.values()].map(([after]) => after), [60_000]);
      assertEquals([client.sent.ended, cancelled], [false, false]);
      for (const [, elapse] of timers.values()) elapse();
      await done;
      assertEquals(client.sent, {
        head: { statusCode: 200, headers: {} },
        text: "a",
        ended: true,
      });
      assert(cancelled);
    },
  );
}

test("toStreamingLambdaHandler() measures silence from the last chunk, and leaves no timer behind", async () => {
  const timers = fakeTimers();
  const client = newClient();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const done = invoke(
    () => new Response(readable),
    client,
    functionUrlEvent(),
    { silenceSeconds: 60 },
  );
  await settle();
  const first = [...timers.keys()];
  await writer.write(Uint8Array.of(97));
  await settle();
  assertEquals(timers.size, 1);
  assert(!timers.has(first[0]!));
  await writer.close();
  await done;
  assertEquals([timers.size, client.sent.ended], [0, true]);
});

test("toStreamingLambdaHandler() leaves no timer behind when the body fails", async () => {
  const timers = fakeTimers();
  const body = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new RangeError("broken")),
  });
  await assertRejects(
    () =>
      invoke(() => new Response(body), newClient(), functionUrlEvent(), {
        silenceSeconds: 60,
      }),
    RangeError,
    "broken",
  );
  assertEquals(timers.size, 0);
});

test("toStreamingLambdaHandler() sets no timer unless it is told to", async () => {
  const timers = fakeTimers();
  const client = newClient();
  const body = new ReadableStream<Uint8Array>();
  const done = invoke(() => new Response(body), client);
  await settle();
  assertEquals(timers.size, 0);
  client.emit("close");
  await done;
});

test("toStreamingLambdaHandler() says what to change", () => {
  for (const silenceSeconds of [0, -1, NaN, Infinity, 901, "60", null]) {
    assertThrows(
      () =>
        invoke(
          () => new Response(),
          newClient(),
          {},
          { silenceSeconds } as never,
        ),
      TypeError,
      "Cannot use silenceSeconds",
    );
  }
  assertThrows(
    () =>
      invoke(() => new Response(), newClient(), {}, { silence: 1 } as never),
    TypeError,
    "did you mean silenceSeconds",
  );
});
