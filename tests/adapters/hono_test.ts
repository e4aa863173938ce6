import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { test } from "node:test";
import {
  protectedResource,
  type ProtectedResourceVariables,
} from "../../src/adapters/hono.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { handleOAuthProtectedResourceRequest } from "../../src/discovery/resource_metadata.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";

const ORIGIN = "https://notes.example.com";
const ISSUER = "https://auth.example.com";
const METADATA = { resource: `${ORIGIN}/mcp`, authorization_servers: [ISSUER] };

/** One token is good. */
const verifyAccessToken: AccessTokenVerifier = (token) =>
  token === "good"
    ? Promise.resolve({
      iss: ISSUER,
      sub: "ada",
      aud: METADATA.resource,
      exp: Date.now() / 1000 + 60,
      scope: "notes:read",
    })
    : Promise.reject(new AccessTokenError("bad_signature"));

const OPTIONS: ProtectedResourceOptions = {
  metadata: METADATA,
  verifyAccessToken,
  mirror: null,
  scopes: {
    operations: {
      "tools/call": { "*": ["notes:read"], purge: ["notes:admin"] },
    },
  },
};

type App = Hono<{ Variables: ProtectedResourceVariables }>;

function app(): App {
  return new Hono();
}

/** What Hono does with a request that is guarded, and whose caller got through. */
const inside = "inside";

/** Ways to put an app together. Whatever is behind the guard answers `inside`, and with whom it was called. */
const mounts: [why: string, prefix: string, make: () => App][] = [
  [
    "a part of an app",
    "",
    () =>
      app()
        .get("/healthcheck", (c) => c.text("OK"))
        .use("/mcp/*", protectedResource(OPTIONS))
        .use("/.well-known/*", protectedResource(OPTIONS))
        .all("/mcp/*", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
  ],
  [
    "one path",
    "",
    () =>
      app()
        .use("/mcp", protectedResource(OPTIONS))
        .use("/.well-known/*", protectedResource(OPTIONS))
        .all("/mcp", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
  ],
  [
    "the handler alone",
    "",
    () =>
      app()
        .use("/.well-known/*", protectedResource(OPTIONS))
        .all(
          "/mcp",
          protectedResource(OPTIONS),
          (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`),
        ),
  ],
  [
    "a whole app",
    "",
    () =>
      app()
        .get("/healthcheck", (c) => c.text("OK"))
        .use(protectedResource(OPTIONS))
        .all("*", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
  ],
  [
    "an app that is not strict about slashes",
    "",
    () =>
      new Hono<{ Variables: ProtectedResourceVariables }>({ strict: false })
        .use("/mcp", protectedResource(OPTIONS))
        .use("/.well-known/*", protectedResource(OPTIONS))
        .all("/mcp", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
  ],
  [
    "an app below another",
    "/api",
    () =>
      app().route(
        "/api",
        app()
          .use("/mcp/*", protectedResource(OPTIONS))
          .all("/mcp", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
      ),
  ],
  [
    "an app with a base path",
    "/api",
    () =>
      app().basePath("/api")
        .use("/mcp/*", protectedResource(OPTIONS))
        .all("/mcp", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`)),
  ],
  [
    "an app that another hands requests to",
    "/api",
    () =>
      app().mount(
        "/api",
        app()
          .use("/mcp/*", protectedResource(OPTIONS))
          .all("/mcp", (c) => c.text(`${inside} ${c.get("auth").extra?.sub}`))
          .fetch,
      ),
  ],
];

const spellings: string[] = [
  "/mcp",
  "/mcp?a=b",
  "/%6dcp",
  "/mc%70",
  "/%256dcp",
  "//mcp",
  "/MCP",
  "/mcp/",
  "/mcp%2f",
  "/mcp%2fbelow",
  "/mcp/below",
  "/mcp/.well-known/other",
  "/mcp;a",
  "/mcp%00",
  "/mcp%",
  "/x/..%2fmcp",
  "/.well-known/other",
  "/%2ewell-known/other",
  "/.well-known%2fother",
  "/.well-known/%2e%2e/mcp",
  "/.well-known/..%2fmcp",
];

test("protectedResource() accepts only the canonical path, though Hono decodes others", async () => {
  const [, , make] = mounts[0]!;
  const response = await make().fetch(
    new Request(`${ORIGIN}/%6dcp`, {
      headers: { authorization: "Bearer good" },
    }),
  );
  assertEquals(response.status, 404);
});

for (const [why, prefix, make] of mounts) {
  test(`protectedResource() on ${why} lets nobody in without a good token, by any spelling`, async () => {
    const app = make();
    for (const path of spellings) {
      for (const authorization of ["", "Bearer bad", "Basic good"]) {
        const response = await app.fetch(
          new Request(`${ORIGIN}${prefix}${path}`, {
            headers: authorization === "" ? {} : { authorization },
          }),
        );
        const what = `${path} with "${authorization}"`;
        assert(response.status === 401 || response.status === 404, what);
        assertFalse((await response.text()).includes(inside), what);
      }
    }
  });

  test(`protectedResource() on ${why} lets a good token in, and says whose it is`, async () => {
    const response = await make().fetch(
      new Request(`${ORIGIN}${prefix}/mcp`, {
        headers: { authorization: "Bearer good" },
      }),
    );
    assertEquals(await response.text(), `${inside} ada`);
  });

  test(`protectedResource() on ${why} challenges, and shows it to browsers`, async () => {
    const { status, headers } = await make().fetch(
      new Request(`${ORIGIN}${prefix}/mcp`, {
        headers: { origin: "https://browser.example" },
      }),
    );
    assertEquals(status, 401);
    assertMatch(
      headers.get("www-authenticate") ?? "",
      /^Bearer .*\/\.well-known\/oauth-protected-resource\/mcp"/,
    );
    assertEquals(headers.get("access-control-allow-origin"), "*");
  });

  test(`protectedResource() on ${why} answers preflights`, async () => {
    const response = await make().fetch(
      new Request(`${ORIGIN}${prefix}/mcp`, { method: "OPTIONS" }),
    );
    assertEquals(response.status, 204);
    assert(response.headers.has("access-control-allow-headers"));
  });

  // Below another app, the well-known paths are that one's.
  test(`protectedResource() on ${why} publishes the metadata, if it gets to see the request`, async () => {
    const sees = prefix === "";
    for (const path of ["", "/mcp"]) {
      const request = new Request(
        `${ORIGIN}/.well-known/oauth-protected-resource${path}`,
      );
      const response = await make().fetch(request);
      const expected = handleOAuthProtectedResourceRequest(request, METADATA);
      assertEquals(response.status, sees ? 200 : 404);
      if (sees) assertEquals(await response.text(), await expected.text());
      else await response.body?.cancel();
    }
  });
}

test("protectedResource() leaves public routes before it alone", async () => {
  for (const [, , make] of [mounts[0]!, mounts[3]!]) {
    const response = await make().fetch(new Request(`${ORIGIN}/healthcheck`));
    assertEquals(await response.text(), "OK");
  }
});

test("protectedResource() answers 404 to the resource's path with a slash more, which its metadata does not match", async () => {
  const guarded = new Hono({ strict: false })
    .use("/mcp/*", protectedResource(OPTIONS))
    .use("/.well-known/*", protectedResource(OPTIONS))
    .all("/mcp", (c) => c.text(inside));
  for (
    const path of ["/mcp/", "/.well-known/oauth-protected-resource/mcp/"]
  ) {
    for (const authorization of ["", "Bearer good"]) {
      const { status } = await guarded.fetch(
        new Request(`${ORIGIN}${path}`, { headers: { authorization } }),
      );
      assertEquals(status, 404);
    }
  }
});

/** What middleware in front does with the body, and whether it can still be told. */
const readers: readonly (readonly [
  why: string,
  read: (c: Context) => unknown,
  kept: boolean,
])[] = [
  ["nothing", () => {}, true],
  ["reads it as JSON", (c) => c.req.json(), true],
  ["reads it as text", (c) => c.req.text(), true],
  ["reads its bytes", (c) => c.req.arrayBuffer(), true],
  ["reads it as a blob", (c) => c.req.blob(), true],
  ["reads it as a Uint8Array", (c) => c.req.bytes(), true],
  [
    "caches a Uint8Array of it",
    (c) => {
      const bytes = c.req.raw.bytes();
      Object.assign(c.req.bodyCache, { bytes });
      return bytes;
    },
    true,
  ],
  [
    "reads it twice",
    async (c) => [await c.req.text(), await c.req.json()],
    true,
  ],
  ["reads a copy of it", (c) => c.req.raw.clone().text(), true],
  ["parses it by its type", (c) => c.req.parseBody(), true],
  ["reads it from the raw request", (c) => c.req.raw.text(), false],
];

for (const [why, read, kept] of readers) {
  for (const scopes of [OPTIONS.scopes!, {}]) {
    const reader = scopes.operations ? "the guard" : "the handler";
    test(`protectedResource() ${kept ? "gives" : "cannot give"} ${reader} a body in front of which middleware ${why}`, async () => {
      const errors: Error[] = [];
      const response = await app()
        .onError((error, c) => {
          errors.push(error);
          return c.text("failed", 500);
        })
        .use(async (c, next) => {
          await read(c);
          await next();
        })
        .use(protectedResource({ ...OPTIONS, scopes }))
        .post("/mcp", async (c) => c.json(await c.req.raw.json()))
        .fetch(call("list"));
      if (kept) {
        const message = { method: "tools/call", params: { name: "list" } };
        assertEquals(await response.json(), message);
      } else {
        assertEquals(response.status, 500);
        assertMatch(errors[0]?.message ?? "", /it was already read/);
      }
    });
  }
}

test("protectedResource() makes no body of a form that middleware has read", async () => {
  const errors: Error[] = [];
  const { status } = await app()
    .onError((error, c) => {
      errors.push(error);
      return c.text("failed", 500);
    })
    .use(async (c, next) => {
      await c.req.formData();
      await next();
    })
    .use(protectedResource(OPTIONS))
    .post("/mcp", (c) => c.text(inside))
    .fetch(
      new Request(METADATA.resource, {
        method: "POST",
        headers: { authorization: "Bearer good" },
        body: new URLSearchParams({ method: "tools/call" }),
      }),
    );
  assertEquals(status, 500);
  assertMatch(errors[0]?.message ?? "", /it was already read/);
});

for (const name of ["plaintext", "texts", "xjson", "jsonp"]) {
  test(`protectedResource() makes no body of what other middleware cached as ${name}`, async () => {
    const errors: Error[] = [];
    const { status } = await app()
      .onError((error, c) => {
        errors.push(error);
        return c.text("failed", 500);
      })
      .use(async (c, next) => {
        await c.req.raw.text();
        Object.assign(c.req.bodyCache, { [name]: Promise.resolve("{}") });
        await next();
      })
      .use(protectedResource(OPTIONS))
      .post("/mcp", (c) => c.text(inside))
      .fetch(call("list"));
    assertEquals(status, 500);
    assertMatch(errors[0]?.message ?? "", /it was already read/);
  });
}

test("protectedResource() judges the body that middleware has read", async () => {
  const { status } = await app()
    .use(async (c, next) => {
      await c.req.json();
      await next();
    })
    .use(protectedResource(OPTIONS))
    .post("/mcp", (c) => c.text(inside))
    .fetch(call("purge"));
  assertEquals(status, 403);
});

/** A request with a good token, and a message. */
function call(name: string, method: string = "POST"): Request {
  return new Request(METADATA.resource, {
    method,
    headers: { authorization: "Bearer good" },
    body: JSON.stringify({ method: "tools/call", params: { name } }),
  });
}

test("protectedResource() hands on the body that it read, parsed and not", async () => {
  const response = await app()
    .post(
      "/mcp",
      protectedResource(OPTIONS),
      async (c) => c.json([c.get("parsedBody"), await c.req.json()]),
    )
    .fetch(call("list"));
  const message = { method: "tools/call", params: { name: "list" } };
  assertEquals(await response.json(), [message, message]);
});

test("protectedResource() refuses an operation that the token is not enough for", async () => {
  const { status, headers } = await app()
    .post("/mcp", protectedResource(OPTIONS), (c) => c.text(inside))
    .fetch(call("purge"));
  assertEquals(status, 403);
  assertMatch(headers.get("www-authenticate") ?? "", /scope="notes:admin"/);
});

test("protectedResource() hands on the request itself where it did not read it", async () => {
  const request = new Request(METADATA.resource, {
    headers: { authorization: "Bearer good" },
  });
  const response = await app()
    .use(protectedResource({ ...OPTIONS, scopes: {} }))
    .get("/mcp", (c) => c.json([c.req.raw === request, c.get("parsedBody")]))
    .fetch(request);
  assertEquals(await response.json(), [true, null]);
});

/** Answers from behind, each of another kind to Hono. */
const answers: [why: string, answer: () => Response, status: number][] = [
  ["an answer", () => new Response("text"), 200],
  [
    "an answer whose fields cannot be changed",
    () => Response.redirect("https://other.example/", 302),
    302,
  ],
  ["an error that Hono answers", () => {
    throw new Error("secret");
  }, 500],
  ["an error that asks for another token", () => {
    throw new AccessTokenError("insufficient_user_authentication");
  }, 401],
];

for (const [why, answer, status] of answers) {
  test(`protectedResource() shows browsers ${why}, and caches none of it`, async () => {
    const response = await app()
      .onError((error, c) => c.text(error.name, 500))
      .use(async (c, next) => {
        await next();
        c.header("x-outer", "value");
      })
      .use(protectedResource(OPTIONS))
      .get("/mcp", answer)
      .fetch(
        new Request(METADATA.resource, {
          headers: { authorization: "Bearer good" },
        }),
      );
    const { headers } = response;
    assertEquals(response.status, status);
    assertEquals(headers.get("access-control-allow-origin"), "*");
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-outer"), "value");
    assertEquals(headers.has("www-authenticate"), status === 401);
  });
}

test("protectedResource() puts a challenge in the place of Hono's own answer to the error", async () => {
  const { headers } = await app()
    .onError((_error, c) => c.text("sorry", 500, { "x-error": "value" }))
    .use(protectedResource(OPTIONS))
    .get("/mcp", () => {
      throw new AccessTokenError("insufficient_user_authentication");
    })
    .fetch(
      new Request(METADATA.resource, {
        headers: { authorization: "Bearer good" },
      }),
    );
  assertEquals(headers.get("x-error"), null);
});

test("protectedResource() leaves a refusal the fields that middleware before it has set", async () => {
  const { status, headers } = await app()
    .use(async (c, next) => {
      c.res.headers.set("x-outer", "value");
      await next();
    })
    .use(protectedResource(OPTIONS))
    .fetch(new Request(METADATA.resource));
  assertEquals([status, headers.get("x-outer")], [401, "value"]);
});

test("protectedResource() has the last word on CORS, inside Hono's own", async () => {
  const { headers } = await app()
    .use("*", cors({ origin: "https://other.example" }))
    .use(protectedResource(OPTIONS))
    .get("/mcp", (c) => c.text(inside))
    .fetch(
      new Request(METADATA.resource, {
        headers: { authorization: "Bearer good" },
      }),
    );
  assertEquals(headers.get("access-control-allow-origin"), "*");
});

test("protectedResource() answers other well-known paths as `otherwise` does, and goes no further", async () => {
  const response = await app()
    .use(protectedResource({
      ...OPTIONS,
      otherwise: () => new Response("otherwise", { status: 404 }),
    }))
    .all("*", (c) => c.text(inside))
    .fetch(
      new Request(`${ORIGIN}/.well-known/other`, {
        headers: { authorization: "Bearer good" },
      }),
    );
  assertEquals(await response.text(), "otherwise");
});

test("protectedResource() gives the verifier the waitUntil of Cloudflare Workers, where there is one", async () => {
  const work = Promise.resolve();
  const told: unknown[] = [];
  const context = {
    waitUntil: (promise: Promise<unknown>): void => void told.push(promise),
    passThroughOnException: (): void => {},
    props: {},
  };
  const guarded = app()
    .use(protectedResource({
      ...OPTIONS,
      verifyAccessToken: (token, platform) => {
        if (platform?.waitUntil === undefined) told.push("none");
        else platform.waitUntil(work);
        return verifyAccessToken(token);
      },
    }))
    .get("/mcp", (c) => c.text(inside));
  const headers = { authorization: "Bearer good" };
  await guarded.fetch(new Request(METADATA.resource, { headers }), {}, context);
  await guarded.fetch(new Request(METADATA.resource, { headers }));
  assertEquals(told, [work, "none"]);
});
