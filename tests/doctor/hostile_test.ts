import { assert, assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { MAX_ANSWER_BYTES } from "../../src/doctor/network/transfer.ts";
import { reportPage } from "../../src/doctor/output/page.ts";
import { formatReport } from "../../src/doctor/output/terminal.ts";
import {
  type Answer,
  at,
  codesOf,
  examineWorld,
  type Fault,
  field,
  ISSUER,
  members,
  RESOURCE_METADATA,
  ROOT_METADATA,
  says,
  SERVER_METADATA,
  URL_OF_MCP,
} from "./world.ts";

/** An answer in this long a time is none, so that a test need not wait for the real bounds. */
const SHORT_SECONDS = 0.3;

const JSON_TYPE = { "content-type": "application/json" };
const named = (changes: Readonly<Record<string, unknown>>): Fault[] =>
  [RESOURCE_METADATA, ROOT_METADATA].map((url) => at(url, members(changes)));

/** A body that goes on for as long as it is read. */
function endless(count: (bytes: number) => void): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(16_384).fill(0x20);
  return new ReadableStream({
    pull(controller): void {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

/** A body that begins and never goes on. */
function stuck(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
  });
}

test("examine() reads no more of an endless body than it must, and says so", async () => {
  let bytes = 0;
  const { report } = await examineWorld([
    at(
      RESOURCE_METADATA,
      () =>
        new Response(endless((more) => bytes += more), { headers: JSON_TYPE }),
    ),
  ]);
  const read =
    report.exchanges.filter(({ url, method }) =>
      url.startsWith(RESOURCE_METADATA) && method !== "OPTIONS"
    ).length;
  assert(codesOf(report).includes("answer-without-end"));
  assert(bytes > 0 && bytes < read * (MAX_ANSWER_BYTES + 100_000), `${bytes}`);
});

const silent: readonly (readonly [why: string, fault: Answer])[] = [
  ["bodies that begin and never go on", () => new Response(stuck())],
  [
    "events that never come",
    () =>
      new Response(stuck(), {
        headers: { "content-type": "text/event-stream" },
      }),
  ],
  [
    "connections that are never answered",
    () => new Promise<Response>(() => {}),
  ],
];
for (const [why, fault] of silent) {
  test(`examine() ends in time whatever it meets: ${why}`, async () => {
    const started = performance.now();
    const { report } = await examineWorld([fault], {
      deadlineSeconds: SHORT_SECONDS,
    });
    assert(performance.now() - started < 5000);
    assert(report.exchanges.length > 0);
    assert(report.findings.length > 0);
  });
}

test("examine() ends in time where a name is never looked up", async () => {
  const started = performance.now();
  await examineWorld([], {
    deadlineSeconds: SHORT_SECONDS,
    lookup: () => new Promise(() => {}),
  });
  assert(performance.now() - started < 5000);
});

/** What only the server's own machine or network can reach, however it is written. */
const INSIDE: readonly string[] = [
  "http://127.0.0.1/",
  "https://127.0.0.1/",
  "https://localhost/",
  "https://localhost./",
  "https://a.localhost/",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://0.0.0.0/",
  "http://169.254.169.254/latest/meta-data/",
  "https://169.254.169.254/latest/meta-data/",
  "https://metadata.google.internal/computeMetadata/v1/",
  "https://[fe80::1]/",
  "https://[fd00::1]/",
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://printer/",
  "https://keycloak.internal/",
  "http://auth.example.org/",
  "ftp://auth.example.org/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "https://user:password@auth.example.org/",
];

for (const url of INSIDE) {
  test(`examine() asks nobody at ${url}, whoever names it`, async () => {
    const { asked } = await examineWorld([
      ...named({ authorization_servers: [url] }),
      at(
        URL_OF_MCP,
        field("www-authenticate", `Bearer resource_metadata="${url}"`),
      ),
      at(
        SERVER_METADATA,
        members({
          jwks_uri: url,
          registration_endpoint: url,
          token_endpoint: url,
          authorization_endpoint: url,
        }),
      ),
    ]);
    assertStaysOutside(asked);
  });

  test(`examine() follows no redirect to ${url}`, async () => {
    const { asked } = await examineWorld([
      says(307, "", { location: url }),
    ]);
    assertStaysOutside(asked);
  });
}

function assertStaysOutside(asked: readonly string[]): void {
  assertEquals(
    asked.filter((line) =>
      !/^\w+ https:\/\/(?:notes|auth)\.example\.com\//.test(line)
    ),
    [],
  );
}

test("examine() sends no request to a name that resolves to a private address", async () => {
  const inside = "https://rebound.example";
  const { asked } = await examineWorld(
    named({ authorization_servers: [inside] }),
    {
      lookup: (name) =>
        Promise.resolve([
          "192.0.2.1",
          name === "rebound.example" ? "169.254.169.254" : "192.0.2.2",
        ]),
    },
  );
  assertEquals(asked.filter((line) => line.includes(inside)), []);
});

const unknown: readonly (readonly [
  why: string,
  lookup: () => Promise<readonly string[]>,
])[] = [
  ["cannot be looked up", () => Promise.reject(new Error("ENOTFOUND"))],
  ["has no address", () => Promise.resolve([])],
];

for (const [why, lookup] of unknown) {
  test(`examine() asks nobody whose name ${why}`, async () => {
    const { asked, report } = await examineWorld(
      named({ authorization_servers: ["https://unknown.example"] }),
      { lookup },
    );
    assertStaysOutside(asked);
    assertEquals(asked.filter((line) => line.includes("auth.example")), []);
    assert(codesOf(report).includes("url-not-asked"));
  });
}

/** URLs to a runtime, which takes quadratic time for some: the doctor parses none of them. */
const EXCESSIVE: readonly (readonly [why: string, url: string])[] = [
  ["more than 8192 characters", `https://auth.example.com/${"a".repeat(8192)}`],
  [
    "a host of combining marks",
    `https://auth${"\u05b0\u0300\u0316".repeat(200)}.example.com/`,
  ],
];

for (const [why, url] of EXCESSIVE) {
  test(`examine() takes nothing with ${why} for a URL`, async () => {
    const { asked, report } = await examineWorld([
      ...named({ resource: url, authorization_servers: [url] }),
      at(SERVER_METADATA, members({ jwks_uri: url, token_endpoint: url })),
    ]);
    assertStaysOutside(asked);
    assert(codesOf(report).includes("unsafe-url"));
    assertEquals(asked.filter((line) => line.includes(url.slice(0, 60))), []);
  });
}

test("examine() follows no redirect to more than 8192 characters", async () => {
  const { asked } = await examineWorld([
    (request, healthy) =>
      request.method === "GET"
        ? new Response(null, {
          status: 307,
          headers: { location: `/${"a".repeat(8192)}` },
        })
        : healthy(request),
  ]);
  assertEquals(asked.filter((line) => line.length > 1000), []);
});

test("examine() asks a host inside if it is allowed by name", async () => {
  const { asked } = await examineWorld(
    named({ authorization_servers: ["https://auth.internal"] }),
    { allowHosts: ["auth.internal"] },
  );
  assert(asked.some((line) => line.startsWith("GET https://auth.internal/")));
});

test("examine() of a server on this machine asks others on it, by http too, and none in its network", async () => {
  const { asked } = await examineWorld(
    [() =>
      Response.json({
        authorization_servers: ["http://localhost:9", "http://10.0.0.1"],
      })],
    {},
    "http://127.0.0.1:8/mcp",
  );
  assert(asked.some((line) => line.startsWith("GET http://localhost:9/")));
  assertEquals(asked.filter((line) => line.includes("10.0.0.1")), []);
});

test("examine() follows no redirect to another origin, on the internet or not", async () => {
  const { asked, report } = await examineWorld([
    says(307, "", { location: "https://other.example/" }),
  ]);
  assertStaysOutside(asked);
  assert(codesOf(report).includes("metadata-redirects"));
});

/** More than a server that answers in time can make it ask. */
const MANY = 150;

test(`examine() asks no more than ${MANY} times, wherever it is led`, async () => {
  const servers = Array.from({ length: 1000 }, (_, i) => `${ISSUER}/${i}`);
  const { asked } = await examineWorld([
    (request, healthy) =>
      request.method === "POST" || request.url.startsWith(RESOURCE_METADATA)
        ? healthy(request)
        : new Response(null, {
          status: 307,
          headers: { location: `${request.url}x` },
        }),
    ...named({ authorization_servers: servers }),
  ]);
  assert(asked.length > 50 && asked.length <= MANY, `${asked.length}`);
});

const NESTED = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const odd: readonly (readonly [why: string, body: string])[] = [
  [
    "members that are nested without end",
    `{"resource":${NESTED},"issuer":${NESTED},"authorization_servers":${NESTED}}`,
  ],
  [
    "objects that have no string form",
    '{"resource":{"toString":1},"issuer":{"toString":1,"valueOf":1},"authorization_servers":[{"toString":1}],"jwks_uri":{"toString":1}}',
  ],
  [
    "members of Object.prototype",
    '{"__proto__":{"resource":"x"},"constructor":1,"issuer":null}',
  ],
  ["the longest of words", `{"resource":"${"a".repeat(200_000)}"}`],
];
for (const [why, body] of odd) {
  test(`examine() is not upset by ${why}`, async () => {
    const { report } = await examineWorld([
      (request) =>
        request.url === URL_OF_MCP && request.method === "POST"
          ? new Response(body, {
            status: 401,
            headers: { "www-authenticate": "Bearer" },
          })
          : new Response(body, { headers: JSON_TYPE }),
    ]);
    assert(report.findings.length > 0);
  });
}

test("formatReport() and reportPage() let nothing through that commands a terminal or hides", async () => {
  const nasty =
    "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202etxt\u200b\r\nInjected: 1";
  const { report } = await examineWorld([
    ...named({
      resource: `https://notes.example.com/${nasty}`,
      authorization_servers: [`https://auth.example.com/tenant1#${nasty}`],
    }),
    at(
      URL_OF_MCP,
      says(401, nasty, {
        "www-authenticate": 'Bearer realm="\u009b2J"',
        "x-nasty": "\u009b2J\u007f",
      }),
    ),
  ]);
  // deno-lint-ignore no-control-regex
  const commanding = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/;
  const text = formatReport(report);
  assertMatch(text, /\\u001b\[2J/);
  assertMatch(text, /\\u\{9b\}2J/);
  assertEquals(commanding.exec(text)?.[0], undefined);
  assertEquals(commanding.exec(await reportPage(report))?.[0], undefined);
  assertEquals(commanding.exec(JSON.stringify(report))?.[0], undefined);
  // A line of the server's own would look like one of the report's.
  assertEquals(/^\s*Injected/m.test(text), false);
});

test("reportPage() has no element, no attribute and no link of the server's", async () => {
  const nasty = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`;
  const { report } = await examineWorld([
    ...named({
      resource: nasty,
      authorization_servers: ["javascript:alert(3)", nasty],
    }),
    at(
      URL_OF_MCP,
      says(401, nasty, {
        "www-authenticate": `Bearer realm="<script>alert(4)</script>"`,
        "x-nasty": nasty,
      }),
    ),
  ]);
  const page = await reportPage(report);
  assertMatch(page, /&lt;script&gt;/);
  assertEquals(/<(?:script|img|iframe|object|svg)\b/i.test(page), false);
  assertEquals(/<[^>]*\son\w+=/i.test(page), false);
  const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) =>
    match[1] ?? ""
  );
  assert(links.length > 0);
  assertEquals(
    links.filter((link) =>
      !/^(?:#[\w-]+|https:\/\/(?:www\.rfc-editor\.org|modelcontextprotocol\.io|fetch\.spec\.whatwg\.org)\/.*)$/
        .test(link)
    ),
    [],
  );
});

test("reportPage() forbids itself everything but its one style sheet", async () => {
  const { report } = await examineWorld([]);
  const page = await reportPage(report);
  const policy =
    /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ??
      "";
  assertMatch(policy, /^default-src &#39;none&#39;/);
  assertEquals(/unsafe|https?:|\*/.test(policy), false);
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? "";
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(style),
  );
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  assert(policy.includes(`style-src &#39;sha256-${hash}&#39;`), policy);
});
