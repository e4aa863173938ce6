import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type Answer,
  answerHtml,
  answerJson,
  answerNever,
  answerNothing,
  answerRedirect,
  answerStatus,
  testNetwork,
} from "../../src/testing/mod.ts";

const URL_SERVED = "https://auth.example.com/jwks";

test("fetch() finds nothing but what is served, and remembers what was asked", async () => {
  const network = testNetwork();
  network.serve(URL_SERVED, answerJson({ keys: [] }));
  assertEquals(await (await network.fetch(URL_SERVED, {})).json(), {
    keys: [],
  });
  assertEquals((await network.fetch(`${URL_SERVED}/x`, {})).status, 404);
  await network.fetch(URL_SERVED, {});
  assertEquals(network.requests, [URL_SERVED, `${URL_SERVED}/x`, URL_SERVED]);
  assertEquals(network.count(URL_SERVED), 2);
});

test("fetch() gives an answer what was asked", async () => {
  const network = testNetwork();
  network.serve(URL_SERVED, (url, { method }) => new Response(url + method));
  const response = await network.fetch(URL_SERVED, { method: "POST" });
  assertEquals(await response.text(), `${URL_SERVED}POST`);
});

test("outage is everywhere, while it is set", async () => {
  const network = testNetwork();
  network.serve(URL_SERVED, answerStatus(204));
  network.outage = answerStatus(500);
  assertEquals((await network.fetch(URL_SERVED, {})).status, 500);
  network.outage = undefined;
  assertEquals((await network.fetch(URL_SERVED, {})).status, 204);
});

test("pass() moves the clock, which stands still otherwise", () => {
  const network = testNetwork();
  const begun = network.now();
  assertEquals(new Date(begun).toISOString(), "2027-01-15T08:00:00.000Z");
  network.pass(1.5);
  assertEquals(network.now() - begun, 1500);
  network.pass(-2);
  assertEquals(network.now() - begun, -500);
});

test("idle() waits for all work, and for the work that follows from it", async () => {
  const network = testNetwork();
  const done: string[] = [];
  const later = (name: string): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve))
      .then(() => void done.push(name));
  network.waitUntil(
    later("first").then(() => {
      network.waitUntil(later("second"));
      throw new Error("Work failed");
    }),
  );
  await network.idle();
  assertEquals(done, ["first", "second"]);
});

/** An answer, and what comes of it. */
const answers: readonly (readonly [
  why: string,
  answer: Answer,
  status: number,
  field: string,
  value: string | null,
])[] = [
  ["a document", answerJson({}), 200, "content-type", "application/json"],
  ["a status", answerStatus(503), 503, "content-type", null],
  ["a page", answerHtml(), 200, "content-type", "text/html"],
  ["a redirect", answerRedirect("https://h/"), 302, "location", "https://h/"],
  [
    "a lasting redirect",
    answerRedirect("/x", 308),
    308,
    "location",
    "/x",
  ],
];

for (const [why, answer, status, field, value] of answers) {
  test(`fetch() is answered with ${why}`, async () => {
    const network = testNetwork();
    network.serve(URL_SERVED, answer);
    const response = await network.fetch(URL_SERVED, {});
    assertEquals(response.status, status);
    assertEquals(
      response.headers.get(field)?.replace(/;.*/, "") ?? null,
      value,
    );
  });
}

test("answerNothing() refuses the connection", async () => {
  const network = testNetwork();
  network.outage = answerNothing();
  await assertRejects(() => network.fetch(URL_SERVED, {}), TypeError);
});

test("answerNever() ends when the caller gives up, before or after it asked", async () => {
  const network = testNetwork();
  network.outage = answerNever();
  const reason = new Error("given up");
  const controller = new AbortController();
  const waiting = network.fetch(URL_SERVED, { signal: controller.signal });
  controller.abort(reason);
  const late = network.fetch(URL_SERVED, { signal: controller.signal });
  for (const each of [waiting, late]) {
    assert(await assertRejects(() => each) === reason);
  }
});
