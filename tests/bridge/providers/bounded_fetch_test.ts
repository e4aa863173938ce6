import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  boundedFetch,
  MAX_UPSTREAM_BYTES,
  readObject,
} from "../../../src/bridge/providers/bounded_fetch.ts";
import { resolvePlatform } from "../../../src/runtime/platform.ts";

const URL_OF_TOKENS = "https://id.example/token";

test("boundedFetch() reads 256 KiB, and lets an answer go that has more", async () => {
  assertEquals(MAX_UPSTREAM_BYTES, 262_144);
  for (const excess of [0, 1]) {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start(controller): void {
        controller.enqueue(new Uint8Array(MAX_UPSTREAM_BYTES));
        if (excess > 0) controller.enqueue(new Uint8Array(excess));
        else controller.close();
      },
      cancel: () => void (cancelled = true),
    });
    const fetch = boundedFetch(
      resolvePlatform({ fetch: () => Promise.resolve(new Response(body)) }),
    );
    const asked = fetch(URL_OF_TOKENS, {});
    if (excess > 0) await assertRejects(() => asked, RangeError);
    else {
      const bytes = await (await asked).arrayBuffer();
      assertEquals(bytes.byteLength, MAX_UPSTREAM_BYTES);
    }
    assertEquals(cancelled, excess > 0);
  }
});

/** Answers that are not the object that was asked for. */
const unusable: readonly (readonly [
  why: string,
  answer: Response,
  message: string,
])[] = [
  ["an error", Response.json({ id: 1 }, { status: 403 }), "It answers 403"],
  ["no content", new Response(null, { status: 204 }), "It answers 204"],
  ["an array", Response.json([{ id: 1 }]), "not a JSON object"],
  ["null", Response.json(null), "not a JSON object"],
];

for (const [why, answer, message] of unusable) {
  test(`readObject() refuses ${why}`, async () => {
    await assertRejects(() => readObject(answer), TypeError, message);
  });
}

test("boundedFetch() follows no redirect", async () => {
  let init: RequestInit | undefined;
  const fetch = boundedFetch(resolvePlatform({
    fetch(_, given): Promise<Response> {
      init = given;
      return Promise.resolve(new Response());
    },
  }));
  await fetch(URL_OF_TOKENS, {});
  assertEquals(init?.redirect, "manual");
  assert(init?.signal instanceof AbortSignal);
});
