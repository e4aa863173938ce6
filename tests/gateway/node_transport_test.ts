import { assertEquals, assertRejects } from "@std/assert";
import { EventEmitter } from "node:events";
import http from "node:http";
import { after, test } from "node:test";
import { nodeFetch, type NodeHttp } from "../../src/gateway/node_transport.ts";
import {
  type Answer,
  type RawUpstream,
  rawUpstream,
  response,
  valueOf,
} from "./raw_upstream.ts";

/** An upstream, and the transport that asks it. */
async function asked(answer?: Answer): Promise<{
  readonly upstream: RawUpstream;
  readonly ask: (init?: RequestInit) => Promise<Response>;
}> {
  const upstream = await rawUpstream(answer);
  after(() => upstream.close());
  const fetch = nodeFetch(http as unknown as NodeHttp, 4000);
  return {
    upstream,
    ask: (init = {}) => fetch(upstream.url, { method: "POST", ...init }),
  };
}

/** A body in pieces. */
function pieces(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller): void {
      for (const text of texts) {
        controller.enqueue(new TextEncoder().encode(text));
      }
      controller.close();
    },
  });
}

test("every body has exactly one header that says where it ends: a DELETE's would be read as the next request", async () => {
  const rows: [method: string, body: BodyInit | null, length?: string][] = [
    ["POST", null, "0"],
    ["POST", "ä", "2"],
    ["POST", new Uint8Array(3), "3"],
    ["POST", pieces("a", "b")],
    ["DELETE", "GET /next HTTP/1.1", "18"],
    ["DELETE", new Uint8Array(3), "3"],
    ["DELETE", pieces("GET /next HTTP/1.1\r\n\r\n")],
    ["DELETE", null],
    ["GET", null],
  ];
  const { upstream, ask } = await asked();
  for (const [method, body, length] of rows) {
    await (await ask({ method, body })).text();
    const { headers, method: received } = upstream.requests.at(-1)!;
    assertEquals(received, method);
    assertEquals(valueOf(headers, "content-length"), length, method);
    assertEquals(
      valueOf(headers, "transfer-encoding"),
      body instanceof ReadableStream ? "chunked" : undefined,
    );
  }
  assertEquals(upstream.requests.length, rows.length);
  assertEquals(upstream.openConnections(), 1);
});

test("a stream that is not as long as announced is broken off, and is no second request", async () => {
  const { upstream, ask } = await asked();
  for (const text of ["1234", "123456GET /next HTTP/1.1\r\n\r\n"]) {
    const sent = ask({
      headers: { "content-length": "5" },
      body: pieces(text),
      // The upstream waits for the rest of a short body, without an end.
      signal: AbortSignal.timeout(5000),
    });
    await assertRejects(() => sent, TypeError, "than announced");
  }
  assertEquals(upstream.requests, []);
});

test("headers arrive as they were sent, several of one name too", async () => {
  const { ask } = await asked((_, socket) =>
    void socket.write(
      response("{}", { headers: ["X-A: 1", "X-A: 2", "X-B: ä"] }),
    )
  );
  const { headers, status } = await ask();
  assertEquals([status, headers.get("x-a"), headers.get("x-b")], [
    200,
    "1, 2",
    "\xc3\xa4", // the bytes of UTF-8
  ]);
});

test("a status that a Response cannot have is told, and a change of protocol is an error", async () => {
  const { ask } = await asked((_, socket) =>
    void socket.write(response("{}", { status: "799 Odd" }))
  );
  assertEquals((await ask()).status, 799);
  const upgraded = await asked((_, socket) =>
    void socket.write(
      "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    )
  );
  await assertRejects(() => upgraded.ask());
});

test("a body is read no faster than its reader reads", async () => {
  const calls: string[] = [];
  const message = Object.assign(new EventEmitter(), {
    statusCode: 200,
    rawHeaders: [],
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
    destroy: () => calls.push("destroy"),
  });
  class Agent {}
  const request = (
    ...[, , onResponse]: Parameters<NodeHttp["request"]>
  ): ReturnType<NodeHttp["request"]> => {
    const [on, write, end, destroy] = [
      () => {},
      () => true,
      () => {},
      () => {},
    ];
    onResponse(message);
    return { on, write, end, destroy };
  };
  const { body } = await nodeFetch({ Agent, request }, 4000)("http://a", {});
  const reader = body!.getReader();
  assertEquals(calls, ["pause"]);
  for (let i = 0; i < 2; i++) {
    const read = reader.read();
    message.emit("data", new Uint8Array(1));
    await read;
  }
  assertEquals(calls, ["pause", "resume", "pause", "resume", "pause"]);
  await reader.cancel();
  assertEquals(calls.at(-1), "destroy");
  message.emit("data", new Uint8Array(1));
  message.emit("close");
});

test("a response that cannot be passed on is an error, not the end of the process", async () => {
  const message = Object.assign(new EventEmitter(), {
    statusCode: 200,
    rawHeaders: ["x-a", "1\n2"], // which Node's parser rejects
    pause: () => {},
    resume: () => {},
    destroy: () => {},
  });
  const request = (
    ...[, , onResponse]: Parameters<NodeHttp["request"]>
  ): ReturnType<NodeHttp["request"]> => {
    queueMicrotask(() => onResponse(message));
    const nothing = (): void => {};
    return { on: nothing, write: () => true, end: nothing, destroy: nothing };
  };
  const fetch = nodeFetch({ Agent: class {}, request }, 4000);
  await assertRejects(() => fetch("http://a", {}), TypeError);
});

test("a connection closes when the reader of its response is gone", async () => {
  const { upstream, ask } = await asked((_, socket) =>
    void socket.write(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    )
  );
  const { body } = await ask();
  const reader = body!.getReader();
  await reader.read();
  await reader.cancel();
  await upstream.closed(1);
});

test("an abort ends a request without an answer, and one whose answer streams", async () => {
  const { ask, upstream } = await asked((_, socket) => {
    if (upstream.requests.length > 1) {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
  });
  for (const isAnswered of [false, true]) {
    const aborter = new AbortController();
    const answer = ask({ signal: aborter.signal });
    if (isAnswered) await answer;
    else while (upstream.requests.length < 1) await new Promise(setImmediate);
    aborter.abort();
    await assertRejects(async () => await (await answer).text());
  }
  await upstream.closed(2);
  await assertRejects(() => ask({ signal: AbortSignal.abort() }));
});
