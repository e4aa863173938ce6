import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  AUTHORIZER,
  RESPONSE_PARAMETERS,
  routesOf,
} from "../../examples/aws/api.ts";
import { type HttpApi, httpApi } from "../../examples/aws/gateway.ts";
import {
  authorizerVerifier,
  lambdaAuthorizer,
  toLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { METADATA, RESOURCE, surroundings } from "./aws_resource.ts";
import type { Sample } from "./aws_samples.ts";

/** An API whose functions are told what to say, and remember what they heard. */
function api(
  change: Partial<HttpApi> = {},
  answer: unknown = { isAuthorized: true, context: { who: "ada" } },
): {
  readonly asked: Sample[];
  readonly called: Sample[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
} {
  const asked: Sample[] = [];
  const called: Sample[] = [];
  const handle = httpApi({
    routes: routesOf(RESOURCE),
    authorizer: {
      ...AUTHORIZER,
      handler: (event) => {
        asked.push(event as Sample);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    integration: (event) => {
      called.push(event as Sample);
      return { statusCode: 200, body: "called" };
    },
    responseParameters: {},
    log: () => {},
    ...change,
  });
  return {
    asked,
    called,
    fetch: (path, init) =>
      handle(new Request(`https://notes.example.com${path}`, init)),
  };
}

/** Which route a request takes, and whether the authorizer is asked. */
const routed: readonly (readonly [
  method: string,
  path: string,
  route: string,
  authorized: boolean,
])[] = [
  ["POST", "/mcp", "ANY /mcp", true],
  ["GET", "/mcp?x=1", "ANY /mcp", true],
  ["DELETE", "/mcp", "ANY /mcp", true],
  ["OPTIONS", "/mcp", "OPTIONS /mcp", false],
  ["POST", "/mcp/", "ANY /mcp/{proxy+}", true],
  ["POST", "/mcp/below/it", "ANY /mcp/{proxy+}", true],
  ["OPTIONS", "/mcp/below", "OPTIONS /mcp/{proxy+}", false],
  ["GET", "/mcp/.well-known/x", "ANY /mcp/.well-known/{proxy+}", false],
  ["GET", "/.well-known/x/mcp", "ANY /.well-known/{proxy+}", false],
  ["GET", "/healthcheck", "GET /healthcheck", false],
  ["POST", "/healthcheck", "$default", false],
  ["POST", "/MCP", "$default", false],
  ["POST", "/mcpx", "$default", false],
];
for (const [method, path, route, authorized] of routed) {
  test(`httpApi() sends ${method} ${path} to ${route}`, async () => {
    const { asked, called, fetch } = api();
    await fetch(path, { method });
    assertEquals(called[0]?.routeKey, route);
    assertEquals(asked.length, authorized ? 1 : 0);
    assertEquals(
      called[0]?.requestContext.authorizer,
      authorized ? { lambda: { who: "ada" } } : undefined,
    );
  });
}

test("routesOf() guards a resource without a path wherever it is", () => {
  const guarded = routesOf("https://notes.example.com")
    .filter(({ authorized }) => authorized).map(({ key }) => key);
  assertEquals(guarded, ["ANY /", "ANY /{proxy+}"]);
});

test("httpApi() answers by itself where there is no route", async () => {
  const { fetch } = api({ routes: [{ key: "GET /mcp", authorized: true }] });
  const response = await fetch("/mcp", { method: "POST" });
  assertEquals(response.status, 404);
  assertEquals(await response.json(), { message: "Not Found" });
});

test("httpApi() gives both functions events of format 2.0", async () => {
  const { asked, called, fetch } = api();
  await fetch("/mcp/below?a=1&a=2&b=c%20d", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      cookie: "c=1; d=2",
      "x-forwarded-for": "forged",
      "x-list": "1, 2",
    },
    body: '{"ö":1}',
  });
  const [event] = called;
  assertEquals(event?.version, "2.0");
  assertEquals(event?.rawPath, "/mcp/below");
  assertEquals(event?.rawQueryString, "a=1&a=2&b=c%20d");
  assertEquals(event?.queryStringParameters, { a: "1,2", b: "c d" });
  assertEquals(event?.pathParameters, { proxy: "below" });
  assertEquals(event?.cookies, ["c=1", "d=2"]);
  assertEquals(event?.headers["x-list"], "1, 2");
  assertEquals(event?.headers["x-forwarded-for"], "127.0.0.1");
  assertEquals(event?.headers.cookie, undefined);
  assertEquals([event?.body, event?.isBase64Encoded], ['{"ö":1}', false]);
  assertEquals(event?.requestContext.http.method, "POST");
  assertEquals(event?.requestContext.stage, "$default");

  const { type, routeArn, identitySource, ...rest } = asked[0]!;
  const { authorizer: _, ...requestContext } = event!.requestContext;
  const { body: __, isBase64Encoded: ___, ...shared } = event!;
  assertEquals(rest, { ...shared, requestContext } as Sample);
  assertEquals([type, identitySource], ["REQUEST", []]);
  assert(
    /^arn:aws:execute-api:.*\/\$default\/POST\/mcp\/below$/.test(routeArn),
  );
});

test("httpApi() encodes a body that is no text", async () => {
  const { called, fetch } = api();
  await fetch("/mcp", { method: "POST", body: Uint8Array.of(0, 255) });
  assertEquals([called[0]?.body, called[0]?.isBase64Encoded], ["AP8=", true]);
});

test("httpApi() takes no more than AWS does", async () => {
  const { called, fetch } = api();
  const headers = { "x-padding": "x".repeat(10_240) };
  assertEquals((await fetch("/mcp", { headers })).status, 431);
  const body = new Uint8Array(10 * 1024 * 1024 + 1);
  assertEquals((await fetch("/mcp", { method: "POST", body })).status, 413);
  const event = new Uint8Array(6 * 1024 * 1024);
  const answer = await fetch("/mcp", { method: "POST", body: event });
  assertEquals(answer.status, 500);
  assertEquals(called, []);
});

test("httpApi() has 500 for a function's result of more than 6 MB", async () => {
  const logged: string[] = [];
  const { fetch } = api({
    integration: () => ({ statusCode: 200, body: "x".repeat(6_291_556) }),
    log: (line) => logged.push(line),
  });
  assertEquals((await fetch("/mcp")).status, 500);
  assertMatch(logged.join(), /the result: .* Lambda takes 6291556/);
});

/** What an authorizer says, and what becomes of the request. */
const verdicts: readonly (readonly [
  why: string,
  answer: unknown,
  status: number,
  message?: string,
])[] = [
  ["yes", { isAuthorized: true }, 200],
  ["no", { isAuthorized: false }, 403, "Forbidden"],
  ["an error", new Error("broken"), 500, "Internal Server Error"],
  ["nothing", null, 500, "Internal Server Error"],
  ["something else", { authorized: true }, 500, "Internal Server Error"],
  ["yes, as text", { isAuthorized: "true" }, 500, "Internal Server Error"],
  ["a policy for the stage", policy("Allow", "*/$default/*"), 200],
  ["a policy for the method", policy("Allow", "*/$default/POST/mcp"), 200],
  [
    "a policy for another",
    policy("Allow", "*/$default/GET/mcp"),
    403,
    "Forbidden",
  ],
  ["a policy against it", policy("Deny", "*"), 403, "Forbidden"],
];
for (const [why, answer, status, message] of verdicts) {
  test(`httpApi() gives ${status} when the authorizer says ${why}`, async () => {
    const { called, fetch } = api({}, answer);
    const response = await fetch("/mcp", { method: "POST" });
    assertEquals(response.status, status);
    assertEquals(called.length, status === 200 ? 1 : 0);
    if (message === undefined) return;
    assertEquals(await response.json(), { message });
    assertEquals(response.headers.get("www-authenticate"), null);
  });
}

function policy(Effect: string, Resource: string): unknown {
  return {
    principalId: "ada",
    policyDocument: { Statement: [{ Effect, Resource }] },
  };
}

test("httpApi() refuses a request without an identity source, and asks nobody", async () => {
  const { asked, called, fetch } = api({}, { isAuthorized: true });
  const strict = api({
    authorizer: {
      identitySource: ["$request.header.Authorization"],
      resultTtlSeconds: 0,
      handler: (event) => {
        asked.push(event as Sample);
        return { isAuthorized: true };
      },
    },
  });
  const response = await strict.fetch("/mcp", { method: "POST" });
  assertEquals(response.status, 401);
  assertEquals(await response.json(), { message: "Unauthorized" });
  assertEquals(response.headers.get("www-authenticate"), null);
  assertEquals([asked.length, strict.called.length], [0, 0]);
  const headers = { authorization: "Bearer a" };
  assertEquals(
    (await strict.fetch("/mcp", { method: "POST", headers })).status,
    200,
  );
  assertEquals(asked[0]?.identitySource, ["Bearer a"]);
  assertEquals((await fetch("/mcp")).status, 200);
  assertEquals(called.length, 1);
});

test("httpApi() keeps an answer by the identity sources, for all routes, as long as it is told to", async () => {
  let [now, asked] = [0, 0];
  const { fetch } = api({
    now: () => now,
    authorizer: {
      identitySource: ["$request.header.authorization"],
      resultTtlSeconds: 300,
      handler: () => {
        asked++;
        return { isAuthorized: true };
      },
    },
  });
  const ask = (token: string, path = "/mcp"): Promise<Response> =>
    fetch(path, { headers: { authorization: token } });
  await ask("a");
  await ask("a", "/mcp/below");
  assertEquals(asked, 1);
  await ask("b");
  assertEquals(asked, 2);
  now = 299_999;
  await ask("a");
  assertEquals(asked, 2);
  now = 300_000;
  await ask("a");
  assertEquals(asked, 3);
});

test("httpApi() does not keep that the authorizer failed", async () => {
  let asked = 0;
  const { fetch } = api({
    authorizer: {
      identitySource: ["$request.header.authorization"],
      resultTtlSeconds: 300,
      handler: () => {
        if (asked++ === 0) throw new Error("broken");
        return { isAuthorized: true };
      },
    },
  });
  const headers = { authorization: "a" };
  assertEquals((await fetch("/mcp", { headers })).status, 500);
  assertEquals((await fetch("/mcp", { headers })).status, 200);
});

test("httpApi() refuses what AWS would refuse", () => {
  const handler = (): unknown => ({});
  for (
    const authorizer of [
      { handler, identitySource: [], resultTtlSeconds: 1 },
      {
        handler,
        identitySource: ["$request.header.a"],
        resultTtlSeconds: 3601,
      },
    ]
  ) assertThrows(() => api({ authorizer }), TypeError);
  for (
    const mapping of [
      { "overwrite:header.x-amzn-remapped-www-authenticate": "x" },
      { "overwrite:header.Authorization": "x" },
      {
        "overwrite:header.a":
          "$response.header.x-amzn-remapped-www-authenticate",
      },
      { "set:header.a": "x" },
    ]
  ) {
    assertThrows(
      () => api({ responseParameters: { 200: mapping } }),
      TypeError,
    );
  }
});

test("httpApi() answers 500 when the function fails, and logs why", async () => {
  const logged: string[] = [];
  const { fetch } = api({
    integration: () => Promise.reject(new RangeError("why")),
    log: (line) => logged.push(line),
  });
  const response = await fetch("/mcp", { method: "POST" });
  assertEquals(response.status, 500);
  assertEquals(await response.json(), { message: "Internal Server Error" });
  assertEquals(logged, ["Function error: RangeError: why"]);
});

test("httpApi() waits for the function so long and no longer", async () => {
  const { fetch } = api({
    timeoutMilliseconds: 1,
    integration: () => new Promise(() => {}),
  });
  const response = await fetch("/mcp", { method: "POST" });
  assertEquals(response.status, 503);
  assertEquals(await response.json(), { message: "Service Unavailable" });
});

test("httpApi() renames a challenge, and a mapping makes it again", async () => {
  const integration = (): unknown => ({
    statusCode: 401,
    headers: { "www-authenticate": "Bearer", "x-www-authenticate": "Bearer" },
  });
  const bare = await api({ integration }).fetch("/mcp");
  assertEquals(bare.headers.get("www-authenticate"), null);
  assertEquals(bare.headers.get("x-amzn-remapped-www-authenticate"), "Bearer");
  const mapped = await api({
    integration,
    responseParameters: RESPONSE_PARAMETERS,
  }).fetch("/mcp");
  assertEquals(mapped.headers.get("www-authenticate"), "Bearer");
});

test("httpApi() infers a result without a status", async () => {
  const { fetch } = api({ integration: () => ({ message: "hello" }) });
  const response = await fetch("/mcp");
  assertEquals(response.status, 200);
  assertEquals(await response.json(), { message: "hello" });
});

test("httpApi() sends cookies and binary bodies", async () => {
  const { fetch } = api({
    integration: () => ({
      statusCode: 200,
      cookies: ["a=1", "b=2"],
      body: "AP8=",
      isBase64Encoded: true,
    }),
  });
  const response = await fetch("/mcp");
  assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals(
    new Uint8Array(await response.arrayBuffer()),
    Uint8Array.of(0, 255),
  );
});

test("behind a gateway that keeps answers, an expired token is refused all the same", async () => {
  const { network, issuer } = surroundings();
  const options = { metadata: METADATA, platform: network };
  let asked = 0;
  const authorizer = lambdaAuthorizer({ ...options, refusals: "forward" });
  const { fetch } = api({
    now: network.now,
    responseParameters: RESPONSE_PARAMETERS,
    authorizer: {
      identitySource: ["$request.header.Authorization"],
      resultTtlSeconds: 3600,
      handler: (event) => {
        asked++;
        return authorizer(event);
      },
    },
    integration: toLambdaHandler(
      protectResource(() => new Response("reached"), {
        ...options,
        verifyAccessToken: authorizerVerifier(),
      }),
    ),
  });
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  assertEquals(await (await fetch("/mcp", { headers })).text(), "reached");
  network.pass(600);
  const response = await fetch("/mcp", { headers });
  assertEquals([response.status, asked], [401, 1]);
  assert(response.headers.get("www-authenticate")?.includes("invalid_token"));
});
