/** Behind what reads bodies first: Express' own parsers, and platforms that do as Express does. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import compression from "compression";
import express from "express";
import { once } from "node:events";
import type {
  IncomingMessage,
  RequestListener,
  ServerResponse,
} from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { toNodeListener } from "../../src/adapters/node.ts";
import { callOf, protect, RESOURCE } from "../support/protected.ts";

type Middleware = (
  req: IncomingMessage,
  res: unknown,
  next: (error?: unknown) => void,
) => void;

/** An app that reads bodies, with the guard behind. What a parser refuses is answered by Express. */
function app(...before: readonly Middleware[]): express.Express {
  const made = express();
  for (const middleware of before) made.use(middleware);
  return made;
}

/** Cloud Functions and Nest keep the bytes beside what they make of them. */
const keepRawBody: Middleware = express.json({
  verify: (req: IncomingMessage, _res: unknown, bytes: Uint8Array) =>
    void Object.assign(req, { rawBody: bytes }),
});

/** Reads the stream, and keeps nothing of it. */
const readAway: Middleware = (req, _res, next) => {
  req.on("data", () => {}).on("end", () => next());
};

/** Reads a piece of the stream, and leaves the rest. */
const readSome: Middleware = (req, _res, next) => {
  req.once("data", () => {
    req.pause();
    next();
  });
};

const MESSAGE = JSON.stringify(callOf("whoami"));
const FORM = "method=tools%2Fcall&params[name]=whoami";

interface Sent {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_BODY: Sent = { body: MESSAGE };
const FORM_BODY: Sent = {
  body: FORM,
  headers: { "content-type": "application/x-www-form-urlencoded" },
};

/** What reads the body first, what is sent, and the body that the handler gets. */
const kept: readonly (readonly [
  why: string,
  app: () => express.Express,
  sent: Sent,
  received: string,
])[] = [
  ["nothing", () => app(), JSON_BODY, MESSAGE],
  ["json()", () => app(express.json()), JSON_BODY, MESSAGE],
  ["createMcpExpressApp()", () => createMcpExpressApp(), JSON_BODY, MESSAGE],
  [
    "json(), of a type that ends in +json",
    () => app(express.json({ type: "application/*+json" })),
    { body: MESSAGE, headers: { "content-type": "application/mcp+json" } },
    MESSAGE,
  ],
  [
    "json(), of a type in capitals",
    () => app(express.json()),
    { body: MESSAGE, headers: { "content-type": "Application/JSON" } },
    MESSAGE,
  ],
  [
    "json(), of spaces and duplicate members that Express drops",
    () => app(express.json()),
    { body: ` {"method":"a", "method":"tools/call","params":{"name":"b"}} ` },
    '{"method":"tools/call","params":{"name":"b"}}',
  ],
  [
    "json(), which keeps the bytes (Cloud Functions)",
    () => app(keepRawBody),
    { body: ` ${MESSAGE} ` },
    ` ${MESSAGE} `,
  ],
  [
    "json(), of a compressed body",
    () => app(express.json()),
    {
      body: new Uint8Array(gzipSync(MESSAGE)),
      headers: { "content-encoding": "gzip" },
    },
    MESSAGE,
  ],
  [
    "json(), of a body in another charset",
    () => app(express.json()),
    {
      body: utf16(MESSAGE),
      headers: { "content-type": "application/json; charset=utf-16le" },
    },
    MESSAGE,
  ],
  [
    "raw()",
    () => app(express.raw({ type: "*/*" })),
    JSON_BODY,
    MESSAGE,
  ],
  [
    "raw(), of a compressed body",
    () => app(express.raw({ type: "*/*" })),
    {
      body: new Uint8Array(gzipSync(MESSAGE)),
      headers: { "content-encoding": "gzip" },
    },
    MESSAGE,
  ],
  [
    "text()",
    () => app(express.text({ type: "*/*" })),
    JSON_BODY,
    MESSAGE,
  ],
  [
    "json(), of another type, which it leaves alone",
    () => app(express.json({ type: "text/json" })),
    JSON_BODY,
    MESSAGE,
  ],
  [
    "json() and urlencoded()",
    () => app(express.json(), express.urlencoded({ extended: true })),
    JSON_BODY,
    MESSAGE,
  ],
];

for (const [why, make, sent, received] of kept) {
  for (const policy of [{}, { operations: { "tools/call": [] } }]) {
    const reader = "operations" in policy ? "the guard" : "the handler";
    test(`toNodeListener() gives ${reader} the body behind ${why}`, async () => {
      const bodies: string[] = [];
      const { handle, issuer } = protect(
        { scopes: policy },
        async (request) => {
          bodies.push(await request.text());
          return new Response("Hello");
        },
      );
      const errors: unknown[] = [];
      const listener = toNodeListener(handle, {
        onError: (error) => errors.push(error),
      });
      await withApp(make().use(listener), async (origin) => {
        const response = await send(origin, sent, await issuer.token());
        assertEquals([response.status, errors], [200, []]);
        await response.text();
      });
      assertEquals(bodies, [received]);
    });
  }
}

/** What reads the body first, and leaves nothing from which it could be told. */
const lost: readonly (readonly [
  why: string,
  before: readonly Middleware[],
  sent: Sent,
])[] = [
  ["middleware that keeps nothing", [readAway], JSON_BODY],
  ["middleware that has read a part", [readSome], JSON_BODY],
  [
    "urlencoded(): a form is no JSON",
    [express.urlencoded({ extended: true })],
    FORM_BODY,
  ],
  [
    "json() of any type: JSON that a page may post as text",
    [express.json({ type: "*/*" })],
    { body: MESSAGE, headers: { "content-type": "text/plain" } },
  ],
];

for (const [why, before, sent] of lost) {
  test(`toNodeListener() answers 500 behind ${why}, and says that the body was already read`, async () => {
    const { handle, issuer, calls } = protect();
    const errors: Error[] = [];
    const listener = toNodeListener(handle, {
      onError: (error) => errors.push(error as Error),
    });
    await withApp(app(...before).use(listener), async (origin) => {
      const response = await send(origin, sent, await issuer.token());
      assertEquals(response.status, 500);
      assertEquals(await response.text(), "");
    });
    assertEquals([errors.length, calls.length], [1, 0]);
    assertStringIncludes(errors[0]!.message, "it was already read");
    assert(errors[0] instanceof TypeError);
  });
}

test("toNodeListener() describes the body that it hands on, and not the one that was read", async () => {
  const { handle, issuer } = protect({}, ({ headers }) =>
    Response.json([
      headers.get("content-length"),
      headers.get("transfer-encoding"),
      headers.get("content-encoding"),
      headers.get("content-type"),
    ]));
  const listener = toNodeListener(handle);
  await withApp(app(express.json()).use(listener), async (origin) => {
    const body = new Blob([` ${MESSAGE} `]).stream();
    const response = await fetch(`${origin}${new URL(RESOURCE).pathname}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await issuer.token()}`,
        "content-type": "application/json; charset=utf-8",
      },
      body,
      duplex: "half",
    } as RequestInit);
    assertEquals(await response.json(), [
      `${MESSAGE.length}`,
      null,
      null,
      "application/json",
    ]);
  });
});

test("toNodeListener() needs no body behind a parser where none was sent", async () => {
  const { handle, issuer } = protect(
    {},
    async (request) => new Response(`Hello${await request.text()}`),
  );
  const token = await issuer.token();
  const listener = toNodeListener(handle);
  for (const before of [[express.json()], [readAway]]) {
    await withApp(app(...before).use(listener), async (origin) => {
      for (const method of ["GET", "DELETE", "POST"]) {
        const response = await fetch(`${origin}/mcp`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
          },
        });
        assertEquals(await response.text(), "Hello", method);
      }
    });
  }
});

/** How compression() is set up, and whether an event waits for the end of its stream. */
const compressions: readonly (readonly [
  why: string,
  middleware: () => Middleware,
  waits: boolean,
])[] = [
  ["by itself, which gathers what it compresses", () => compression(), true],
  ["with a filter that leaves out streams of events", () =>
    compression({
      filter: (req: IncomingMessage, res: ServerResponse) =>
        !/^text\/event-stream/.test(`${res.getHeader("content-type")}`) &&
        compression.filter(req, res),
    }), false],
];

for (const [why, middleware, waits] of compressions) {
  test(`compression() ${why} ${waits ? "delays" : "does not delay"} an event behind toNodeListener()`, async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    let end = (): void => {};
    const { handle, issuer } = protect({}, () => {
      ask();
      const body = new ReadableStream<Uint8Array>({
        start(controller): void {
          controller.enqueue(new TextEncoder().encode("data: first\n\n"));
          end = () => controller.close();
        },
      });
      const headers = { "content-type": "text/event-stream" };
      return new Response(body, { headers });
    });
    const made = app(middleware()).use(toNodeListener(handle));
    await withApp(made, async (origin) => {
      const token = await issuer.token();
      const answer = send(origin, JSON_BODY, token);
      await asked;
      const reader = (await answer).body!.getReader();
      const first = reader.read();
      // An event that is on its way has long come when another request was answered.
      for (let i = 0; i < 5; i++) {
        await (await fetch(`${origin}/mcp`, { method: "GET" })).text();
      }
      const now = await Promise.race([first, Promise.resolve("nothing")]);
      assertEquals(now === "nothing", waits);
      end();
      const { value } = await first;
      assertEquals(new TextDecoder().decode(value), "data: first\n\n");
      await reader.cancel();
    });
  });
}

/** In little-endian UTF-16. */
function utf16(text: string): Uint8Array<ArrayBuffer> {
  const codes = Array.from(text, (char) => char.charCodeAt(0));
  return new Uint8Array(new Uint16Array(codes).buffer);
}

async function send(
  origin: string,
  { body, headers }: Sent,
  token: string,
): Promise<Response> {
  return await fetch(`${origin}${new URL(RESOURCE).pathname}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      ...headers,
    },
    body,
  });
}

async function withApp(
  listener: RequestListener,
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener);
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
