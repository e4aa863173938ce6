import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  isObject,
  membersOf,
  parseObject,
  readBytes,
  readText,
} from "../../src/http/body.ts";

/** A text, and the object it holds; `undefined` where it holds none. */
const texts:
  readonly (readonly [why: string, text: string, object: unknown])[] = [
    ["an object", '{"a":{"b":[]}}', { a: { b: [] } }],
    ["an object in white space", "\n {} \t", {}],
    ["the last of two members of one name", '{"a":1,"a":2}', { a: 2 }],
    ["no list", "[]", undefined],
    ["no null", "null", undefined],
    ["no string", '"{}"', undefined],
    ["no number", "1", undefined],
    ["nothing in an empty text", "", undefined],
    ["nothing in a text that is cut off", '{"a":1', undefined],
    ["nothing in JavaScript", "{a:1}", undefined],
  ];

for (const [why, text, object] of texts) {
  test(`parseObject() finds ${why}`, () => {
    assertEquals(parseObject(text), object as ReturnType<typeof parseObject>);
  });
}

test("parseObject() takes __proto__ for a member like any other", () => {
  const object = parseObject('{"__proto__":{"aud":"x"}}');
  assertEquals(Object.keys(object ?? {}), ["__proto__"]);
  assertEquals(object?.aud, undefined);
});

test("parseObject() survives any depth", () => {
  for (const depth of [10_000, 200_000]) {
    const text = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    assert(["object", "undefined"].includes(typeof parseObject(text)));
  }
});

test("readBytes() reads a body of many chunks to its last byte", async () => {
  const { readable } = endless(3);
  assertEquals(await readBytes(readable, 3), new Uint8Array([1, 2, 3]));
});

test("readBytes() keeps no piece, since very many may come", async () => {
  const piece = new Uint8Array(1);
  const readable = new ReadableStream<Uint8Array>({
    pull(controller): void {
      // The same one each time: what was kept would change.
      piece[0]!++;
      if (piece[0]! > 5) controller.close();
      else controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
  assertEquals(await readBytes(readable, 5), new Uint8Array([1, 2, 3, 4, 5]));
});

test("readBytes() reads no body as no bytes", async () => {
  assertEquals(await readBytes(null, 3), new Uint8Array());
});

test("readBytes() stops an endless body at the first byte too many", async () => {
  const { readable, state } = endless(Infinity);
  await assertRejects(
    () => readBytes(readable, 3),
    RangeError,
    "more than 3 bytes",
  );
  assert(state.cancelled);
  assert(state.chunks <= 5, `${state.chunks} chunks were made`);
});

for (const length of ["5x", "x5", "-1", "0x5", ""]) {
  test(`readText() stops an endless body whose Content-Length is ${JSON.stringify(length)}`, async () => {
    const { readable, state } = endless(100);
    const request = new Request("https://notes.example.com/mcp", {
      method: "POST",
      headers: { "content-length": length },
      body: readable,
      duplex: "half",
    } as RequestInit);
    await assertRejects(() => readText(request, 3), RangeError);
    assert(state.cancelled);
  });
}

/** A body of one-byte chunks, and what became of it. */
function endless(length: number): {
  readonly readable: ReadableStream<Uint8Array>;
  readonly state: { chunks: number; cancelled: boolean };
} {
  const state = { chunks: 0, cancelled: false };
  const readable = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (state.chunks === length) controller.close();
      else controller.enqueue(new Uint8Array([++state.chunks]));
    },
    cancel(): void {
      state.cancelled = true;
    },
  });
  return { readable, state };
}

test("membersOf() and isObject() know an object from everything else that JSON has", () => {
  for (const value of [null, true, 1, "text"]) {
    assertEquals(membersOf(value), {});
    assert(!isObject(value));
  }
  assertEquals(membersOf(undefined), {});
  assertEquals(Object.keys(membersOf(["a"])), ["0"]);
  assert(!isObject(["a"]));
  const object = { a: 1 };
  assert(membersOf(object) === object);
  assert(isObject(object));
});
