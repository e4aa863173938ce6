import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import process from "node:process";
import { test } from "node:test";
import { AuthorizationServerError } from "../../src/errors.ts";
import {
  fetchJson,
  MAX_JSON_BYTES,
  postForm,
} from "../../src/issuers/fetch_json.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
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
import { byTheClock } from "../support/virtual_time.ts";

const URL_OF_DOCUMENT = "https://auth.example.com/document";

/** What is answered, and why it is no JSON object. */
const refused: readonly (readonly [why: string, answer: Answer])[] = [
  ["a page where the document should be", answerHtml()],
  ["a missing document", answerStatus(404)],
  ["a broken server", answerStatus(500)],
  ["a success without a document", answerStatus(204)],
  ["a part of a document", () => Response.json({}, { status: 206 })],
  [
    "a document that comes with an error",
    () => Response.json({}, { status: 400 }),
  ],
  ["a permanent redirect", answerRedirect("https://evil.example/", 301)],
  ["a temporary redirect", answerRedirect("https://evil.example/", 302)],
  ["a redirect that keeps the method", answerRedirect("/elsewhere", 307)],
  ["no connection", answerNothing()],
  ["an empty body", () => new Response("")],
  ["no body", () => new Response(null)],
  ["a list", answerJson([{}])],
  ["null", answerJson(null)],
  ["a string", answerJson("{}")],
  ["a number", answerJson(1)],
  ["an object that is cut off", () => new Response('{"issuer":')],
  ["two objects", () => new Response("{}{}")],
  ["a body that breaks off", () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.error(new Error("reset")),
      }),
    )],
];

for (const status of [201, 204, 302, 404, 500]) {
  test(`fetchJson() cancels the body of a ${status}`, async () => {
    const network = testNetwork();
    let cancelled = false;
    network.serve(URL_OF_DOCUMENT, () => {
      const body = new ReadableStream({
        cancel: () => void (cancelled = true),
      });
      const response = new Response(body);
      return Object.defineProperty(response, "status", { value: status });
    });
    await assertRejects(
      () => fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)),
      AuthorizationServerError,
      `answered ${status}`,
    );
    assertEquals(cancelled, true);
  });
}

for (const [why, answer] of refused) {
  test(`fetchJson() takes ${why} for the server's failure`, async () => {
    const network = testNetwork();
    network.serve(URL_OF_DOCUMENT, answer);
    const error = await assertRejects(
      () => fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)),
      AuthorizationServerError,
      `Cannot read ${URL_OF_DOCUMENT}`,
    );
    assertEquals(error.retryAfterSeconds, 5);
    assertEquals(network.requests, [URL_OF_DOCUMENT]);
  });
}

/** What goes wrong, and the reason that the message gives. */
const reasons: readonly (readonly [
  why: string,
  answer: Answer,
  reason: string,
])[] = [
  ["no connection", answerNothing(), "connection refused"],
  ["a status", answerStatus(406), "answered 406"],
  ["a page", answerHtml(), "not a JSON object"],
  [
    "too much",
    () => new Response("x".repeat(MAX_JSON_BYTES + 1)),
    "more than 262144 bytes",
  ],
  ["a body that breaks off", () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.error(new Error("broken\u001b")),
      }),
    ), "broken\\u{1b}"],
  ["something without a message", () => Promise.reject("CANARY"), ""],
];

for (const [why, answer, reason] of reasons) {
  test(`fetchJson() says why it cannot read: ${why}`, async () => {
    const network = testNetwork();
    network.serve(URL_OF_DOCUMENT, answer);
    const { message } = await assertRejects(
      () => fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)),
      AuthorizationServerError,
    );
    const tail = reason && `: ${reason}`;
    assertEquals(message, `Cannot read ${URL_OF_DOCUMENT}${tail}`);
  });
}

test("postForm() repeats no message of an unknown error, which may have the form in it", async () => {
  const network = testNetwork();
  network.serve(URL_OF_DOCUMENT, (_, { body }) => {
    throw new Error(`Cannot send ${body}`);
  });
  const { message } = await assertRejects(
    () =>
      postForm(
        URL_OF_DOCUMENT,
        { params: { token: "CANARY" } },
        resolvePlatform(network),
        () => "",
      ),
    AuthorizationServerError,
  );
  assertEquals(message, `Cannot read ${URL_OF_DOCUMENT}`);
});

/** A server of HTTP on this machine, whose port nobody listens on when `use` has ended. */
async function onLoopback(
  use: (port: number) => Promise<void>,
): Promise<number> {
  const server = createServer((_, response) => void response.end("{}"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { readonly port: number };
  await use(port);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  return port;
}

const said = async (url: string): Promise<string> =>
  (await assertRejects(
    () => fetchJson(url, resolvePlatform()),
    AuthorizationServerError,
  )).message;

test("fetchJson() says why, in the runtime's own fetch: nobody listens", async () => {
  const port = await onLoopback(async () => {});
  const url = `http://127.0.0.1:${port}/`;
  assertEquals(await said(url), `Cannot read ${url}: connection refused`);
});

test("fetchJson() says why, in the runtime's own fetch: https where http is spoken", async () => {
  await onLoopback(async (port) => {
    const url = `https://127.0.0.1:${port}/`;
    assertStringIncludes(await said(url), `Cannot read ${url}: TLS failed: `);
  });
});

test("fetchJson() says which permission Deno needs", () => {
  if (!("Deno" in globalThis)) return;
  const src = new URL("../../src/", import.meta.url);
  const program = `
    import { fetchJson } from "${src}issuers/fetch_json.ts";
    import { resolvePlatform } from "${src}runtime/platform.ts";
    await fetchJson("https://auth.example.com/x", resolvePlatform())
      .catch((error) => console.log(error.message));
  `;
  const { stdout } = spawnSync(
    process.execPath,
    ["run", "--deny-net", "--no-check", "--quiet", "-"],
    { input: program, encoding: "utf8" },
  );
  assertEquals(
    stdout.trim(),
    "Cannot read https://auth.example.com/x: Deno has no permission, run with --allow-net=auth.example.com:443",
  );
});

test("fetchJson() resolves to the object, unknown members included", async () => {
  const document = { issuer: "x", nested: { list: [1, null] }, é: "ü" };
  const network = testNetwork();
  network.serve(URL_OF_DOCUMENT, answerJson(document));
  assertEquals(
    await fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)),
    document,
  );
});

test("fetchJson() does not mind what media type an object comes as", async () => {
  const network = testNetwork();
  network.serve(
    URL_OF_DOCUMENT,
    () =>
      new Response('{"a":1}', { headers: { "content-type": "text/plain" } }),
  );
  assertEquals(await fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)), {
    a: 1,
  });
});

test("fetchJson() prefers JSON, follows no redirect, and can be given up", async () => {
  const network = testNetwork();
  let init: RequestInit = {};
  network.serve(URL_OF_DOCUMENT, (_, given) => {
    init = given;
    return Response.json({});
  });
  await fetchJson(URL_OF_DOCUMENT, resolvePlatform(network));
  assertEquals(init.method ?? "GET", "GET");
  assertEquals(init.redirect, "manual");
  assertInstanceOf(init.signal, AbortSignal);
  assertFalse(init.signal.aborted);
});

/** A server that answers some requests alone, and which of them. */
const particular: readonly (readonly [
  why: string,
  status: number,
  accepts: (headers: Headers) => boolean,
])[] = [
  [
    "prefers JSON to anything else",
    406,
    (headers) => /^application\/json(?:,|$)/.test(headers.get("accept") ?? ""),
  ],
  [
    "has another media type, such as application/jwk-set+json",
    406,
    (headers) =>
      /(?:^|,\s*)\*\/\*(?:;q=0\.\d)?(?:,|$)/
        .test(headers.get("accept") ?? ""),
  ],
  [
    "insists on */* by name",
    406,
    (headers) => headers.get("accept")?.includes("*/*") ?? false,
  ],
  [
    "rejects a request without User-Agent",
    403,
    (headers) => (headers.get("user-agent") ?? "") !== "",
  ],
];

for (const [why, status, accepts] of particular) {
  test(`fetchJson() and postForm() are answered by a server that ${why}`, async () => {
    const network = testNetwork();
    network.serve(
      URL_OF_DOCUMENT,
      (_, { headers }) =>
        accepts(new Headers(headers))
          ? Response.json({ keys: [] })
          : new Response(null, { status }),
    );
    const platform = resolvePlatform(network);
    const form = { params: {}, headers: { authorization: "Basic eDp5" } };
    const { value } = await postForm(URL_OF_DOCUMENT, form, platform, () => "");
    assertEquals(value, { keys: [] });
    assertEquals(await fetchJson(URL_OF_DOCUMENT, platform), { keys: [] });
  });
}

/** How a server takes its time, and a runtime that does not see to it that it ends. */
const hanging: readonly (readonly [why: string, answer: Answer])[] = [
  ["an answer", answerNever()],
  ["an answer, though no signal ends it", () => new Promise(() => {})],
  ["the rest of its body", () => {
    const text = new TextEncoder().encode('{"issuer":');
    return new Response(
      new ReadableStream({ start: (body) => body.enqueue(text) }),
    );
  }],
];

for (const [why, answer] of hanging) {
  test(`fetchJson() waits timeoutSeconds, 5 by default, for ${why}`, async () => {
    const network = testNetwork();
    network.serve(URL_OF_DOCUMENT, answer);
    for (const [timeoutSeconds, expected] of [[undefined, 5], [2.5, 2.5]]) {
      const { value, seconds } = await byTheClock(network, () =>
        assertRejects(
          () =>
            fetchJson(
              URL_OF_DOCUMENT,
              resolvePlatform(network),
              timeoutSeconds,
            ),
          AuthorizationServerError,
        ));
      assertEquals((value.cause as Error).name, "TimeoutError");
      assertEquals(seconds, expected);
    }
  });
}

test("fetchJson() takes a time that is no whole number of milliseconds", async () => {
  const network = testNetwork();
  network.serve(URL_OF_DOCUMENT, answerJson({}));
  const platform = resolvePlatform(network);
  assertEquals(await fetchJson(URL_OF_DOCUMENT, platform, 4035 / 999), {});
});

for (const timeoutSeconds of [0, -1]) {
  test(`fetchJson() gives up at once where ${timeoutSeconds} s are left`, async () => {
    const network = testNetwork();
    network.serve(URL_OF_DOCUMENT, answerNever());
    const { seconds } = await byTheClock(network, () =>
      assertRejects(
        () =>
          fetchJson(URL_OF_DOCUMENT, resolvePlatform(network), timeoutSeconds),
        AuthorizationServerError,
      ));
    assertEquals(seconds, 0);
  });
}

test("fetchJson() reads a document of 256 KiB, and none that is larger", async () => {
  const document = (bytes: number): string =>
    `{"a":"${"x".repeat(bytes - '{"a":""}'.length)}"}`;
  const network = testNetwork();
  network.serve("https://h/fits", () => new Response(document(MAX_JSON_BYTES)));
  network.serve(
    "https://h/larger",
    () => new Response(document(MAX_JSON_BYTES + 1)),
  );
  const platform = resolvePlatform(network);
  assertEquals(MAX_JSON_BYTES, 256 * 1024);
  assertEquals(Object.keys(await fetchJson("https://h/fits", platform)), ["a"]);
  await assertRejects(
    () => fetchJson("https://h/larger", platform),
    AuthorizationServerError,
    "Cannot read https://h/larger",
  );
});

test("fetchJson() says what it read from, and nothing of what it read", async () => {
  const network = testNetwork();
  network.serve(URL_OF_DOCUMENT, () => new Response("CANARY {"));
  const error = await assertRejects(
    () => fetchJson(URL_OF_DOCUMENT, resolvePlatform(network)),
    AuthorizationServerError,
  );
  assertStringIncludes(error.message, "not a JSON object");
  assertFalse(`${error.stack}${error.cause}`.includes("CANARY"));
});
