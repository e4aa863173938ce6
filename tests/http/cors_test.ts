import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { cors, type CorsOptions, withCors } from "../../src/http/cors.ts";
import { isLoopback } from "../../src/runtime/identifiers.ts";

const APP = "https://app.example";
const EVIL = "https://evil.example";
const TOLD = "access-control-allow-origin";
const EXPOSE = "access-control-expose-headers";
const EXPOSED =
  "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After, DPoP-Nonce";

type Fields = Record<string, string>;

/** What MCP clients send, by the version that made them. */
const sent = [
  "Authorization",
  "Content-Type",
  "Accept",
  "MCP-Protocol-Version",
  "Mcp-Session-Id",
  "Last-Event-ID",
  "Mcp-Method",
  "Mcp-Name",
  "Mcp-Param-Region",
  "mcp-param-a.b_c!9",
  "DPoP",
];

for (const name of sent) {
  test(`withCors() lets a script send ${name}`, async () => {
    assert((await allowedHeaders(name)).includes(name.toLowerCase()));
  });
}

const foreign: readonly (readonly [why: string, asked: string])[] = [
  ["a field that nobody listed", "x-evil"],
  ["a wildcard", "*"],
  ["a family without a name", "mcp-param-"],
  ["a name that only contains the family's", "x-mcp-param-a"],
  ["a name with a space", "mcp-param-a b"],
  ["a name with a quote", 'mcp-param-"'],
  ["a name with a colon", "mcp-param-a:b"],
  ["a letter outside ASCII", "mcp-param-\u00e9"],
];

for (const [why, asked] of foreign) {
  test(`withCors() does not give ${why} back in a preflight`, async () => {
    const without = await allowedHeaders("");
    assertEquals(await allowedHeaders(asked), without);
    const beside = await allowedHeaders(`${asked} , mcp-param-b `);
    assertEquals(beside, [...without, "mcp-param-b"]);
  });
}

test("withCors() answers a preflight by itself, with all that a browser needs", async () => {
  const response = await preflight({ "access-control-request-method": "POST" });
  assertEquals([response.status, await response.text()], [204, ""]);
  const { "access-control-allow-headers": _, ...fields } = Object.fromEntries(
    response.headers,
  );
  assertEquals(fields, {
    "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
    "access-control-allow-origin": "*",
    "access-control-max-age": "7200",
    allow: "GET, POST, DELETE, OPTIONS",
    vary: "Access-Control-Request-Headers",
  });
});

test("withCors() takes more headers and another max age from its options", async () => {
  const allowHeaders = ["X-Trace"], exposeHeaders = ["X-Cost"];
  const options = { allowHeaders, exposeHeaders, maxAgeSeconds: 0 };
  const { headers } = await preflight({}, options);
  assert(headers.get("access-control-allow-headers")?.endsWith(", X-Trace"));
  assertEquals(headers.get("access-control-max-age"), "0");
  const response = await answer(new Response(), {}, options);
  assertEquals(response.headers.get(EXPOSE), `${EXPOSED}, X-Cost`);
});

test("withCors() allows a private network to a page whose browser asks for it", async () => {
  for (const asked of [true, false]) {
    const { headers } = await preflight(
      asked ? { "access-control-request-private-network": "true" } : {},
    );
    const allowed = headers.get("access-control-allow-private-network");
    assertEquals(allowed, asked ? "true" : null);
  }
});

const origins: readonly (readonly [
  why: string,
  origins: CorsOptions["origins"],
  origin: string | undefined,
  allowed: string | null | false,
])[] = [
  ["any origin by default", undefined, EVIL, "*"],
  ["the null origin by default", undefined, "null", "*"],
  ["no origin by default", undefined, undefined, "*"],
  ["an origin that is listed", [APP, "http://localhost:3000"], APP, APP],
  ["no origin beside a list", [APP], undefined, null],
  ["an origin that a function allows", (it) => it === APP, APP, APP],
  ["an origin that is not listed", [APP], EVIL, false],
  ["the null origin beside a list", [APP], "null", false],
  ["an empty origin", [APP], "", false],
  ["a longer host", [APP], `${APP}.evil.example`, false],
  ["another port", [APP], `${APP}:8443`, false],
  ["another scheme", [APP], "http://app.example", false],
  ["another case", [APP], "https://APP.example", false],
  ["a slash at the end", [APP], `${APP}/`, false],
  ["two origins", [APP], `${APP}, ${EVIL}`, false],
  ["any origin beside an empty list", [], APP, false],
  ["an origin that a function refuses", (it) => it !== APP, APP, false],
];

for (const [why, allow, origin, allowed] of origins) {
  const verb = allowed === false ? "refuses" : "lets in";
  test(`withCors() ${verb} ${why}, preflight or not`, async () => {
    for (const [method, status] of [["POST", 200], ["OPTIONS", 204]] as const) {
      let called = false;
      const options = allow === undefined ? {} : { origins: allow };
      const handler = withCors(() => {
        called = true;
        return new Response();
      }, options);
      const response = await handler(request(method, fields({ origin })));
      assertEquals(response.status, allowed === false ? 403 : status);
      assertEquals(response.headers.get(TOLD), allowed || null);
      assertEquals(called, allowed !== false && method === "POST");
    }
  });
}

test("cors().expose() exposes nothing to an origin that is not allowed", () => {
  const { expose } = cors({ origins: [APP] });
  const headers = new Headers();
  expose(request("POST", { origin: EVIL }), headers);
  assertEquals(headers.get(TOLD), null);
  assertEquals(headers.get("vary"), "Origin");
});

test("withCors() leaves no trace of a request on a response that the handler reuses", async () => {
  const other = "https://other.example";
  const own = new Response(null, { status: 202, headers: { [EXPOSE]: "X-A" } });
  const handler = withCors(() => own, { origins: [APP, other] });
  const sent = [APP, other, undefined, APP];
  const responses: Response[] = [];
  for (const origin of sent) {
    responses.push(await handler(request("POST", fields({ origin }))));
  }
  // All at once, since a runtime may read the headers later.
  for (const [i, { headers, status }] of responses.entries()) {
    assertEquals(status, 202);
    assertEquals(headers.get(TOLD), sent[i] ?? null);
    assertEquals(headers.get(EXPOSE), `X-A, ${EXPOSED}`);
    assertEquals(headers.get("vary"), "Origin");
  }
});

test("withCors() around another one exposes everything once", async () => {
  const handler = withCors(withCors(() => new Response()));
  const { headers } = await handler(request("POST", { origin: APP }));
  assertEquals(headers.get(EXPOSE), EXPOSED);
  assertEquals(headers.get(TOLD), "*");
});

test("withCors() around another one grows no response that the handler reuses", async () => {
  const shared = new Response(null, { status: 202 });
  const inner = withCors(() => shared);
  const handler = withCors(inner, { exposeHeaders: ["X-Cost"] });
  const sent: (string | null)[] = [];
  for (let i = 0; i < 3; i++) {
    const { headers } = await handler(request("POST", {}));
    sent.push(headers.get(EXPOSE));
  }
  assertEquals(sent, Array(3).fill(`${EXPOSED}, ${EXPOSED}, X-Cost`));
});

const varies: readonly (readonly [
  why: string,
  origins: readonly string[] | undefined,
  own: string | undefined,
  vary: string | null,
])[] = [
  ["all are told the same", undefined, undefined, null],
  ["all are told the same, and the handler varies", undefined, "A", "A"],
  ["an origin is told itself", [APP], undefined, "Origin"],
  ["an origin is told itself, and the handler varies", [APP], "A", "A, Origin"],
  ["the handler says it already", [APP], "A,ORIGIN", "A,ORIGIN"],
  ["the handler says what ends like it", [APP], "X-Origin", "X-Origin, Origin"],
  [
    "the handler says what begins like it",
    [APP],
    "Origin-X",
    "Origin-X, Origin",
  ],
];

for (const [why, origins, vary, expected] of varies) {
  test(`withCors() tells caches what an answer depends on where ${why}`, async () => {
    for (const headers of [{ origin: APP }, {}]) {
      const own = new Response(null, { headers: fields({ vary }) });
      const options = origins === undefined ? {} : { origins };
      const response = await answer(own, headers, options);
      assertEquals(response.headers.get("vary"), expected);
    }
  });
}

test("withCors() tells caches what a preflight depends on", async () => {
  const { headers } = await preflight({ origin: APP }, { origins: [APP] });
  assertEquals(headers.get("vary"), "Access-Control-Request-Headers, Origin");
});

/** The Host field, or where it is not given, the host of the URL. */
const hosts: readonly (readonly [
  why: string,
  hosts: CorsOptions["hosts"],
  host: string | undefined,
  status: number,
])[] = [
  ["any host by default", undefined, "evil.example", 200],
  ["a host that is listed", ["h.example"], "h.example", 200],
  ["a host in another case", ["h.example"], "H.Example:3000", 200],
  ["the URL's host where no field is given", ["h.example"], undefined, 200],
  ["localhost and a port", isLoopback, "localhost:3000", 200],
  ["an IPv6 address and a port", isLoopback, "[::1]:3000", 200],
  ["an IPv6 address", isLoopback, "[::1]", 200],
  ["a host that is not listed", ["h.example"], "evil.example", 403],
  ["a name that DNS lies about", isLoopback, "evil.example:3000", 403],
  ["a name like loopback", isLoopback, "localhost.evil.example", 403],
  ["a name like an address", isLoopback, "127.0.0.1.evil.example", 403],
  ["every address of the machine", isLoopback, "0.0.0.0:3000", 403],
  ["an empty host", ["h.example"], "", 403],
  ["a URL's host that is not listed", ["other.example"], undefined, 403],
];

for (const [why, allow, host, status] of hosts) {
  const verb = status === 200 ? "lets in" : "refuses";
  test(`withCors() ${verb} a request to ${why}`, async () => {
    const options = allow === undefined ? {} : { hosts: allow };
    const response = await answer(new Response(), fields({ host }), options);
    assertEquals(response.status, status);
  });
}

test("withCors() refuses a request whose URL has a host that none can have", async () => {
  const odd = Object.defineProperty(request("POST", {}), "url", {
    value: "http://h%/mcp",
  });
  const handler = withCors(() => new Response(), { hosts: ["h.example"] });
  assertEquals((await handler(odd)).status, 403);
});

for (
  const [name, option] of [["Origin", "origins"], ["Host", "hosts"]] as const
) {
  test(`withCors() passes no ${name} to a function that is too long for a URL`, async () => {
    for (const [length, status] of [[8192, 200], [8193, 403]] as const) {
      const headers = { [name]: "a".repeat(length) };
      const options = { [option]: () => true };
      const response = await answer(new Response(), headers, options);
      assertEquals(response.status, status);
    }
  });
}

const unusable: readonly (readonly [why: string, options: unknown])[] = [
  ["one origin, of which a half would pass", { origins: APP }],
  ["an origin as a pattern", { origins: ["*"] }],
  ["an origin with a pattern", { origins: ["https://*.app.example"] }],
  ["an origin with a slash at its end", { origins: [`${APP}/`] }],
  ["an origin without its scheme", { origins: ["app.example"] }],
  ["an origin in upper case", { origins: ["https://APP.example"] }],
  ["an origin after a space", { origins: [` ${APP}`] }],
  ["an origin in front of a space", { origins: [`${APP} `] }],
  ["one host", { hosts: "h.example" }],
  ["a host with its port", { hosts: ["h.example:3000"] }],
  ["a host as an origin", { hosts: ["https://h.example"] }],
  ["a host in upper case", { hosts: ["H.example"] }],
];

for (const [why, options] of unusable) {
  test(`withCors() refuses ${why}, and says what to write`, () => {
    const { message } = assertThrows(
      () => withCors(() => new Response(), options as CorsOptions),
      TypeError,
    );
    assertMatch(message, /^Cannot use cors\.(?:origins|hosts): list each as /);
  });
}

test("withCors() takes what browsers and hosts are called", () => {
  const origins = ["null", APP, "http://[::1]:6274", "vscode-webview://1a2b"];
  const hosts = ["h.example", "127.0.0.1", "[::1]", "localhost"];
  assert(withCors(() => new Response(), { origins, hosts }));
});

for (const option of ["allowHeaders", "exposeHeaders"] as const) {
  for (const name of [" X-Trace", "X-Trace\r\nX-Evil: 1", "X Trace", "X-T,"]) {
    test(`withCors() refuses the ${option} ${JSON.stringify(name)}`, () => {
      assertThrows(
        () => withCors(() => new Response(), { [option]: [name] }),
        TypeError,
        `Cannot use cors.${option}: list names of headers`,
      );
    });
  }
}

const refusals: readonly (readonly [what: string, options: CorsOptions])[] = [
  ["Origin", { origins: [] }],
  ["Host", { hosts: [] }],
];

for (const [what, options] of refusals) {
  test(`withCors() refuses ${what} without a challenge, which would begin a login`, async () => {
    const response = await answer(new Response(), { origin: EVIL }, options);
    assertEquals(response.headers.has("www-authenticate"), false);
    assertEquals(await response.json(), {
      error: "forbidden",
      error_description: `${what} not allowed by cors.${what.toLowerCase()}s`,
    });
  });
}

test("withCors() lets scripts see what clients need, and what the handler showed them", async () => {
  for (const own of [undefined, "X-A, X-B"]) {
    const headers = fields({ [EXPOSE]: own });
    const response = await answer(new Response(null, { headers }));
    const exposed = own === undefined ? EXPOSED : `${own}, ${EXPOSED}`;
    assertEquals(response.headers.get(EXPOSE), exposed);
  }
});

test("withCors() says whom it lets in, whatever the handler says", async () => {
  for (const origins of [undefined, [APP]]) {
    const own = new Response(null, { headers: { [TOLD]: EVIL } });
    const options = origins === undefined ? {} : { origins };
    const response = await answer(own, { origin: APP }, options);
    assertEquals(response.headers.get(TOLD), origins?.[0] ?? "*");
  }
});

const CHALLENGE = { "www-authenticate": "Bearer a=b" };

const answers: readonly (readonly [
  why: string,
  respond: () => Response | Promise<Response>,
])[] = [
  ["a 401", () => new Response("{}", { status: 401, headers: CHALLENGE })],
  ["a 500", () => new Response("oops", { status: 500 })],
  ["a 304, which has no body", () => new Response(null, { status: 304 })],
  ["a redirect, which is frozen", () => Response.redirect("https://h/a")],
  ["what fetch() gave, which is frozen", () => fetch("data:text/plain,hi")],
];

for (const [why, respond] of answers) {
  test(`withCors() lets scripts see ${why}, and keeps the rest of it`, async () => {
    const options = { origins: [APP] };
    const response = await answer(await respond(), { origin: APP }, options);
    const plain = await respond();
    assertEquals(response.headers.get(TOLD), APP);
    assertEquals(response.status, plain.status);
    assertEquals(await response.text(), await plain.text());
    for (const [name, value] of plain.headers) {
      assertEquals(response.headers.get(name), value);
    }
  });
}

test("withCors() hands on what the runtime gave, and what the handler throws", async () => {
  const platform = { waitUntil: (): void => {} };
  const error = new RangeError("mine");
  const handler = withCors((_, given) => {
    assertStrictEquals(given, platform);
    throw error;
  });
  const thrown = await assertRejects(async () =>
    await handler(request("POST", {}), platform)
  );
  assertStrictEquals(thrown, error);
});

test("withCors() hands on what a function of its options throws", async () => {
  const error = new TypeError("mine");
  const origins = (): never => {
    throw error;
  };
  const thrown = await assertRejects(() =>
    answer(new Response(), { origin: APP }, { origins })
  );
  assertStrictEquals(thrown, error);
});

function request(method: string, headers: Fields): Request {
  return new Request("https://h.example:8443/mcp", { method, headers });
}

async function answer(
  response: Response,
  headers: Fields = {},
  options: CorsOptions = {},
): Promise<Response> {
  return await withCors(() => response, options)(request("POST", headers));
}

async function preflight(
  headers: Fields,
  options: CorsOptions = {},
): Promise<Response> {
  const handler = withCors(() => {
    throw new Error("A preflight is not the handler's");
  }, options);
  return await handler(request("OPTIONS", headers));
}

/** In lower case, as a browser compares them. */
async function allowedHeaders(asked: string): Promise<string[]> {
  const response = await preflight({ "access-control-request-headers": asked });
  const allowed = response.headers.get("access-control-allow-headers") ?? "";
  return allowed.toLowerCase().split(", ");
}

/** The fields that are there. */
function fields(all: Readonly<Record<string, string | undefined>>): Fields {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]]
    ),
  );
}
