import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { after, test } from "node:test";
import {
  type ForwardOptions,
  forwardTo,
  type UpstreamError,
} from "../../src/gateway/mod.ts";
import { errorsPrintedBy } from "../support/console.ts";
import { gate } from "./gated.ts";
import {
  type Answer,
  EVENTS,
  piece,
  type RawUpstream,
  rawUpstream,
  response,
  valueOf,
} from "./raw_upstream.ts";

const upstreams: RawUpstream[] = [];
after(() => {
  for (const upstream of upstreams) upstream.close();
});

async function start(answer?: Answer): Promise<RawUpstream> {
  const upstream = await rawUpstream(answer);
  upstreams.push(upstream);
  return upstream;
}

test("forwardTo() passes on method, what is below the resource, query, headers and body", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url);
  const answer = await ask({
    below: "/a%20b?x=1&x=2",
    headers: { accept: "application/json, text/event-stream", "x-custom": "y" },
    body: '{"jsonrpc":"2.0",  "id":1,"method":"ping"}',
  });
  assertEquals(answer.status, 200);
  assertEquals(await answer.text(), "{}");
  const [{ method, target, headers, body } = { headers: [] }] = upstream
    .requests as [typeof upstream.requests[0]?];
  assertEquals(
    { method, target, body },
    {
      method: "POST",
      target: "/mcp/a%20b?x=1&x=2",
      body: '{"jsonrpc":"2.0",  "id":1,"method":"ping"}',
    },
  );
  assertEquals(valueOf(headers, "x-custom"), "y");
  assertEquals(
    valueOf(headers, "accept"),
    "application/json, text/event-stream",
  );
});

test("forwardTo() keeps the token, and says at which name the client knows the resource", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url);
  await ask({
    headers: {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "http",
      "x-forwarded-for": "10.0.0.1",
      forwarded: "for=10.0.0.1",
    },
    requestContext: { remoteAddr: { hostname: "::ffff:192.0.2.7" } } as object,
  });
  const [{ headers } = { headers: [] }] = upstream.requests;
  const of = (name: string): string | undefined => valueOf(headers, name);
  assertEquals(of("authorization"), undefined);
  assertEquals(of("host"), new URL(upstream.url).host);
  assertEquals(of("x-forwarded-host"), "notes.example.com");
  assertEquals(of("x-forwarded-proto"), "https");
  assertEquals(of("x-forwarded-for"), "192.0.2.7");
  assertEquals(
    of("forwarded"),
    'for=192.0.2.7;host="notes.example.com";proto=https',
  );
});

/** How a kept connection ends under the second request on it. */
const ENDINGS: readonly (readonly [why: string, end: Answer])[] = [
  ["closes", (_received, socket) => void socket.end()],
  ["resets", (_received, socket) => void socket.resetAndDestroy()],
];
const BODIES: readonly (readonly [why: string, body: unknown])[] = [
  ["a message", { jsonrpc: "2.0", id: 1, method: "tools/call" }],
  ["nothing", ""],
];

for (const [ending, end] of ENDINGS) {
  for (const [what, body] of BODIES) {
    for (const operations of [undefined, { "*": ["a"] }]) {
      if (operations !== undefined && body === "") continue;
      const how = operations === undefined ? "streamed" : "judged";
      test(`forwardTo() sends a POST of ${what}, ${how}, once, when the upstream ${ending} the kept connection`, async () => {
        const upstream = await start((received, socket) =>
          received.nth === 1
            ? void socket.write(response("{}"))
            : end(received, socket)
        );
        const { ask } = await gate(
          upstream.url,
          {},
          operations && { scopes: { operations } },
        );
        const claims = { scope: "a" };
        const statuses: number[] = [];
        for (const below of ["?1", "?2", "?3", "?4"]) {
          const answer = await ask({ below, body, claims });
          await answer.text();
          statuses.push(answer.status);
        }
        const targets = upstream.requests.map(({ target }) => target);
        assertEquals(targets, ["/mcp?1", "/mcp?2", "/mcp?3", "/mcp?4"]);
        assertEquals(statuses, [200, 502, 200, 502]);
      });
    }
  }
}

test("forwardTo() uses a connection again", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url);
  for (let i = 0; i < 3; i++) await (await ask()).text();
  assertEquals(upstream.requests.map(({ connection }) => connection), [
    1,
    1,
    1,
  ]);
});

/** What an upstream may answer instead of a response, and what the client and the log get. */
const FAULTS: readonly (readonly [
  why: string,
  status: number,
  reason: UpstreamError["reason"],
  answer: Answer,
])[] = [
  ["does not answer", 504, "timeout", () => {}],
  [
    "closes the connection",
    502,
    "unreachable",
    (_received, socket) => void socket.end(),
  ],
  [
    "answers with garbage",
    502,
    "unreachable",
    (_received, socket) => void socket.end("GARBAGE\r\n\r\n"),
  ],
  [
    "asks for credentials",
    502,
    "unauthorized",
    (_received, socket) =>
      void socket.write(
        response("secret", {
          status: "401 Unauthorized",
          headers: ['WWW-Authenticate: Bearer realm="upstream"'],
        }),
      ),
  ],
  ...[300, 301, 302, 303, 307, 308].map((status) =>
    [
      `redirects with ${status}`,
      502,
      "redirect",
      (_r, socket) =>
        void socket.write(response("", {
          status: `${status} Elsewhere`,
          headers: ["Location: http://internal.example/mcp/?key=secret"],
        })),
    ] as const satisfies readonly [unknown, unknown, unknown, Answer]
  ),
  [
    "answers 600",
    502,
    "invalid_response",
    (_received, socket) =>
      void socket.write(response("", { status: "600 Odd" })),
  ],
];

for (const [why, status, reason, answer] of FAULTS) {
  test(`forwardTo() answers ${status} when the upstream ${why}, and goes on`, async () => {
    const errors: UpstreamError[] = [];
    let isMended = false;
    const upstream = await start((received, socket) =>
      isMended ? void socket.write(response("{}")) : answer(received, socket)
    );
    const { ask } = await gate(upstream.url, {
      timeoutSeconds: 0.2,
      onError: (error) => void errors.push(error),
    });
    const refused = await ask();
    assertEquals(refused.status, status);
    assertEquals(refused.headers.get("www-authenticate"), null);
    assertEquals(refused.headers.get("location"), null);
    const body = await refused.json();
    assertEquals(body.jsonrpc, "2.0");
    assertEquals(body.error.code, -32603);
    assertEquals(JSON.stringify(body).includes("secret"), false);
    assertEquals(errors.map((error) => error.reason), [reason]);
    assertEquals(errors[0]?.message.includes("secret"), false);
    isMended = true;
    const { status: then } = await ask();
    assertEquals(then, 200);
  });
}

test("forwardTo() answers 502 when the upstream asks for a proxy's credentials", async () => {
  const upstream = await start((_received, socket) =>
    void socket.write(response("", { status: "407 Proxy" }))
  );
  const { ask } = await gate(upstream.url);
  assertEquals((await ask()).status, 502);
});

test("forwardTo() answers 502 while nobody listens at the upstream's address", async () => {
  const upstream = await start();
  upstream.close();
  const errors: UpstreamError[] = [];
  const { ask } = await gate(upstream.url, {
    onError: (error) => void errors.push(error),
  });
  const { status } = await ask({ below: "?q=private" });
  assertEquals(status, 502);
  assertEquals(errors.map(({ reason }) => reason), ["unreachable"]);
  assertMatch(errors[0]!.message, /^Cannot reach the upstream: ./);
  assertEquals(errors[0]!.message.includes("private"), false);
});

for (
  const [why, status] of [
    ["a failure", 500],
    ["a busy server", 503],
    ["a refusal", 403],
    ["an unknown session", 404],
  ] as const
) {
  test(`forwardTo() passes on ${why} of the upstream's, but no challenge`, async () => {
    const upstream = await start((_received, socket) =>
      void socket.write(response("no", {
        status: `${status} No`,
        headers: ["WWW-Authenticate: Basic", "Retry-After: 7"],
      }))
    );
    const { ask } = await gate(upstream.url);
    const answer = await ask();
    assertEquals(answer.status, status);
    assertEquals(await answer.text(), "no");
    assertEquals(answer.headers.get("www-authenticate"), null);
    assertEquals(answer.headers.get("retry-after"), "7");
  });
}

test("forwardTo() hands on the head of a stream before its first event, and events as they come", async () => {
  let socketOf: import("node:net").Socket | undefined;
  const upstream = await start((_received, socket) => {
    socket.write(EVENTS);
    socketOf = socket;
  });
  const { ask } = await gate(upstream.url);
  const answer = await ask();
  assertEquals(answer.headers.get("content-type"), "text/event-stream");
  const reader = answer.body!.getReader();
  const read = async (): Promise<string> => {
    const { value } = await reader.read();
    const text = new TextDecoder().decode(value);
    return text === ":\n\n" ? await read() : text; // Bun's
  };
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    socketOf!.write(piece(event));
    assertEquals(await read(), event);
  }
  await reader.cancel();
  await upstream.closed(1);
});

for (
  const [why, head] of [
    ["a stream of events", EVENTS + piece("data: 1\n\n")],
    [
      "a document in chunks",
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n',
    ],
    [
      "a document of a known length",
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a',
    ],
  ] as const
) {
  for (const [ending, end] of ENDINGS) {
    test(`forwardTo() breaks off ${why} where the upstream ${ending} it`, async () => {
      const errors: UpstreamError[] = [];
      const upstream = await start((received, socket) => {
        socket.write(head, () => end(received, socket));
      });
      const { ask } = await gate(upstream.url, {
        onError: (error) => void errors.push(error),
      });
      const result = await ask().then((answer) => answer.text())
        .then(() => "whole", () => "cut");
      assertEquals(result, "cut");
      if (why !== "a document of a known length") {
        assertEquals(errors.map(({ reason }) => reason), ["cut_response"]);
      }
    });
  }
}

test("forwardTo() lets the upstream go when the client goes before the head", async () => {
  const client = new AbortController();
  const upstream = await start(() => client.abort());
  const { ask } = await gate(upstream.url);
  await ask({ signal: client.signal }).catch(() => {});
  await upstream.closed(1);
});

test("forwardTo() sends a DELETE without a body, and GET", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url);
  for (const method of ["DELETE", "GET"]) await ask({ method });
  for (const { headers } of upstream.requests) {
    assertEquals(valueOf(headers, "transfer-encoding"), undefined);
  }
  assertEquals(upstream.requests.map(({ method, body }) => [method, body]), [
    ["DELETE", ""],
    ["GET", ""],
  ]);
});

test("forwardTo() refuses a body over its bound, said or not, with 413", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url, { maxBodyBytes: 10 });
  assertEquals((await ask({ body: "12345678901" })).status, 413);
  const pieces = ["123456", "789012"].map((text) =>
    new TextEncoder().encode(text)
  );
  const body = new ReadableStream({
    pull(controller): void {
      const next = pieces.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  }, { highWaterMark: 0 });
  assertEquals((await ask({ body })).status, 413);
  const headers = { "content-length": "3" }; // which no server would let through
  assertEquals((await ask({ body: "12345678901", headers })).status, 413);
  assertEquals((await ask({ body: "1234567890" })).status, 200);
  assertEquals(upstream.requests.length, 1);
});

test("forwardTo() sends a body in chunks if its length is written in an odd way", async () => {
  const upstream = await start();
  const { ask } = await gate(upstream.url);
  const body = "x".repeat(20_000);
  for (const length of ["0x4e20", "20000, 20000", "2e4", "+20000"]) {
    const answer = await ask({ body, headers: { "content-length": length } });
    assertEquals(answer.status, 200, length);
    const { headers, body: received } = upstream.requests.at(-1)!;
    assertEquals(valueOf(headers, "content-length"), undefined, length);
    assertEquals(received, body);
  }
});

test("forwardTo() waits for as long as it was told, up to a day", async () => {
  const upstream = await start();
  const original = globalThis.setTimeout;
  const waits: unknown[] = [];
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    waits.push(args[1]);
    return original(...args);
  }) as typeof setTimeout;
  try {
    for (const timeoutSeconds of [0.5, 3600, 86_400, undefined]) {
      const { ask } = await gate(upstream.url, { timeoutSeconds });
      waits.length = 0;
      await (await ask()).text();
      const expected = 1000 * (timeoutSeconds ?? 30);
      assertEquals(waits.includes(expected), true, `${timeoutSeconds}`);
    }
  } finally {
    globalThis.setTimeout = original;
  }
  // Timers of runtimes fire at once if they are longer than 24 days.
  for (const timeoutSeconds of [0, -1, NaN, Infinity, 86_401, "30"]) {
    assertThrows(
      () => forwardTo(upstream.url, { timeoutSeconds } as ForwardOptions),
      TypeError,
      "timeoutSeconds: use a number of seconds above 0, at most 86400",
    );
  }
});

test("forwardTo() prints a fault without what the client sent, unless onError says otherwise", async () => {
  const upstream = await start((_received, socket) => void socket.end());
  const asked = { below: "?secret=1" };
  const printed = await errorsPrintedBy(async () => {
    const { ask } = await gate(upstream.url, { onError: undefined });
    assertEquals((await ask(asked)).status, 502);
  });
  assertEquals(printed.length, 1);
  assertMatch(
    `${printed[0]}`,
    /^UpstreamError: Cannot reach the upstream: [\w .,]+ \(http:\/\/127\.0\.0\.1:\d+\/mcp\)$/,
  );
  for (const onError of [null, (): void => {}]) {
    const silent = await errorsPrintedBy(async () => {
      const { ask } = await gate(upstream.url, { onError });
      assertEquals((await ask(asked)).status, 502);
    });
    assertEquals(silent, []);
  }
});

test("forwardTo() counts the open requests of each upstream apart", async () => {
  const upstream = await start((_received, socket) =>
    void socket.write(EVENTS + piece("data: 1\n\n"))
  );
  const [one, other] = [
    await gate(upstream.url, { maxOpen: 1, onError: null }),
    await gate(upstream.url, { maxOpen: 1, onError: null }),
  ];
  const answers = [await one.ask(), await other.ask(), await one.ask()];
  assertEquals(answers.map(({ status }) => status), [200, 200, 503]);
  for (const { body } of answers) await body!.cancel();
});

test("forwardTo() answers 503 to more open requests than it may have, and then again", async () => {
  const upstream = await start((_received, socket) =>
    void socket.write(EVENTS + piece("data: 1\n\n"))
  );
  const { ask } = await gate(upstream.url, { maxOpen: 2 });
  const [first, second, third] = [await ask(), await ask(), await ask()];
  assertEquals([first.status, second.status, third.status], [200, 200, 503]);
  assertEquals(third.headers.get("retry-after"), "1");
  await first.body!.cancel();
  const fourth = await ask();
  assertEquals(fourth.status, 200);
  await second.body!.cancel();
  await fourth.body!.cancel();
});
