import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import { introspectionVerifier } from "../../mod.ts";
import { AccessTokenError } from "../../src/errors.ts";
import {
  editEvents,
  endAt,
  isEventStream,
} from "../../src/http/event_streams.ts";
import { post, protect } from "../support/protected.ts";
import { timeout } from "../support/timeout.ts";

const EVENTS = { "content-type": "text/event-stream" };

/** A stream of events as a handler makes it, and what becomes of it. */
interface Source {
  readonly response: Response;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** What it was cancelled with. */
  readonly cancelled: Promise<unknown>;
  send(text: string): void;
}

function source(headers: Readonly<Record<string, string>> = EVENTS): Source {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: resolve,
  }, { highWaterMark: 0 });
  return {
    response: new Response(body, { headers }),
    controller,
    cancelled: promise,
    send: (text) => controller.enqueue(new TextEncoder().encode(text)),
  };
}

function readerOf(response: Response): ReadableStreamDefaultReader<string> {
  return response.body!.pipeThrough(new TextDecoderStream()).getReader();
}

/** What a timer was asked for. */
interface Timer {
  readonly milliseconds: number;
  isUnref: boolean;
  isCleared: boolean;
  fire(): void;
}

/** Lends a function timers of which each fires when it is told to, in place of the runtime's. */
async function withTimers(
  use: (timers: readonly Timer[]) => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const timers: (Timer & { unref(): void })[] = [];
  Object.assign(globalThis, {
    setTimeout(
      work: (...args: unknown[]) => void,
      milliseconds: number,
      ...args: unknown[]
    ): unknown {
      const timer = {
        milliseconds,
        isUnref: false,
        isCleared: false,
        unref: () => void (timer.isUnref = true),
        fire: () => work(...args),
      };
      timers.push(timer);
      return timer;
    },
    clearTimeout(timer: Timer | undefined): void {
      if (timer !== undefined) timer.isCleared = true;
    },
  });
  try {
    await use(timers);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

const MOST_MILLISECONDS = 2 ** 31 - 1;

test(
  "protectResource() ends a stream with its token: the reader sees a regular end, the handler why",
  { timeout },
  async () => {
    const socket = setInterval(() => {}, 60_000); // keeps the process alive, as one does
    const from = source();
    const { handle, issuer, network } = protect({}, () => from.response);
    const token = await issuer.token();
    network.pass(300 + 30 - 0.02); // 20 ms before its end, clocks' tolerance included
    const reader = readerOf(await handle(post({ token })));
    from.send("data: 1\n\n");
    assertEquals(await reader.read(), { done: false, value: "data: 1\n\n" });
    const rest = reader.read();
    network.pass(1);
    assertEquals(await rest, { done: true, value: undefined });
    const reason = await from.cancelled;
    assert(reason instanceof AccessTokenError);
    assertEquals(reason.reason, "expired");
    clearInterval(socket);
  },
);

test(
  "protectResource() ends it by the clock where the timer was asleep, before what comes next",
  { timeout },
  async () => {
    await withTimers(async () => {
      const from = source();
      const { handle, issuer, network } = protect({}, () => from.response);
      const reader = readerOf(
        await handle(post({ token: await issuer.token() })),
      );
      network.pass(329);
      from.send("data: 1\n\n");
      assertEquals((await reader.read()).value, "data: 1\n\n");
      network.pass(1);
      from.send("data: 2\n\n");
      assert((await reader.read()).done);
      assert(await from.cancelled instanceof AccessTokenError);
    });
  },
);

test(
  "protectResource() keeps what cleans up after an ended stream alive, where the platform can",
  { timeout },
  async () => {
    const from = source();
    const { handle, issuer, network } = protect({}, () => from.response);
    const work: Promise<unknown>[] = [];
    const response = await handle(post({ token: await issuer.token() }), {
      waitUntil: (promise) => void work.push(promise),
    });
    const count = work.length; // keys may be read in the background
    await withTimers(async (timers) => {
      const reader = readerOf(response);
      from.send("data: 1\n\n");
      await reader.read();
      network.pass(330);
      timers[0]!.fire();
      assert((await reader.read()).done);
      assertEquals(work.length, count + 1);
      for (let i = 0; i < 20; i++) await Promise.resolve();
      assertEquals(timers.map((timer) => timer.milliseconds), [330_000, 1000]);
      timers[1]!.fire();
      await work[count];
    });
  },
);

/** When a token expires, and how long a stream is let be before the clock is looked at. */
const expiries: readonly (readonly [
  why: string,
  claims: (now: number) => Record<string, unknown>,
  tolerance: number | undefined,
  milliseconds: number,
])[] = [
  ["in five minutes", () => ({}), undefined, 330_000],
  ["in five minutes, clocks being equal", () => ({}), 0, 300_000],
  ["in half a second", (now) => ({ exp: now + 0.5 }), 0, 500],
  [
    "in a month: longer than a timer can be",
    (now) => ({ exp: now + 30 * 86_400 }),
    0,
    MOST_MILLISECONDS,
  ],
  ["at 1e15", () => ({ exp: 1e15 }), undefined, MOST_MILLISECONDS],
  [
    "at the end of numbers",
    () => ({ exp: Number.MAX_VALUE }),
    undefined,
    MOST_MILLISECONDS,
  ],
];

for (const [why, claims, clockToleranceSeconds, milliseconds] of expiries) {
  test(
    `protectResource() waits ${milliseconds} ms at once for a token that expires ${why}`,
    { timeout },
    async () => {
      const from = source();
      const { handle, issuer, network } = protect({
        ...(clockToleranceSeconds !== undefined && { clockToleranceSeconds }),
      }, () => from.response);
      const token = await issuer.token(claims(network.now() / 1000));
      const response = await handle(post({ token }));
      await withTimers(async (timers) => {
        const reader = readerOf(response);
        from.send("data: 1\n\n");
        await reader.read();
        assertEquals(timers.map((timer) => timer.milliseconds), [milliseconds]);
        assert(timers[0]!.isUnref, "it would keep a process alive");
      });
    },
  );
}

/** What an issuer tells of an opaque token's end, and whether a stream outlives the answer, which is good for a minute. */
const ends: readonly (readonly [
  told: string,
  exp: (now: number) => unknown,
  isLonger: boolean,
])[] = [
  ["its end", (now) => now + 60, false],
  ["no end", () => undefined, true],
];

for (const [told, exp, isLonger] of ends) {
  test(
    `protectResource() ${
      isLonger ? "does not end" : "ends"
    } a stream where the issuer tells ${told}`,
    { timeout },
    async () => {
      await withTimers(async () => {
        const { issuer, network } = protect();
        const { client_id, client_secret } = issuer.client;
        const from = source();
        const { handle } = protect({
          platform: network,
          verifyAccessToken: introspectionVerifier({
            issuer: issuer.issuer,
            client: { client_id, client_secret: client_secret! },
            platform: network,
          }),
        }, () => from.response);
        const token = issuer.opaqueToken({ exp: exp(network.now() / 1000) });
        const reader = readerOf(await handle(post({ token })));
        for (const seconds of [80, 86_400]) {
          network.pass(seconds);
          from.send("data: 1\n\n");
          const { done } = await reader.read();
          assertEquals(done, seconds > 90 && !isLonger);
        }
      });
    },
  );
}

test(
  "endAt() waits on where a timer was too short, and ends no stream before its time",
  { timeout },
  async () => {
    let now = 0;
    const from = source();
    const response = endAt(from.response, 5e9, () => now);
    await withTimers(async (timers) => {
      const reader = readerOf(response);
      from.send("data: 1\n\n");
      await reader.read();
      for (
        const left of [5e9 - MOST_MILLISECONDS, 5e9 - 2 * MOST_MILLISECONDS]
      ) {
        now = 5e9 - left;
        timers.at(-1)!.fire();
        assertEquals(
          timers.at(-1)!.milliseconds,
          Math.min(left, MOST_MILLISECONDS),
        );
      }
      from.send("data: 2\n\n");
      assertEquals((await reader.read()).value, "data: 2\n\n");
      now = 5e9;
      timers.at(-1)!.fire();
      assert((await reader.read()).done);
    });
  },
);

/** How a stream may be over before its time. */
const endings: readonly (readonly [
  why: string,
  end: (from: Source, reader: ReadableStreamDefaultReader) => Promise<unknown>,
])[] = [
  ["the handler ends it", async (from, reader) => {
    from.controller.close();
    assert((await reader.read()).done);
  }],
  ["the handler breaks it", async (from, reader) => {
    from.controller.error(new RangeError("broken"));
    await assertRejects(() => reader.read(), RangeError, "broken");
  }],
  ["the client leaves", async (from, reader) => {
    await reader.cancel("left");
    assertEquals(await from.cancelled, "left");
  }],
  ["the client leaves while it waits", async (from, reader) => {
    const waiting = reader.read();
    await reader.cancel("left");
    assertEquals(await from.cancelled, "left");
    assert((await waiting).done);
  }],
];

for (const [why, end] of endings) {
  test(`endAt() leaves no timer behind when ${why}`, { timeout }, async () => {
    await withTimers(async (timers) => {
      const from = source();
      const response = endAt(from.response, 1000, () => 0);
      const reader = response.body!.getReader();
      from.send("data: 1\n\n");
      await reader.read();
      await end(from, reader);
      assertEquals(timers.map((timer) => timer.isCleared), [true]);
    });
  });
}

test(
  "endAt() sets no timer for a stream that nobody reads",
  { timeout },
  async () => {
    await withTimers(async (timers) => {
      const { body } = endAt(source().response, 1000, () => 0);
      assertEquals(timers.length, 0);
      await body!.cancel();
      assertEquals(timers.length, 0);
    });
  },
);

test(
  "endAt() leaves no timer behind a stream that is over when it is first read",
  { timeout },
  async () => {
    for (const breaks of [false, true]) {
      await withTimers(async (timers) => {
        const from = source();
        if (breaks) from.controller.error(new RangeError("broken"));
        else from.controller.close();
        const reader = endAt(from.response, 1000, () => 0).body!.getReader();
        await reader.read().catch(() => {});
        assertEquals(timers.map((timer) => timer.isCleared), [true]);
      });
    }
  },
);

test(
  "endAt() asks the handler for no more than is read",
  { timeout },
  async () => {
    let made = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(made++)),
    }, { highWaterMark: 0 });
    const given = new Response(body, { headers: EVENTS });
    const reader = endAt(given, 1e9, () => 0).body!.getReader();
    for (const count of [0, 1, 2, 3]) {
      assertEquals(made, count);
      assertEquals((await reader.read()).value, Uint8Array.of(count));
    }
    await reader.cancel();
  },
);

test(
  "endAt() keeps the status and headers of a stream",
  { timeout },
  async () => {
    const { body } = source().response;
    const headers = new Headers({ ...EVENTS, "x-accel-buffering": "no" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const given = new Response(body, {
      status: 207,
      statusText: "So",
      headers,
    });
    const response = endAt(given, 1e9, () => 0);
    assertEquals([response.status, response.statusText], [207, "So"]);
    assertEquals([...response.headers], [...headers]);
    response.headers.set("x-more", "1"); // it can be amended
    await response.body?.cancel();
  },
);

/** What is no stream of events. */
const others: readonly (readonly [why: string, response: () => Response])[] = [
  ["JSON", () => Response.json({})],
  ["a text", () => new Response("data: 1\n\n")],
  [
    "another type that begins alike",
    () =>
      new Response("", { headers: { "content-type": "text/event-streams" } }),
  ],
  [
    "a stream of events without a body",
    () => new Response(null, { headers: EVENTS }),
  ],
  ["nothing", () => new Response(null, { status: 204 })],
];

for (const [why, make] of others) {
  test(`endAt() leaves ${why} as it is`, () => {
    const response = make();
    assertStrictEquals(endAt(response, 0, () => 1), response);
  });
}

/** Field values of Content-Type. */
const types: readonly (readonly [type: string, isStream: boolean])[] = [
  ["text/event-stream", true],
  ["text/event-stream; charset=utf-8", true],
  ["text/event-stream;charset=utf-8", true],
  ["Text/Event-Stream", true],
  ["text/event-stream2", false],
  ["application/json", false],
];

for (const [type, isStream] of types) {
  test(`isEventStream() finds ${type} ${isStream ? "is" : "is not"} one`, () => {
    const headers = { "content-type": type };
    assertEquals(isEventStream(new Response("", { headers })), isStream);
  });
}

/** Edits as the lists do: most stays as it is. */
function edit(data: string): string {
  return data.replaceAll("secret", "-").replaceAll("\n", "+");
}

/** Streams of events, and what becomes of them. */
const streams:
  readonly (readonly [why: string, before: string, after: string])[] = [
    ["an event", "data: secret\n\n", "data: -\n\n"],
    ["an event without the space", "data:secret\n\n", "data: -\n\n"],
    ["an event that has nothing to edit", "data:x\n\n", "data:x\n\n"],
    ["two events", "data: secret\n\ndata: x\n\n", "data: -\n\ndata: x\n\n"],
    [
      "CRLF",
      "data: secret\r\n\r\ndata: x\r\n\r\n",
      "data: -\r\n\r\ndata: x\r\n\r\n",
    ],
    [
      "CR, the last of which may be half a CRLF",
      "data: secret\r\rdata: x\r\r",
      "data: -\r\rdata: x\r\r\n",
    ],
    [
      "mixed ends of lines",
      "data: secret\r\n\ndata: x\n\r\n",
      "data: -\n\ndata: x\n\r\n",
    ],
    ["data of many lines", "data: a\ndata: secret\n\n", "data: a+-\n\n"],
    [
      "id, name and retry, with spaces as they are",
      "id: 1\nevent:message\nretry:  9\ndata: secret\n\n",
      "id: 1\nevent:message\nretry:  9\ndata: -\n\n",
    ],
    ["fields behind the data", "data: secret\nid: 1\n\n", "id: 1\ndata: -\n\n"],
    ["comments", ": secret\n:\n\ndata: x\n\n", ": secret\n:\n\ndata: x\n\n"],
    ["an event that only has an id", "id: 1\ndata:\n\n", "id: 1\ndata:\n\n"],
    [
      "a line that is only the field's name",
      "data\ndata: secret\n\n",
      "data: +-\n\n",
    ],
    [
      "fields that only begin alike",
      "database: secret\n\n",
      "database: secret\n\n",
    ],
    [
      "fields that only end alike",
      "metadata: secret\n\nid: data: secret\n\n",
      "metadata: secret\n\nid: data: secret\n\n",
    ],
    ["a byte order mark", "\ufeffdata: secret\n\n", "data: -\n\n"],
    ["letters of many bytes", "data: süß🦊 secret\n\n", "data: süß🦊 -\n\n"],
    ["data without a space", "data:a secret\n\n", "data: a -\n\n"],
    ["an event that is not ended", "data: x\n\ndata: secret\n", "data: x\n\n"],
    ["a line that is not ended", "data: x\n\ndata: secret", "data: x\n\n"],
  ];

for (const [why, before, after] of streams) {
  test(
    `editEvents() edits ${why}, however it is cut into pieces`,
    { timeout },
    async () => {
      const bytes = new TextEncoder().encode(before);
      const sizes = [
        bytes.length,
        ...Array.from({ length: 9 }, (_, i) => i + 1),
      ];
      for (const size of sizes) {
        const body = new ReadableStream<Uint8Array>({
          start(controller): void {
            for (let at = 0; at < bytes.length; at += size) {
              controller.enqueue(bytes.slice(at, at + size));
            }
            controller.close();
          },
        });
        const response = editEvents(new Response(body), edit);
        assertEquals(await response.text(), after, `in pieces of ${size}`);
      }
    },
  );
}

test(
  "editEvents() sends an event on with its last byte, and a comment with its line's",
  { timeout },
  async () => {
    const from = source();
    const reader = readerOf(editEvents(from.response, edit));
    for (
      const [sent, read] of [
        ["data: secret\n\n", "data: -\n\n"],
        [":\r\n", ":\r\n"],
        ["id: 1\ndata: x\n", "id: 1\n"],
        ["\n", "data: x\n\n"],
        [": a\r: b", ": a\r"],
        ["\r", ""],
        [": c", ": b\r"],
      ] as const
    ) {
      from.send(sent);
      if (read !== "") assertEquals((await reader.read()).value, read);
    }
  },
);

test(
  "editEvents() breaks off where an event is too long, and reads no more of it",
  { timeout },
  async () => {
    const from = source();
    const reader = readerOf(editEvents(from.response, edit));
    const waiting = reader.read();
    const piece = "x".repeat(65_536);
    from.send("data: ");
    for (let i = 0; i < 64; i++) from.send(piece);
    await assertRejects(() => waiting, RangeError);
    assert(await from.cancelled instanceof RangeError);
  },
);

test(
  "editEvents() edits an event of 4 Mi characters, and none of one more",
  { timeout },
  async () => {
    for (const excess of [0, 1]) {
      const length = 4_194_304 + excess - "data: ".length - "secret\n\n".length;
      const event = `data: ${"x".repeat(length)}secret\n\n`;
      const edited = editEvents(new Response(event, { headers: EVENTS }), edit);
      if (excess > 0) await assertRejects(() => edited.text(), RangeError);
      else assertEquals((await edited.text()).slice(-4), "x-\n\n");
    }
  },
);

test(
  "editEvents() takes the time of its length for an event that comes in small pieces",
  { timeout },
  async () => {
    const from = source();
    const reader = readerOf(editEvents(from.response, edit));
    const waiting = reader.read();
    const begin = performance.now();
    from.send("data: ");
    const count = 60_000;
    for (let i = 0; i < count; i++) from.send("x".repeat(64));
    from.send("\n\n");
    assertEquals((await waiting).value?.length, 8 + 64 * count);
    assert(
      performance.now() - begin < 5000,
      "each piece had all of it read again",
    );
  },
);

test(
  "editEvents() tells the handler that the client has left",
  { timeout },
  async () => {
    const from = source();
    const reader = editEvents(from.response, edit).body!.getReader();
    const waiting = reader.read();
    from.send("data: x\n\n");
    await waiting;
    await reader.cancel("left");
    assertEquals(await from.cancelled, "left");
  },
);

test("editEvents() breaks where the handler does", { timeout }, async () => {
  const from = source();
  const reader = editEvents(from.response, edit).body!.getReader();
  from.controller.error(new RangeError("broken"));
  await assertRejects(() => reader.read(), RangeError, "broken");
});

test(
  "protectResource() leaves other answers unwrapped",
  { timeout },
  async () => {
    const given = Response.json({});
    const { handle, issuer } = protect({}, () => given);
    const response = await handle(post({ token: await issuer.token() }));
    assertStrictEquals(response, given);
    assertFalse(isEventStream(response));
  },
);
