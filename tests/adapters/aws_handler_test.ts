import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type LambdaPlatform,
  type LambdaResult,
  toLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import type { Handler } from "../../src/types.ts";
import {
  FORMS,
  functionUrlEvent,
  httpApiEvent,
  httpApiEventVersion1,
  restApiEvent,
  type Sample,
  withAuthorization,
  withMember,
} from "./aws_samples.ts";

/** What a handler was given, in full. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: readonly number[];
}

async function see(event: unknown): Promise<Seen> {
  let seen: Seen | undefined;
  const { statusCode, body } = await toLambdaHandler(async (request) => {
    const { method, url, headers } = request;
    const bytes = new Uint8Array(await request.arrayBuffer());
    seen = {
      method,
      url,
      headers: Object.fromEntries(headers),
      body: [...bytes],
    };
    return new Response(null, { status: 204 });
  })(event);
  assert(seen !== undefined, `${statusCode} ${body}`);
  return seen;
}

function answer(handler: Handler, event: unknown): Promise<LambdaResult> {
  return toLambdaHandler(handler)(event);
}

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];

for (const [form, sample] of FORMS) {
  test(`toLambdaHandler() loses nothing of an event of ${form}`, async () => {
    const event = sample();
    const host: string = event.requestContext.domainName;
    const { headers, ...seen } = await see(event);
    assertEquals(seen, {
      method: "POST",
      url: `https://${host}/mcp?${
        event.version === "2.0"
          ? "parameter1=value1&parameter1=value2&parameter2=a%20b"
          : "parameter1=value1&parameter1=value2&parameter2=a+b"
      }`,
      body: utf8("Hello, Wörld"),
    });
    assertEquals({ ...headers, header2: headers.header2?.replace(/\s/g, "") }, {
      accept: "application/json",
      "content-type": "text/plain; charset=utf-8",
      cookie: "cookie1=one; cookie2=two",
      header1: "value1",
      header2: "value1,value2",
      host,
    });
  });

  test(`toLambdaHandler() decodes the binary body of an event of ${form}`, async () => {
    const body = btoa("\x00\xff\xfe\x80binary");
    const seen = await see(sample({ body, isBase64Encoded: true }));
    assertEquals(seen.body, [0, 255, 254, 128, ...utf8("binary")]);
  });

  test(`toLambdaHandler() adds no body and no content type to an event of ${form}`, async () => {
    const { headers: _, multiValueHeaders: __, ...event } = sample();
    for (const body of [undefined, null, ""]) {
      const seen = await see({ ...event, body });
      assertEquals(seen.body, []);
      assertEquals(seen.headers["content-type"], undefined);
    }
  });

  test(`toLambdaHandler() leaves the body of a GET in an event of ${form} out`, async () => {
    const path = sample().version === "2.0"
      ? "requestContext.http.method"
      : "httpMethod";
    const seen = await see(withMember(sample(), path, "GET"));
    assertEquals([seen.method, seen.body], ["GET", []]);
  });

  test(`toLambdaHandler() gives a second credential on in an event of ${form}`, async () => {
    const event = withAuthorization(sample(), "Bearer a", "Bearer b");
    const { headers } = await see(event);
    assertEquals(
      headers.authorization?.replace(/\s*,\s*/, ","),
      "Bearer a,Bearer b",
    );
  });
}

/** The name by which the gateway was called, and the host that a handler sees. */
const hosts: readonly (readonly [why: string, name: unknown, host: string])[] =
  [
    ["the gateway's own", "abc.execute-api.example", "abc.execute-api.example"],
    ["none", undefined, "localhost"],
    ["no text", 7, "localhost"],
    ["one that ends like a host", "evil.example/mcp?x=.example", "localhost"],
    ["one that begins like a host", "example.com@evil.example/", "localhost"],
    ["one with a port", "example.com:8443", "localhost"],
  ];

for (const [why, name, host] of hosts) {
  test(`toLambdaHandler() takes ${host} for the host where the gateway names ${why}`, async () => {
    const { url } = await see(
      withMember(httpApiEvent(), "requestContext.domainName", name),
    );
    assertEquals(new URL(url).host, host);
    assertEquals(new URL(url).pathname, "/mcp");
  });
}

test("toLambdaHandler() sets no cookie where there are none", async () => {
  for (const cookies of [undefined, null, []]) {
    const { headers } = await see({ ...httpApiEvent(), cookies, headers: {} });
    assertEquals("cookie" in headers, false);
  }
});

/** The path that a handler sees. */
const paths: readonly (readonly [why: string, event: Sample, path: string])[] =
  [
    [
      "without the stage of an HTTP API",
      withMember(
        httpApiEvent({ rawPath: "/dev/mcp" }),
        "requestContext.stage",
        "dev",
      ),
      "/mcp",
    ],
    [
      "without the stage of an HTTP API (1.0)",
      withMember(
        httpApiEventVersion1({ path: "/dev/mcp" }),
        "requestContext.stage",
        "dev",
      ),
      "/mcp",
    ],
    [
      "with what only begins like the stage",
      withMember(
        httpApiEvent({ rawPath: "/devices" }),
        "requestContext.stage",
        "dev",
      ),
      "/devices",
    ],
    [
      "at the root of a stage",
      withMember(
        httpApiEvent({ rawPath: "/dev" }),
        "requestContext.stage",
        "dev",
      ),
      "/",
    ],
    [
      "below a custom domain, which has no stage",
      withMember(
        withMember(
          httpApiEvent({ rawPath: "/dev/mcp" }),
          "requestContext.stage",
          "dev",
        ),
        "requestContext.domainName",
        "notes.example.com",
      ),
      "/dev/mcp",
    ],
    [
      "of a REST API, which has removed its stage",
      restApiEvent({ path: "/prod/mcp" }),
      "/prod/mcp",
    ],
    [
      "with no path below a custom domain's mapping",
      httpApiEvent({ rawPath: "" }),
      "/",
    ],
    [
      "with a question mark that the gateway decoded",
      httpApiEvent({ rawPath: "/a?b#c" }),
      "/a%3Fb%23c",
    ],
    [
      "that cannot become a host",
      httpApiEvent({ rawPath: "//evil.example/mcp" }),
      "//evil.example/mcp",
    ],
    [
      "without dot segments",
      functionUrlEvent({ rawPath: "/x/../mcp" }),
      "/mcp",
    ],
  ];
for (const [why, event, path] of paths) {
  test(`toLambdaHandler() sees the path ${why}`, async () => {
    assertEquals(new URL((await see(event)).url).pathname, path);
  });
}

test("toLambdaHandler() lets no fragment end the query", async () => {
  const { url } = await see(httpApiEvent({ rawQueryString: "a=1#&b=2" }));
  assertEquals(new URL(url).search, "?a=1%23&b=2");
});

test("toLambdaHandler() falls back on single values where a REST API sends no others", async () => {
  const { headers, url } = await see(restApiEvent({
    multiValueHeaders: null,
    multiValueQueryStringParameters: null,
  }));
  assertEquals(headers.header2, "value2");
  assertEquals(new URL(url).search, "?parameter1=value2&parameter2=a+b");
});

const MEMBERS_2 = [
  "rawPath",
  "rawQueryString",
  "cookies",
  "headers",
  "requestContext",
  "requestContext.http",
  "requestContext.http.method",
  "body",
  "isBase64Encoded",
];
const MEMBERS_1 = [
  "path",
  "httpMethod",
  "headers",
  "multiValueHeaders",
  "multiValueHeaders.Header1",
  "multiValueQueryStringParameters",
  "requestContext",
  "body",
  "isBase64Encoded",
];
const VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  true,
  "",
  "\r\nx: y",
  [],
  [null],
  [[]],
  {},
  { __proto__: null, toString: null },
  "\ud800",
  "x".repeat(1_000_000),
];

/** What no client could have sent over HTTP, and no gateway should have made of it. */
const hostile: readonly (readonly [why: string, event: unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a text", "event"],
  ["a list", []],
  ["an empty object", {}],
  ["a queue's event", { Records: [{ body: "{}", eventSource: "aws:sqs" }] }],
  ["an unknown version", httpApiEvent({ version: "3.0" })],
  ["base64 that is none", httpApiEvent({ body: "%%%", isBase64Encoded: true })],
  [
    "base64 of the wrong length",
    httpApiEvent({ body: "QUJDR", isBase64Encoded: true }),
  ],
  [
    "a line break in a field (2.0)",
    withMember(httpApiEvent(), "headers.header1", "a\r\nx-admin: 1"),
  ],
  [
    "a line break in a field (1.0)",
    withMember(restApiEvent(), "multiValueHeaders.Header1", ["a\nb"]),
  ],
  [
    "a line break in a field's name",
    httpApiEvent({ headers: { "a\r\nb": "c" } }),
  ],
  ["a line break in a cookie", httpApiEvent({ cookies: ["a=b\r\nx: y"] })],
  ["a field that is no text", httpApiEvent({ headers: { a: 1 } })],
  [
    "a method that is none",
    withMember(httpApiEvent(), "requestContext.http.method", "P(ST"),
  ],
  [
    "a method that nobody knows",
    withMember(httpApiEvent(), "requestContext.http.method", "FOO"),
  ],
  [
    "a method that nobody may send",
    withMember(httpApiEvent(), "requestContext.http.method", "TRACE"),
  ],
  [
    "a method that begins like one",
    withMember(httpApiEvent(), "requestContext.http.method", "GETTER"),
  ],
  [
    "a method that ends like one",
    withMember(httpApiEvent(), "requestContext.http.method", "XGET"),
  ],
  ["a path that does not begin with a slash", httpApiEvent({ rawPath: "mcp" })],
  [
    "a path that would be a password",
    httpApiEvent({ rawPath: "@evil.example/mcp" }),
  ],
];
for (const [why, event] of hostile) {
  test(`toLambdaHandler() answers ${why} with 400`, async () => {
    const result = await answer(() => {
      throw new Error("The handler was reached");
    }, event);
    assertEquals(result.statusCode, 400);
    assertEquals(JSON.parse(result.body).error, "invalid_request");
    assertEquals(result.headers["content-type"], "application/json");
  });
}

for (
  const [form, event, members] of [
    ["2.0", httpApiEvent(), MEMBERS_2],
    ["1.0", restApiEvent(), MEMBERS_1],
  ] as const
) {
  for (const member of members) {
    test(`toLambdaHandler() stays calm whatever ${member} is (${form})`, async () => {
      for (const value of VALUES) {
        const { statusCode } = await answer(
          async (request) => new Response(await request.text()),
          withMember(event, member, value),
        );
        assert(statusCode === 200 || statusCode === 400, `${statusCode}`);
      }
    });
  }
}

/** Bodies, and whether they come back as text. */
const bodies: readonly (readonly [
  what: string,
  body: Uint8Array<ArrayBuffer> | string,
  text: boolean,
])[] = [
  ["nothing", "", true],
  ["text", "Grüße \u{1f600}", true],
  ["text behind a byte order mark", "\ufefftext", true],
  ["bytes that are not UTF-8", Uint8Array.of(0, 255, 254, 128), false],
  ["many bytes", new Uint8Array(100_000).fill(255), false],
];
for (const [what, body, text] of bodies) {
  test(`toLambdaHandler() gives back ${what} to the byte`, async () => {
    const result = await answer(() => new Response(body), httpApiEvent());
    assertEquals(result.isBase64Encoded, !text);
    const bytes = text
      ? utf8(result.body)
      : [...atob(result.body)].map((char) => char.charCodeAt(0));
    const sent = typeof body === "string" ? utf8(body) : [...body];
    assertEquals(bytes.length, sent.length);
    assert(bytes.every((byte, i) => byte === sent[i]));
  });
}

const RESPONSE: Handler = () => {
  const headers = new Headers({ "content-type": "text/plain" });
  headers.append("x-list", "a");
  headers.append("x-list", "b");
  headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
  headers.append("set-cookie", "b=2");
  return new Response("text", { status: 201, headers });
};
const COOKIES = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"];
const FIELDS = { "content-type": "text/plain", "x-list": "a, b" };

test("toLambdaHandler() writes cookies as format 2.0 does", async () => {
  for (const event of [httpApiEvent(), functionUrlEvent()]) {
    assertEquals(await answer(RESPONSE, event), {
      statusCode: 201,
      headers: FIELDS,
      cookies: COOKIES,
      body: "text",
      isBase64Encoded: false,
    });
  }
});

test("toLambdaHandler() writes cookies as format 1.0 does", async () => {
  for (const event of [restApiEvent(), httpApiEventVersion1()]) {
    assertEquals(await answer(RESPONSE, event), {
      statusCode: 201,
      headers: FIELDS,
      multiValueHeaders: { "set-cookie": COOKIES },
      body: "text",
      isBase64Encoded: false,
    });
  }
});

test("toLambdaHandler() repeats a challenge where no gateway renames it", async () => {
  const challenge = 'Bearer resource_metadata="https://notes.example.com/x"';
  const { headers } = await answer(
    () =>
      new Response(null, {
        status: 401,
        headers: { "www-authenticate": challenge },
      }),
    httpApiEvent(),
  );
  assertEquals(headers["www-authenticate"], challenge);
  assertEquals(headers["x-www-authenticate"], challenge);
});

test("toLambdaHandler() throws on what the handler throws", async () => {
  await assertRejects(
    () => answer(() => Promise.reject(new RangeError("mine")), httpApiEvent()),
    RangeError,
    "mine",
  );
});

test("toLambdaHandler() gives the event and Lambda's context to the handler", async () => {
  const given: unknown[] = [];
  const [event, context] = [httpApiEvent(), { awsRequestId: "1" }];
  await toLambdaHandler((_request, platform) => {
    const { event, context } = platform as LambdaPlatform;
    given.push(event, context);
    return new Response();
  })(event, context);
  assert(given[0] === event && given[1] === context);
});

test("toLambdaHandler() is not done before the work that goes on", async () => {
  const done: string[] = [];
  await answer((_request, platform) => {
    platform!.waitUntil!(Promise.resolve().then(() => void done.push("work")));
    platform!.waitUntil!(Promise.reject(new Error("nobody's business")));
    return new Response();
  }, httpApiEvent());
  assertEquals(done, ["work"]);
});
