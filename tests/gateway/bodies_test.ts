import { assertEquals, assertRejects } from "@std/assert";
import { after, test } from "node:test";
import { RequestError } from "../../src/errors.ts";
import { streamedBody, watchedBody } from "../../src/gateway/bodies.ts";
import { UpstreamError } from "../../src/gateway/errors.ts";
import { checkHead } from "../../src/gateway/exchange.ts";
import { gate, type Gated } from "./gated.ts";
import { rawUpstream, valueOf } from "./raw_upstream.ts";

const upstream = await rawUpstream();
after(() => upstream.close());

const call = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "whoami" },
};

/** A policy with operations: what `purge` needs, no token here has. */
const judged: Gated = await gate(upstream.url, {}, {
  scopes: { operations: { "tools/call": { whoami: [], "*": ["admin"] } } },
});

test("forwardTo() sends what was judged, and not the client's bytes", async () => {
  // To some parsers the first of two equal members is the one that counts.
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call",
    "params":{"name":"purge","name":"whoami"},"params":{"name":"purge"},"params":{"name":"whoami"}}`;
  assertEquals((await judged.ask({ body })).status, 200);
  const { body: sent, headers } = upstream.requests.at(-1)!;
  assertEquals(sent, JSON.stringify(call));
  assertEquals(valueOf(headers, "content-type"), "application/json");
});

test("forwardTo() sends a batch as it was judged", async () => {
  await judged.ask({
    body: [call, { jsonrpc: "2.0", method: "notifications/x" }],
  });
  assertEquals(JSON.parse(upstream.requests.at(-1)!.body).length, 2);
});

/** Members that a parser which does not mind case takes for judged ones: as JSON, to have them in this order. */
const LOOKALIKES: readonly (readonly [why: string, body: string])[] = [
  [
    "a method",
    '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"purge"}}',
  ],
  [
    "a method, in what seems a response",
    '{"jsonrpc":"2.0","id":1,"result":{},"METHOD":"tools/call","params":{"name":"purge"}}',
  ],
  [
    "params",
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"},"Params":{"name":"purge"}}',
  ],
  [
    "params, by a long s",
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"},"param\u017f":{"name":"purge"}}',
  ],
  [
    "a name",
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","Name":"purge"}}',
  ],
  [
    "a name, alone",
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"NAME":"purge"}}',
  ],
  [
    "a URI",
    '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a://b","URI":"a://c"}}',
  ],
  [
    "a task",
    '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"1","tas\u212aid":"2"}}',
  ],
  [
    "a reference",
    '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"a","Name":"b"}}}',
  ],
  [
    "one message of a batch",
    '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":1,"Method":"ping"}]',
  ],
];

for (const [why, body] of LOOKALIKES) {
  test(`forwardTo() refuses a second spelling of ${why}`, async () => {
    const before = upstream.requests.length;
    const answer = await judged.ask({ body });
    assertEquals(answer.status, 400);
    assertEquals((await answer.json()).error.code, -32600);
    assertEquals(upstream.requests.length, before);
  });
}

test("forwardTo() lets arguments have any names", async () => {
  const params = { name: "whoami", arguments: { Name: 1, name: 2, URI: 3 } };
  assertEquals((await judged.ask({ body: { ...call, params } })).status, 200);
});

test("forwardTo() does not fail on what is nested deeply", async () => {
  const depth = 200_000;
  const body = `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${
    "[".repeat(depth)
  }${"]".repeat(depth)}}}`;
  const { status } = await judged.ask({ body });
  assertEquals(status === 200 || status === 400, true); // engines differ
});

test("forwardTo() sends nothing that the policy refuses", async () => {
  const before = upstream.requests.length;
  const params = { name: "purge" };
  const { status } = await judged.ask({ body: { ...call, params } });
  assertEquals([status, upstream.requests.length], [403, before]);
});

test("forwardTo() streams a body that nobody has to judge", async () => {
  const { ask } = await gate(upstream.url);
  const body = '{"a":1,  "a":2}';
  await ask({ body });
  assertEquals(upstream.requests.at(-1)!.body, body);
});

/** A stream that never ends, and the reasons for which it was cancelled. */
function endless(): {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly cancelled: unknown[];
} {
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: (reason) => void cancelled.push(reason),
  }, { highWaterMark: 0 });
  return { stream, cancelled };
}

function requestOf(body: ReadableStream<Uint8Array>): Request {
  const init = { method: "POST", body, duplex: "half" };
  return new Request("https://notes.example.com/mcp", init);
}

test("streamedBody() lets a client's body go that is too large", async () => {
  const { stream, cancelled } = endless();
  const { body, refusal } = await streamedBody(requestOf(stream), 20);
  await assertRejects(() => new Response(body).text(), RequestError);
  assertEquals(refusal?.()?.reason, "body_too_large");
  assertEquals(cancelled.length, 1);
});

test("streamedBody() lets a client's body go that the upstream does not read to its end", async () => {
  const { stream, cancelled } = endless();
  const { body } = await streamedBody(requestOf(stream), 1000);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(cancelled, ["enough"]);
});

test("watchedBody() lets the upstream go when the client is gone, and says so once", async () => {
  const { stream, cancelled } = endless();
  let ends = 0;
  const reader = watchedBody(stream, () => void ends++).getReader();
  await reader.read();
  await reader.cancel("gone");
  assertEquals([cancelled, ends], [["gone"], 1]);
});

test("checkHead() lets the body go of a response that it refuses", async () => {
  const { stream, cancelled } = endless();
  const refused = new Response(stream, { status: 401 });
  await assertRejects(
    () => checkHead(refused, "https://notes.example.com/mcp"),
    UpstreamError,
  );
  assertEquals(cancelled.length, 1);
});
