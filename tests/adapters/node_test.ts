import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "node:test";
import {
  type NodeListenerOptions,
  type NodeRequest,
  type NodeResponse,
  toNodeListener,
} from "../../src/adapters/node.ts";
import type { Handler } from "../../src/types.ts";
import { errorsPrintedBy } from "../support/console.ts";
import { timeout } from "../support/timeout.ts";

const encoder = new TextEncoder();

/** A server of `node:http` that answers with a handler, for as long as a test uses it. */
async function withServer(
  handler: Handler,
  use: (server: TestServer) => Promise<void>,
  options?: NodeListenerOptions,
): Promise<void> {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const server = createServer(
    toNodeListener(handler, options ?? { onError }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await use({ port, origin: `http://127.0.0.1:${port}`, errors });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface TestServer {
  readonly port: number;
  readonly origin: string;
  /** What `onError` was told. */
  readonly errors: readonly unknown[];
}

/** A connection on which bytes are sent as they are. */
interface Wire {
  readonly socket: Socket;
  /** What came until it matched, or until the other side ended. */
  until(pattern: RegExp): Promise<string>;
}

async function wire({ port }: TestServer, text: string): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  let ended = false;
  let wake = (): void => {};
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    received += chunk;
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = true;
    wake();
  });
  await once(socket, "connect");
  socket.write(text, "latin1");
  return {
    socket,
    async until(pattern): Promise<string> {
      while (!pattern.test(received) && !ended) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      return received;
    },
  };
}

/** Sends a request on a connection of its own, and reads to its end. */
async function exchange(server: TestServer, text: string): Promise<string> {
  const { until } = await wire(server, text);
  return await until(/^(?!)/);
}

const CLOSE = "Connection: close\r\n\r\n";
const echoUrl: Handler = (request) => new Response(request.url);

test(
  "toNodeListener() hands on method, URL, fields and body",
  { timeout },
  async () => {
    await withServer(async (request) => {
      const { method, url, headers } = request;
      const body = await request.text();
      return Response.json([method, url, headers.get("x-field"), body]);
    }, async ({ origin }) => {
      const response = await fetch(`${origin}/mcp?a=b`, {
        method: "PATCH",
        headers: { "X-Field": "value" },
        body: "text",
      });
      assertEquals(await response.json(), [
        "PATCH",
        `${origin}/mcp?a=b`,
        "value",
        "text",
      ]);
    });
  },
);

test(
  "toNodeListener() sends status, fields and body",
  { timeout },
  async () => {
    const headers = new Headers({ "x-field": "value" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    await withServer(
      () => new Response("text", { status: 418, headers }),
      async ({ origin }) => {
        const response = await fetch(origin);
        assertEquals(response.status, 418);
        assertEquals(response.headers.get("x-field"), "value");
        assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
        assertEquals(await response.text(), "text");
      },
    );
  },
);

test("toNodeListener() lets the handler see that a field came twice", {
  timeout,
}, async () => {
  await withServer(
    (request) => new Response(request.headers.get("authorization")),
    async (server) => {
      const fields = "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n";
      const answer = await exchange(
        server,
        `GET / HTTP/1.1\r\nHost: h\r\n${fields}${CLOSE}`,
      );
      assertStringIncludes(answer, "Bearer a, Bearer b");
    },
  );
});

/** The URL of a request, or `null` where there is none. */
const targets: [why: string, request: string, url: string | null][] = [
  ["a path", "GET /mcp?a=b HTTP/1.1\r\nHost: h:1", "http://h:1/mcp?a=b"],
  ["an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:1", "http://[::1]:1/"],
  ["two slashes", "GET //mcp HTTP/1.1\r\nHost: h", "http://h//mcp"],
  ["an escaped letter", "GET /%6dcp HTTP/1.1\r\nHost: h", "http://h/%6dcp"],
  ["dot segments", "GET /x/../mcp HTTP/1.1\r\nHost: h", "http://h/mcp"],
  [
    "a whole URL (RFC 9112 §3.2.2)",
    "GET http://other/mcp HTTP/1.1\r\nHost: h",
    "http://other/mcp",
  ],
  ["no Host in HTTP/1.0", "GET /mcp HTTP/1.0\r\nA: b", "http://localhost/mcp"],
  ["another scheme", "GET file:///mcp HTTP/1.1\r\nHost: h", null],
  [
    "a scheme that ends like http",
    "GET evilhttp://h/mcp HTTP/1.1\r\nHost: h",
    null,
  ],
  ["an asterisk", "OPTIONS * HTTP/1.1\r\nHost: h", null],
  ["two hosts", "GET /mcp HTTP/1.1\r\nHost: a\r\nHost: b", null],
  ["an empty Host", "GET /mcp HTTP/1.1\r\nHost: ", null],
  ["a Host that holds a path", "GET /mcp HTTP/1.1\r\nHost: h/x?", null],
  ["a Host that holds a user", "GET /mcp HTTP/1.1\r\nHost: u@h", null],
  [
    "a whole URL whose host is escaped",
    "GET http://h%6f/mcp HTTP/1.1\r\nHost: h",
    null,
  ],
  [
    "a whole URL with a user",
    "GET http://u@other/mcp HTTP/1.1\r\nHost: h",
    null,
  ],
  [
    "a whole URL without a path",
    "GET http://other?a HTTP/1.1\r\nHost: h",
    "http://other/?a",
  ],
  ["a Host with an impossible port", "GET / HTTP/1.1\r\nHost: h:99999", null],
];

for (const [why, request, url] of targets) {
  test(`toNodeListener() ${url === null ? "refuses" : "reads"} ${why}`, {
    timeout,
  }, async () => {
    await withServer(echoUrl, async (server) => {
      const answer = await exchange(server, `${request}\r\n${CLOSE}`);
      if (url === null) assertMatch(answer, /^HTTP\/1\.1 400 /);
      else assertMatch(answer, /^HTTP\/1\.1 200 /);
      const body = answer.split("\r\n\r\n").at(1);
      assert(url === null || body?.split("\r\n").includes(url), answer);
      assertEquals(server.errors, []);
    });
  });
}

test("toNodeListener() reads the target that a mount in Express had before", {
  timeout,
}, async () => {
  const listener = toNodeListener(echoUrl);
  await withListener(
    (req) => Object.assign(req, { originalUrl: req.url, url: "/" }),
    listener,
    async (origin) => {
      const response = await fetch(`${origin}/mcp`);
      assertEquals(await response.text(), `${origin}/mcp`);
    },
  );
});

test(
  "toNodeListener() reads the pseudo-header fields of HTTP/2 as what they are",
  { timeout },
  async () => {
    const listener = toNodeListener((request) =>
      Response.json([request.url, ...request.headers])
    );
    const rawHeaders = [":method", "GET", ":path", "/mcp", "x-field", "value"];
    await withListener(
      (req) =>
        Object.defineProperties(req, {
          rawHeaders: { value: rawHeaders },
          authority: { value: "notes.example.com" },
          socket: { value: { encrypted: true } },
        }),
      listener,
      async (origin) => {
        const response = await fetch(`${origin}/mcp`);
        assertEquals(await response.json(), [
          "https://notes.example.com/mcp",
          ["x-field", "value"],
        ]);
      },
    );
  },
);

/** Lets a test change the request before the listener sees it. */
async function withListener(
  change: (req: IncomingMessage) => IncomingMessage,
  listener: ReturnType<typeof toNodeListener>,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const server = createServer((req, res) => {
    void listener(change(req), res);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("toNodeListener() sends the first piece before the last one is there", {
  timeout,
}, async () => {
  let end = (): void => {};
  await withServer(() =>
    new Response(
      new ReadableStream({
        start(controller): void {
          controller.enqueue(encoder.encode("first"));
          end = () => controller.close();
        },
      }),
    ), async ({ origin }) => {
    const { body } = await fetch(origin);
    const reader = body!.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), "first");
    end();
    assertEquals((await reader.read()).done, true);
  });
});

test(
  "toNodeListener() sends status and fields before the first piece is there",
  { timeout },
  async () => {
    await withServer(
      () => new Response(new ReadableStream()),
      async ({ origin }) => {
        const { status, body } = await fetch(origin);
        assertEquals(status, 200);
        await body?.cancel();
      },
    );
  },
);

test(
  "toNodeListener() waits for a client that reads slowly, and does not wait when it is gone",
  { timeout },
  async () => {
    const pieces = 1000;
    let pulled = 0;
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<
      void
    >();
    await withServer(() =>
      new Response(
        new ReadableStream({
          pull(controller): void {
            if (pulled === pieces) controller.close();
            else controller.enqueue(new Uint8Array(65_536).fill(++pulled));
          },
          cancel: () => cancel(),
        }),
      ), async (server) => {
      const { socket } = await wire(server, `GET / HTTP/1.0\r\n\r\n`);
      socket.pause();
      // No event tells that nothing more happens.
      for (let before = -1; before !== pulled || pulled === 0;) {
        before = pulled;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert(pulled < pieces, `${pulled} of ${pieces} pieces were pulled`);
      socket.destroy();
      await cancelled;
    });
  },
);

test(
  "toNodeListener() tells the handler and the stream that the client is gone",
  { timeout },
  async () => {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<
      void
    >();
    await withServer((request) => {
      request.signal.addEventListener("abort", () => abort());
      const body = new ReadableStream({
        start(controller): void {
          controller.enqueue(encoder.encode("first"));
        },
        cancel: () => cancel(),
      });
      return new Response(body);
    }, async (server) => {
      const { socket, until } = await wire(server, `GET / HTTP/1.0\r\n\r\n`);
      await until(/first/);
      socket.destroy();
      await aborted;
      await cancelled;
      // What would be told is told after that.
      await new Promise((resolve) => setTimeout(resolve, 0));
      assertEquals(server.errors, []);
    });
  },
);

test("toNodeListener() cancels an answer that comes when the client is gone", {
  timeout,
}, async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  await withServer(async ({ signal }) => {
    ask();
    await once(signal, "abort");
    return new Response(new ReadableStream({ cancel: () => cancel() }));
  }, async (server) => {
    const { socket } = await wire(server, `GET / HTTP/1.0\r\n\r\n`);
    await asked;
    socket.destroy();
    await cancelled;
    assertEquals(server.errors, []);
  });
});

test(
  "toNodeListener() does not abort a request that was answered",
  { timeout },
  async () => {
    const signals: AbortSignal[] = [];
    await withServer(({ signal }) => {
      signals.push(signal);
      return new Response("text");
    }, async (server) => {
      await exchange(server, `GET / HTTP/1.1\r\nHost: h\r\n${CLOSE}`);
      await exchange(server, `GET / HTTP/1.1\r\nHost: h\r\n${CLOSE}`);
      assertEquals(signals.map(({ aborted }) => aborted), [false, false]);
    });
  },
);

test(
  "toNodeListener() answers HEAD without a body, and cancels the one there was",
  { timeout },
  async () => {
    let cancelled = 0;
    await withServer(
      () =>
        new Response(new ReadableStream({ cancel: () => void cancelled++ }), {
          headers: { "x-field": "value" },
        }),
      async ({ origin }) => {
        const response = await fetch(origin, { method: "HEAD" });
        assertEquals(response.headers.get("x-field"), "value");
        assertEquals(cancelled, 1);
      },
    );
  },
);

test("toNodeListener() reads nothing of a body before it is asked to", {
  timeout,
}, async () => {
  let asked = 0;
  await withListener(
    (req) =>
      Object.defineProperty(req, Symbol.asyncIterator, {
        value: () => ({
          next: () => Promise.resolve({ done: true, value: asked++ }),
        }),
      }),
    toNodeListener(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const before = asked;
      await request.text();
      return Response.json([before, asked]);
    }),
    async (origin) => {
      const response = await fetch(origin, { method: "POST", body: "a" });
      assertEquals(await response.json(), [0, 1]);
    },
  );
});

const LENGTH = 1_000_000;

test("toNodeListener() lets a handler read while the client writes", {
  timeout,
}, async () => {
  await withServer(async (request) => {
    const reader = request.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Response(value);
  }, async (server) => {
    const { socket, until } = await wire(
      server,
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${LENGTH}\r\n\r\nfirst`,
    );
    assertMatch(await until(/first/), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

const unread: [why: string, handler: Handler][] = [
  ["that nobody reads", () => new Response("one")],
  ["that is cancelled", async ({ body }) => {
    await body!.cancel();
    return new Response("one");
  }],
  ["that is read in part", async ({ body }) => {
    const reader = body!.getReader();
    await reader.read();
    await reader.cancel();
    return new Response("one");
  }],
];

for (const [why, handler] of unread) {
  test(
    `toNodeListener() goes on after a body ${why}`,
    { timeout },
    async () => {
      await withServer(
        (request) =>
          request.method === "POST" ? handler(request) : new Response("two"),
        async (server) => {
          const body = "a".repeat(LENGTH);
          const post =
            `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${LENGTH}\r\n\r\n${body}`;
          const answer = await exchange(
            server,
            `${post}GET / HTTP/1.1\r\nHost: h\r\n${CLOSE}`,
          );
          assertMatch(answer, /one[^]*two/);
        },
      );
    },
  );
}

test("toNodeListener() fails the body that a client leaves unfinished", {
  timeout,
}, async () => {
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
  await withServer(async (request) => {
    await request.text().catch(() => fail());
    return new Response(null);
  }, async (server) => {
    const { socket } = await wire(
      server,
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
    );
    setTimeout(() => socket.destroy(), 10);
    await failed;
  });
});

const failures: [why: string, handler: Handler][] = [
  ["throws", () => {
    throw new Error("secret");
  }],
  ["rejects", () => Promise.reject(new Error("secret"))],
  ["answers nothing", () => undefined as unknown as Response],
  ["answers with a body that is in use", () => {
    const response = new Response("secret");
    response.body?.getReader();
    return response;
  }],
];

for (const [why, handler] of failures) {
  test(`toNodeListener() answers 500 without a word where the handler ${why}`, {
    timeout,
  }, async () => {
    await withServer(handler, async (server) => {
      const { status, ...rest } = await fetch(server.origin);
      void rest;
      assertEquals(status, 500);
      assertEquals(server.errors.length, 1);
    });
  });
}

/** What is printed where a handler throws, by the option. */
const prints: [why: string, options: NodeListenerOptions, printed: string[]][] =
  [
    ["without onError", {}, ["Error: a secret"]],
    ["with onError: undefined", { onError: undefined }, ["Error: a secret"]],
    ["with onError: null", { onError: null }, []],
    ["with a function as onError", { onError: () => {} }, []],
  ];

for (const [why, options, expected] of prints) {
  test(
    `toNodeListener() ${
      expected.length === 0 ? "prints nothing" : "prints what the handler threw"
    } ${why}`,
    async () => {
      const printed = await errorsPrintedBy(() =>
        withServer(
          () => Promise.reject(new Error("a secret")),
          async ({ origin }) => {
            const response = await fetch(origin);
            assertEquals([response.status, await response.text()], [500, ""]);
          },
          options,
        )
      );
      assertEquals(printed.map(String), expected);
    },
  );
}

test(
  "toNodeListener() prints nothing where a request is malformed or its client leaves",
  { timeout },
  async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const printed = await errorsPrintedBy(() =>
      withServer((request) => {
        request.signal.addEventListener("abort", () => leave());
        return new Promise((_, reject) => left.then(() => reject(new Error())));
      }, async (server) => {
        await exchange(server, `GET / HTTP/1.1\r\nHost: a b\r\n${CLOSE}`);
        const { socket } = await wire(
          server,
          "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        );
        setTimeout(() => socket.destroy(), 10);
        await left;
      }, {})
    );
    assertEquals(printed, []);
  },
);

test(
  "toNodeListener() breaks off the answer whose body breaks",
  { timeout },
  async () => {
    let pulled = 0;
    await withServer(() =>
      new Response(
        new ReadableStream({
          pull(controller): void {
            if (pulled++ === 0) controller.enqueue(encoder.encode("first"));
            else controller.error(new Error("secret"));
          },
        }, { highWaterMark: 0 }),
      ), async (server) => {
      const answer = await exchange(
        server,
        `GET / HTTP/1.1\r\nHost: h\r\n\r\n`,
      );
      assert(!answer.endsWith("0\r\n\r\n"), answer);
      assertEquals(server.errors.map(String), ["Error: secret"]);
    });
  },
);

test(
  "toNodeListener() cancels an answer of which a piece is written when the client is gone",
  { timeout },
  async () => {
    const listeners = new Map<string, () => void>();
    const res: NodeResponse = {
      statusCode: 200,
      headersSent: true,
      writableEnded: false,
      setHeader: () => {},
      flushHeaders: () => {},
      end: () => {},
      destroy: () => {},
      on: (event, listener) => void listeners.set(event, listener),
      write(): boolean {
        listeners.get("close")?.(); // in this moment; "drain" will never come
        return false;
      },
    };
    const req: NodeRequest = {
      method: "GET",
      url: "/",
      rawHeaders: ["Host", "localhost"],
      socket: {},
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {},
    };
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encoder.encode("piece")),
      cancel: () => void (cancelled = true),
    });
    await toNodeListener(() => new Response(body))(req, res);
    assert(cancelled);
  },
);
