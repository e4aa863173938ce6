import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  awslambda,
  type StreamingFunction,
} from "../../examples/aws/response_stream.ts";
import {
  gatewayResponsesOf,
  methodsOf,
  REST_AUTHORIZER,
} from "../../examples/aws/rest_api.ts";
import { type RestApi, restApi } from "../../examples/aws/rest_gateway.ts";
import {
  authorizerVerifier,
  lambdaAuthorizer,
  toStreamingLambdaHandler,
} from "../../src/adapters/aws_lambda.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { Handler } from "../../src/types.ts";
import { timeout } from "../support/timeout.ts";
import {
  METADATA,
  METADATA_URL,
  RESOURCE,
  surroundings,
} from "./aws_resource.ts";
import type { Sample } from "./aws_samples.ts";

/** An API whose authorizer is told what to say, and remembers what it heard. */
function api(
  handler: Handler,
  change: Partial<RestApi> = {},
  answer: unknown = policy("Allow"),
): {
  readonly asked: Sample[];
  readonly events: Sample[];
  readonly logged: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
} {
  const [asked, events, logged]: [Sample[], Sample[], string[]] = [[], [], []];
  const streaming = toStreamingLambdaHandler(handler, awslambda);
  const handle = restApi({
    routes: methodsOf(RESOURCE),
    authorizer: {
      ...REST_AUTHORIZER,
      handler: (event) => {
        asked.push(event as Sample);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    integration: (event, stream, context) => {
      events.push(event as Sample);
      return streaming(event, stream, context);
    },
    responses: gatewayResponsesOf({
      resource: RESOURCE,
      scopes: "notes:read notes:write",
      denied: "insufficient_scope",
    }),
    log: (line) => logged.push(line),
    ...change,
  });
  return {
    asked,
    events,
    logged,
    fetch: (path, init) =>
      handle(new Request(`https://notes.example.com${path}`, init)),
  };
}

function policy(Effect: string, Resource = "*/prod/*"): unknown {
  return {
    principalId: "ada",
    policyDocument: { Statement: [{ Effect, Resource }] },
    context: { who: "ada" },
  };
}

const hello: Handler = () => new Response("hello");
const TOKEN = { authorization: "Bearer a" };

test("methodsOf() has a method for the page, unless the resource is there", () => {
  const keys = (resource: string): readonly string[] =>
    methodsOf(resource).map(({ key }) => key);
  assert(keys(RESOURCE).includes("GET /"));
  assert(!keys("https://notes.example.com").includes("GET /"));
  assert(!keys(RESOURCE).includes("$default"));
});

/** What an authorizer says, and what the gateway answers by itself. */
const verdicts: readonly (readonly [
  why: string,
  headers: Record<string, string>,
  answer: unknown,
  status: number,
  challenge: string | null,
])[] = [
  [
    "no token",
    {},
    policy("Allow"),
    401,
    `Bearer scope="notes:read notes:write", resource_metadata="${METADATA_URL}"`,
  ],
  [
    "an authorizer that throws Unauthorized",
    TOKEN,
    new Error("Unauthorized"),
    401,
    `Bearer scope="notes:read notes:write", resource_metadata="${METADATA_URL}"`,
  ],
  [
    "a policy against it",
    TOKEN,
    policy("Deny"),
    403,
    `Bearer error="insufficient_scope", scope="notes:read notes:write", resource_metadata="${METADATA_URL}"`,
  ],
  [
    "a policy for another stage",
    TOKEN,
    policy("Allow", "*/dev/*"),
    403,
    `Bearer error="insufficient_scope", scope="notes:read notes:write", resource_metadata="${METADATA_URL}"`,
  ],
  ["an authorizer that fails", TOKEN, new Error("unauthorized"), 503, null],
  ["an answer that is no policy", TOKEN, { isAuthorized: true }, 503, null],
];
for (const [why, headers, answer, status, challenge] of verdicts) {
  test(`restApi() answers ${status} by itself to ${why}`, async () => {
    const { events, fetch } = api(hello, {}, answer);
    const response = await fetch("/mcp", { method: "POST", headers });
    assertEquals(
      [response.status, response.headers.get("www-authenticate")],
      [status, challenge],
    );
    assertEquals(
      response.headers.get("retry-after"),
      status === 503 ? "5" : null,
    );
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(events, []);
  });
}

test("restApi() has 404 for a path without a method, and asks nobody", async () => {
  const { asked, events, fetch } = api(hello);
  for (const path of ["/nothing", "/MCP"]) {
    assertEquals((await fetch(path, { headers: TOKEN })).status, 404);
  }
  assertEquals([asked, events], [[], []]);
});

test("restApi() gives both functions events of a REST API", async () => {
  const { asked, events, fetch } = api(hello);
  const response = await fetch("/mcp/below?a=1&a=2&b=c%20d", {
    method: "POST",
    headers: { ...TOKEN, "x-forwarded-for": "forged", "x-list": "1, 2" },
    body: '{"ö":1}',
  });
  assertEquals(await response.text(), "hello");
  const [event] = events;
  assertEquals(
    [event?.version, event?.path, event?.httpMethod, event?.resource],
    [undefined, "/mcp/below", "POST", "/mcp/{proxy+}"],
  );
  assertEquals(event?.queryStringParameters, { a: "2", b: "c d" });
  assertEquals(event?.multiValueQueryStringParameters, {
    a: ["1", "2"],
    b: ["c d"],
  });
  assertEquals(event?.pathParameters, { proxy: "below" });
  assertEquals(event?.headers["X-Forwarded-For"], "127.0.0.1");
  assertEquals(event?.headers["x-forwarded-for"], undefined);
  assertEquals(event?.multiValueHeaders["x-list"], ["1, 2"]);
  assertEquals([event?.body, event?.isBase64Encoded], ['{"ö":1}', false]);
  assertEquals(event?.requestContext.authorizer, { who: "ada" });
  const { type, methodArn, body, requestContext } = asked[0]!;
  assertEquals([type, body], ["REQUEST", undefined]);
  assertEquals(requestContext.authorizer, undefined);
  assertMatch(methodArn, /^arn:aws:execute-api:.*\/prod\/POST\/mcp\/below$/);
});

test("restApi() asks once for each token", async () => {
  const { asked, fetch } = api(hello);
  const ask = async (path: string, authorization: string): Promise<void> => {
    const response = await fetch(path, { headers: { authorization } });
    assertEquals(await response.text(), "hello");
  };
  await ask("/mcp", "Bearer a");
  await ask("/mcp/below", "Bearer a");
  assertEquals(asked.length, 1);
  await ask("/mcp", "Bearer b");
  assertEquals(asked.length, 2);
});

test("restApi() takes no more than AWS does", async () => {
  const { events, logged, fetch } = api(hello);
  const padded = { ...TOKEN, "x-padding": "x".repeat(10_240) };
  assertEquals((await fetch("/mcp", { headers: padded })).status, 413);
  const post = async (length: number): Promise<number> => {
    const body = new Uint8Array(length).fill(97);
    const init = { method: "POST", headers: TOKEN, body };
    return (await fetch("/mcp", init)).status;
  };
  assertEquals(await post(10 * 1024 * 1024 + 1), 413);
  assertEquals(await post(6 * 1024 * 1024), 502);
  assertMatch(logged.join(), /Lambda takes 6291456/);
  assertEquals(events, []);
});

test("restApi() renames a function's challenge, and sends its other headers", async () => {
  const headers = new Headers({ "www-authenticate": "Bearer", "x-own": "1" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  const { fetch } = api(() => new Response("no", { status: 403, headers }));
  const response = await fetch("/mcp", { headers: TOKEN });
  assertEquals(response.status, 403);
  assertEquals(response.headers.get("www-authenticate"), null);
  assertEquals(
    response.headers.get("x-amzn-remapped-www-authenticate"),
    "Bearer",
  );
  assertEquals(response.headers.get("x-own"), "1");
  assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals(await response.text(), "no");
});

test(
  "restApi() sends a chunk before the next one is there, and more than 6 MB",
  {
    timeout,
  },
  async () => {
    const { readable, writable } = new TransformStream<
      Uint8Array,
      Uint8Array
    >();
    const writer = writable.getWriter();
    const { fetch } = api(() => new Response(readable));
    const response = await fetch("/mcp", { headers: TOKEN });
    const reader = response.body!.getReader();
    const written = writer.write(new TextEncoder().encode("first"));
    assertEquals(
      new TextDecoder().decode((await reader.read()).value),
      "first",
    );
    await written;
    const chunk = new Uint8Array(1024 * 1024);
    const writing = (async (): Promise<void> => {
      for (let i = 0; i < 7; i++) await writer.write(chunk);
      await writer.close();
    })();
    let received = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      received += value.length;
    }
    await writing;
    assertEquals(received, 7 * 1024 * 1024);
  },
);

test("restApi() does not tell the function that its client has left", {
  timeout,
}, async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const { fetch } = api(() => new Response(readable));
  const response = await fetch("/mcp", { headers: TOKEN });
  await response.body!.cancel();
  // Its body is still read, to the end.
  await writer.write(new TextEncoder().encode("more"));
  await writer.write(new TextEncoder().encode("more"));
  await writer.close();
});

test(
  "restApi() cuts off a response whose function fails, is silent or lasts too long",
  {
    timeout,
  },
  async () => {
    const failing = (): Response =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(Uint8Array.of(97)),
          pull: () => Promise.reject(new RangeError("broken")),
        }),
      );
    const silent = (): Response => new Response(new ReadableStream());
    for (
      const [handler, change] of [
        [failing, {}],
        [silent, { idleMilliseconds: 1 }],
        [silent, { timeoutMilliseconds: 50 }],
      ] as const
    ) {
      const { fetch } = api(handler, change);
      const response = await fetch("/mcp", { headers: TOKEN });
      assertEquals(response.status, 200);
      await assertRejects(() => response.text());
    }
  },
);

/** Functions whose response cannot be read. */
const broken: readonly (readonly [why: string, StreamingFunction])[] = [
  ["fails at once", () => Promise.reject(new RangeError("why"))],
  ["writes nothing", () => Promise.resolve()],
  [
    "writes no metadata",
    (_event, stream) => {
      stream.write(new Uint8Array(20_000).fill(97));
      return Promise.resolve();
    },
  ],
  [
    "has more metadata than AWS reads",
    (_event, stream) => {
      const headers = { "x-long": "a".repeat(17_000) };
      const head = { statusCode: 200, headers };
      const named = awslambda.HttpResponseStream.from(stream, head);
      named.write(Uint8Array.of(97));
      named.end();
      return Promise.resolve();
    },
  ],
];
for (const [why, integration] of broken) {
  test(`restApi() answers 502 for a function that ${why}`, async () => {
    const { logged, fetch } = api(hello, { integration });
    const response = await fetch("/mcp", { headers: TOKEN });
    assertEquals(response.status, 502);
    assertEquals(logged.length, 1);
  });
}

test("behind a REST API that keeps verdicts, an expired token is refused by the function, and so without a challenge", async () => {
  const { network, issuer } = surroundings();
  const options = { metadata: METADATA, platform: network };
  const authorizer = lambdaAuthorizer(options);
  const { fetch } = api(
    protectResource(() => new Response("reached"), {
      ...options,
      verifyAccessToken: authorizerVerifier(),
    }),
    {
      now: network.now,
      authorizer: {
        identitySource: REST_AUTHORIZER.identitySource,
        resultTtlSeconds: 3600,
        handler: (event) => authorizer(event),
      },
    },
  );
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  assertEquals(await (await fetch("/mcp", { headers })).text(), "reached");
  network.pass(600);
  const response = await fetch("/mcp", { headers });
  assertEquals(
    [response.status, response.headers.get("www-authenticate")],
    [401, null],
  );
  assertMatch(
    response.headers.get("x-amzn-remapped-www-authenticate") ?? "",
    /invalid_token/,
  );
  await response.body?.cancel();
});
