import { assertEquals } from "@std/assert";
import { after, test } from "node:test";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gzipSync,
} from "node:zlib";
import { gate } from "./gated.ts";
import { rawUpstream, response, valueOf } from "./raw_upstream.ts";

const TEXT = '{"jsonrpc":"2.0","id":1,"result":{}}';

/** Content codings, and what a client does that is left with one. */
const CODINGS: readonly (readonly [
  coding: string,
  encode: (text: string) => Uint8Array,
  decode: (bytes: Uint8Array) => Uint8Array,
])[] = [
  ["gzip", gzipSync, left],
  ["GZIP", gzipSync, left],
  ["x-gzip", gzipSync, left],
  ["deflate", deflateSync, left],
  ["br", brotliCompressSync, brotliDecompressSync],
  ["identity", encode, left],
  ["unheard-of", encode, (bytes) => bytes],
];

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function left(): never {
  throw new Error("This coding is undone on every runtime");
}

for (const [coding, encode, decode] of CODINGS) {
  test(`forwardTo() hands on a response in ${coding} such that its client can read it`, async () => {
    const body = encode(TEXT);
    const upstream = await rawUpstream((_received, socket) => {
      socket.write(
        response("", {
          headers: [
            "Content-Type: application/json",
            `Content-Encoding: ${coding}`,
          ],
        }).replace("Content-Length: 0", `Content-Length: ${body.length}`),
      );
      socket.write(body);
    });
    after(() => upstream.close());
    const { ask } = await gate(upstream.url);
    const answer = await ask({ headers: { "accept-encoding": "gzip, br" } });
    const left = answer.headers.get("content-encoding");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const read = left === null ? bytes : decode(bytes);
    assertEquals(new TextDecoder().decode(read), TEXT);
    const { headers } = upstream.requests[0]!;
    assertEquals(valueOf(headers, "accept-encoding"), "identity");
  });
}

test("forwardTo() lets lists be shortened where the upstream compresses them all the same", async () => {
  const tools = [{ name: "seen" }, { name: "hidden" }];
  const body = gzipSync(
    JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools } }),
  );
  const upstream = await rawUpstream((_received, socket) => {
    socket.write(
      response("", {
        headers: ["Content-Type: application/json", "Content-Encoding: gzip"],
      }).replace("Content-Length: 0", `Content-Length: ${body.length}`),
    );
    socket.write(body);
  });
  after(() => upstream.close());
  const { ask } = await gate(upstream.url, {}, {
    scopes: {
      operations: { "tools/call": { hidden: ["admin"] } },
      lists: ["tools/list"],
    },
  });
  const answer = await ask({
    body: { jsonrpc: "2.0", id: 1, method: "tools/list" },
  });
  assertEquals((await answer.json()).result.tools, [{ name: "seen" }]);
});
