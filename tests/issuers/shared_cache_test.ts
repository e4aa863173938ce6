import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  resolvePlatform,
  type SharedCache,
} from "../../src/runtime/platform.ts";
import {
  fetchShared,
  type ReadDocument,
} from "../../src/issuers/shared_cache.ts";
import {
  answerJson,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { type TestCache, testCache } from "../support/shared_cache.ts";
import { byTheClock } from "../support/virtual_time.ts";

const URL_OF_DOCUMENT = "https://as.example/document";

/** Two instances of a server with one cache, and how the second reads. */
async function shared(
  newerThanSeconds: number,
  between: (network: TestNetwork, cache: TestCache) => void = () => {},
): Promise<ReadDocument<unknown>> {
  const network = testNetwork();
  const cache = testCache();
  const platform = resolvePlatform({ ...network, cache });
  const read = (newerThan: number): Promise<ReadDocument<unknown>> =>
    fetchShared(URL_OF_DOCUMENT, platform, newerThan, 5, ({ a }) => a);
  network.serve(URL_OF_DOCUMENT, answerJson({ a: "theirs" }));
  await read(-Infinity);
  network.serve(URL_OF_DOCUMENT, answerJson({ a: "ours" }));
  network.pass(100);
  between(network, cache);
  const { value, readAt } = await read(
    network.now() - newerThanSeconds * 1000,
  );
  return { value, readAt: (network.now() - readAt) / 1000 };
}

test("fetchShared() takes what another instance read, with its age", async () => {
  assertEquals(await shared(100.001), { value: "theirs", readAt: 100 });
});

test("fetchShared() reads for itself where that is too old", async () => {
  assertEquals(await shared(100), { value: "ours", readAt: 0 });
});

/** Why what is in the cache is of no use. */
const unshared: readonly (readonly [
  why: string,
  between: (network: TestNetwork, cache: TestCache) => void,
])[] = [
  ["fails", (_, cache) => cache.broken = true],
  [
    "is of later, before the clock was set back",
    (network) => network.pass(-101),
  ],
  [
    "is somebody else's, without a date",
    (_, cache) => void cache.put(URL_OF_DOCUMENT, Response.json({ a: "evil" })),
  ],
  ["is cut off", (network, cache) =>
    void cache.put(
      URL_OF_DOCUMENT,
      new Response('{"a":', { headers: { "x-read-at": `${network.now()}` } }),
    )],
];

for (const [why, between] of unshared) {
  test(`fetchShared() reads for itself where the cache ${why}`, async () => {
    assertEquals((await shared(3600, between)).value, "ours");
  });
}

test("fetchShared() reads for itself where what the cache has cannot be used", async () => {
  const network = testNetwork();
  const cache = testCache();
  const platform = resolvePlatform({ ...network, cache });
  network.serve(URL_OF_DOCUMENT, answerJson({ a: "ours" }));
  const left = new Response('{"a":"theirs"}', {
    headers: { "x-read-at": `${network.now()}` },
  });
  await cache.put(URL_OF_DOCUMENT, left);
  const make = ({ a }: { readonly a?: unknown }): unknown => {
    if (a !== "ours") throw new TypeError("Cannot use it");
    return a;
  };
  const read = (): Promise<ReadDocument<unknown>> =>
    fetchShared(URL_OF_DOCUMENT, platform, 0, 5, make);
  assertEquals((await read()).value, "ours");
  // And leaves that there for the others.
  assertEquals((await read()).value, "ours");
  assertEquals(network.count(URL_OF_DOCUMENT), 1);
});

test("fetchShared() asks the cache to keep a document for ten minutes", async () => {
  const network = testNetwork();
  const cache = testCache();
  network.serve(URL_OF_DOCUMENT, answerJson({ a: 1 }));
  await fetchShared(
    URL_OF_DOCUMENT,
    resolvePlatform({ ...network, cache }),
    0,
    5,
    () => {},
  );
  const kept = await cache.match(URL_OF_DOCUMENT);
  assertEquals(kept?.headers.get("cache-control"), "max-age=600");
  assertEquals(kept?.headers.get("content-type"), "application/json");
  assertEquals(await kept?.json(), { a: 1 });
});

test("fetchShared() shares nothing that cannot be used", async () => {
  const network = testNetwork();
  const cache = testCache();
  network.serve(URL_OF_DOCUMENT, answerJson({}));
  await assertRejects(
    () =>
      fetchShared(
        URL_OF_DOCUMENT,
        resolvePlatform({ ...network, cache }),
        0,
        5,
        () => {
          throw new RangeError("no use");
        },
      ),
    RangeError,
  );
  assertEquals(await cache.match(URL_OF_DOCUMENT), undefined);
});

/** A shared cache that does not answer, and when. */
const slow: readonly (readonly [why: string, cache: SharedCache])[] = [
  ["a look", { ...testCache(), match: () => new Promise(() => {}) }],
  ["what it has found", {
    ...testCache(),
    match: () =>
      Promise.resolve(new Response(new ReadableStream({ pull: hang }))),
  }],
  ["keeping", { ...testCache(), put: () => new Promise(() => {}) }],
];

for (const [why, cache] of slow) {
  test(`fetchShared() waits a quarter of a second for a cache that never ends ${why}`, async () => {
    const network = testNetwork();
    network.serve(URL_OF_DOCUMENT, answerJson({ a: "ours" }));
    const platform = resolvePlatform({ ...network, cache });
    const { value, seconds } = await byTheClock(
      network,
      () => fetchShared(URL_OF_DOCUMENT, platform, 0, 5, ({ a }) => a),
    );
    assertEquals(value.value, "ours");
    assertEquals(seconds, 0.25);
  });
}

function hang(): Promise<never> {
  return new Promise(() => {});
}
