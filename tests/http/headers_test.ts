import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { amendHeaders } from "../../src/http/headers.ts";

/** What a runtime answers to a protocol upgrade. Its constructor does not make one everywhere. */
class SwitchingProtocols extends Response {
  override get status(): number {
    return 101;
  }
}

/** Responses whose fields some runtimes freeze, and some do not. */
const foreign: readonly (readonly [
  why: string,
  respond: () => Response | Promise<Response>,
  status: number,
  text: string,
])[] = [
  ["a redirect", () => Response.redirect("https://h/a", 303), 303, ""],
  ["what fetch() gave", () => fetch("data:text/plain,hello"), 200, "hello"],
];

for (const [why, respond, status, text] of foreign) {
  test(`amendHeaders() adds to ${why}, and keeps the rest`, async () => {
    const original = await respond();
    const before = [...original.headers];
    const response = amendHeaders(original, (headers) => headers.set("a", "b"));
    assertEquals(response.status, status);
    assertEquals([...response.headers], [["a", "b"], ...before]);
    assertEquals(await response.text(), text);
  });
}

test("amendHeaders() edits a response in place where it can", () => {
  const original = new Response("a", { status: 201, headers: { b: "c" } });
  const response = amendHeaders(original, (headers) => headers.set("b", "d"));
  assertStrictEquals(response, original);
  assertEquals(response.headers.get("b"), "d");
});

test("amendHeaders() copies a response that it edited before, which stays as it is", () => {
  const original = new Response(null, { status: 202 });
  const wasEdited = (headers: Headers): boolean => headers.has("a");
  const responses = ["b", "c", "d"].map((value) =>
    amendHeaders(original, (headers) => headers.set("a", value), wasEdited)
  );
  assertStrictEquals(responses[0], original);
  assertEquals(responses.map(({ headers }) => headers.get("a")), [
    "b",
    "c",
    "d",
  ]);
  assertEquals(responses.map(({ status }) => status), [202, 202, 202]);
});

test("amendHeaders() copies status, status text and cookies where it has to", () => {
  const original = new Response(null, { status: 299, statusText: "Fine" });
  original.headers.append("set-cookie", "a=b");
  original.headers.append("set-cookie", "c=d");
  const response = amendHeaders(freeze(original), (headers) => {
    headers.append("set-cookie", "e=f");
  });
  assertEquals([response.status, response.statusText], [299, "Fine"]);
  assertEquals(response.headers.getSetCookie(), ["a=b", "c=d", "e=f"]);
  assertEquals(original.headers.getSetCookie(), ["a=b", "c=d"]);
});

for (const status of [204, 205, 304]) {
  test(`amendHeaders() copies a ${status}, which has no body`, () => {
    const original = freeze(new Response(null, { status }));
    const response = amendHeaders(original, (headers) => headers.set("a", "b"));
    assertEquals([response.status, response.body], [status, null]);
    assertEquals(response.headers.get("a"), "b");
  });
}

test("amendHeaders() hands on a stream piece by piece, and its cancel", async () => {
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled: unknown;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (source = controller),
    cancel: (reason) => void (cancelled = reason),
  });
  const response = amendHeaders(freeze(new Response(body)), (headers) => {
    headers.set("a", "b");
  });
  const reader = response.body!.getReader();
  for (const byte of [1, 2]) {
    source?.enqueue(Uint8Array.of(byte));
    assertEquals((await reader.read()).value, Uint8Array.of(byte));
  }
  await reader.cancel("gone");
  assertEquals(cancelled, "gone");
});

const whole: readonly (readonly [why: string, response: Response])[] = [
  ["an answer to an upgrade, which holds a socket", new SwitchingProtocols()],
  ["a network error, which cannot be made anew", Response.error()],
];

for (const [why, response] of whole) {
  test(`amendHeaders() leaves ${why} as it is`, () => {
    const fields = [...response.headers];
    const edited = amendHeaders(response, (headers) => headers.set("a", "b"));
    assertStrictEquals(edited, response);
    assertEquals([...response.headers], fields);
  });
}

/** Makes a response refuse edits, as some runtimes do where the response is not the program's own. */
function freeze(response: Response): Response {
  for (const method of ["append", "delete", "set"] as const) {
    response.headers[method] = () => {
      throw new TypeError("Headers are immutable");
    };
  }
  return response;
}
