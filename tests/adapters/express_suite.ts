/**
 * The promises of the Express middleware, for each major version of Express: tests/adapters runs it with Express 5, and
 * tests/clients with Express 4.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import {
  type ExpressNext,
  type ExpressRequest,
  type ExpressResourceOptions,
  type ExpressResponse,
  protectedResource,
} from "../../src/adapters/express.ts";
import type { Decision } from "../../src/decisions.ts";
import { AccessTokenError } from "../../src/errors.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";
import { callOf, METADATA, RESOURCE } from "../support/protected.ts";

/** What of Express is used here, of either version. */
export interface Express {
  (): App;
  json(options?: object): Middleware;
  urlencoded(options: object): Middleware;
  text(options: object): Middleware;
  raw(options: object): Middleware;
  Router(): App;
}

type Middleware = (
  req: ExpressRequest,
  res: Answering,
  next: ExpressNext,
) => unknown;

type ErrorHandler = (
  error: unknown,
  req: ExpressRequest,
  res: Answering,
  next: ExpressNext,
) => unknown;

interface App extends RequestListener {
  use(...handlers: unknown[]): App;
  all(...handlers: unknown[]): App;
  get(...handlers: unknown[]): App;
  post(...handlers: unknown[]): App;
}

interface Answering extends ExpressResponse {
  json(value: unknown): unknown;
  send(text: string): unknown;
  status(status: number): Answering;
  set(name: string, value: string): Answering;
  cookie(name: string, value: string): Answering;
  writeHead(status: number, ...rest: unknown[]): Answering;
  end(text?: string): unknown;
  write(chunk: string | Uint8Array): boolean;
}

/** The name of the token is the name of its user. Ada may read, and Root may do everything. */
const verifyAccessToken: AccessTokenVerifier = (token) =>
  /^(?:ada|bob|root|brief)$/.test(token)
    ? Promise.resolve({
      iss: METADATA.authorization_servers[0],
      sub: token,
      aud: RESOURCE,
      client_id: "client",
      exp: Date.now() / 1000 + (token === "brief" ? 1 : 60),
      scope: token === "root" ? "read purge" : "read",
    })
    : Promise.reject(new AccessTokenError("bad_signature"));

const OPTIONS: ExpressResourceOptions = {
  metadata: METADATA,
  verifyAccessToken,
  mirror: null,
  clockToleranceSeconds: 0,
};

const POLICY: ExpressResourceOptions = {
  ...OPTIONS,
  scopes: {
    operations: { "tools/call": { "*": ["read"], purge: ["purge"] } },
  },
};

const INSIDE = "inside";

/** Says that it was reached, by whom, and with which body. */
const inside: Middleware = ({ auth, body }, res) =>
  res.json([INSIDE, auth?.extra?.sub ?? null, body ?? null]);

/** A promise, and the test that it is kept. */
export interface Promised {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** The tests for one version. A file of its own runs them: Node reports each test for the file that defines it. */
export function expressSuite(
  name: string,
  express: Express,
): readonly Promised[] {
  const tests: Promised[] = [];
  const test = (name: string, run: () => Promise<void>): void =>
    void tests.push({ name, run });
  const guard = (options = OPTIONS) => protectedResource(options);

  /** Where the middleware may be mounted. Each app has a handler at /mcp, and most have another one at /other. */
  const mounts: readonly (readonly [
    why: string,
    make: (options: ExpressResourceOptions) => App,
    hasOther: boolean,
  ])[] = [
    [
      "an app",
      (options) =>
        express().use(guard(options)).all("/mcp", inside)
          .all("/other", inside),
      true,
    ],
    [
      "two paths",
      (options) =>
        express().use(["/mcp", "/.well-known"], guard(options))
          .use("/mcp", inside).all("/other", inside),
      true,
    ],
    [
      "a route",
      (options) => {
        const resource = guard(options);
        return express().use("/.well-known", resource)
          .all("/mcp", resource, inside).all("/other", inside);
      },
      true,
    ],
    [
      "an app and a route",
      (options) => {
        const resource = guard(options);
        return express().use(resource).all("/mcp", resource, inside)
          .all("/other", inside);
      },
      true,
    ],
    [
      "a router",
      (options) =>
        express().use(
          express.Router().use(guard(options)).all("/mcp", inside)
            .all("/other", inside),
        ),
      true,
    ],
    [
      "an app, with the handler in a router",
      (options) =>
        express().use(guard(options)).use(
          "/mcp",
          express.Router().all("/", inside),
        ).all("/other", inside),
      true,
    ],
  ];

  for (const [why, make, hasOther] of mounts) {
    test(`${name}: on ${why}, the resource needs a token, and other routes do not`, async () => {
      await withApp(make(OPTIONS), async ({ origin, post }) => {
        const refused = await post(callOf("whoami"));
        assertEquals(refused.status, 401);
        assertStringIncludes(
          refused.headers.get("www-authenticate") ?? "",
          'resource_metadata="http://localhost:8787/.well-known/oauth-protected-resource/mcp"',
        );
        await refused.text();
        const bad = await post(callOf("whoami"), "eve");
        assertEquals([bad.status, (await bad.json()).error], [
          401,
          "invalid_token",
        ]);
        const good = await post(callOf("whoami"), "ada");
        assertEquals(await good.json(), [INSIDE, "ada", null]);
        assertEquals(good.headers.get("access-control-allow-origin"), null);
        for (const path of ["", "/mcp"]) {
          const metadata = await fetch(
            `${origin}/.well-known/oauth-protected-resource${path}`,
          );
          assertEquals((await metadata.json()).resource, RESOURCE);
        }
        const preflight = await fetch(`${origin}/mcp`, { method: "OPTIONS" });
        assertEquals(preflight.status, 204);
        if (!hasOther) return;
        const other = await fetch(`${origin}/other`, {
          headers: { authorization: "Bearer eve", origin: "https://evil.test" },
        });
        assertEquals(await other.json(), [INSIDE, null, null]);
        assertEquals(other.headers.get("cache-control"), null);
      });
    });
  }

  test(`${name}: an unknown well-known URL goes to the routes behind it`, async () => {
    for (const [, make] of mounts.slice(0, 3)) {
      const app = make(OPTIONS).get("/.well-known/security.txt", inside);
      await withApp(app, async ({ origin }) => {
        const response = await fetch(`${origin}/.well-known/security.txt`);
        assertEquals(await response.json(), [INSIDE, null, null]);
      });
    }
  });

  test(`${name}: a route for a well-known URL is not open to everybody because of the middleware on it`, async () => {
    const app = express().all("/.well-known/secret", guard(), inside);
    await withApp(app, async ({ origin }) => {
      assertEquals((await raw(origin, "/.well-known/secret")).status, 404);
    });
  });

  test(`${name}: with a slash at its end, a path is another resource's`, async () => {
    for (const [why, make] of mounts) {
      await withApp(make(OPTIONS), async ({ origin }) => {
        assertEquals((await raw(origin, "/mcp/", "ada")).status, 404, why);
      });
    }
  });

  test(`${name}: on a route or a path of another name, it guards whatever reaches it`, async () => {
    const apps: App[] = [
      express().all("/v1/tools", guard(), inside),
      express().use("/v1/tools", guard(), inside),
      express().use("/v1", express.Router().use(guard()).all("/tools", inside)),
      express().all("/v1/tools", [guard()], inside),
      express().all("/v1/tools", guard({ ...OPTIONS, path: "/mcp" }), inside),
      express().all("/v1/tools", wrapped(guard()), inside),
    ];
    for (const app of apps) {
      await withApp(app, async ({ origin }) => {
        assertEquals((await raw(origin, "/v1/tools")).status, 401);
        const good = await raw(origin, "/v1/tools", "ada");
        assertStringIncludes(good.text, '["inside","ada",null]');
      });
    }
  });

  test(`${name}: a resource without a path is the whole app`, async () => {
    const resource = "http://localhost:8787";
    const options = {
      ...OPTIONS,
      metadata: { ...METADATA, resource },
      issuers: { [ISSUER]: { audience: RESOURCE } },
    };
    for (const path of [undefined, "/"]) {
      const app = express().use(guard({ ...options, path })).use(inside);
      await withApp(app, async ({ origin }) => {
        for (const target of ["/", "/other", "/mcp"]) {
          assertEquals((await raw(origin, target)).status, 401, target);
          assertEquals((await raw(origin, target, "ada")).status, 200, target);
        }
      });
    }
  });

  test(`${name}: a proxy may strip a prefix of the resource's path`, async () => {
    const resource = "http://localhost:8787/api/mcp";
    const metadata = { ...METADATA, resource };
    const issuers = { [ISSUER]: { audience: RESOURCE } };
    const app = express().use(guard({ ...OPTIONS, metadata, issuers }))
      .all("/mcp", inside).all("/api/mcp", inside).all("/other", inside);
    await withApp(app, async ({ origin }) => {
      for (const path of ["/mcp", "/api/mcp"]) {
        assertEquals((await raw(origin, path)).status, 401, path);
        assertEquals((await raw(origin, path, "ada")).status, 200, path);
      }
      assertEquals((await raw(origin, "/other")).status, 200);
    });
    const exact = express().use(
      guard({ ...OPTIONS, metadata, issuers, path: "/api/mcp" }),
    ).all("/mcp", inside).all("/api/mcp", inside);
    await withApp(exact, async ({ origin }) => {
      assertEquals((await raw(origin, "/api/mcp")).status, 401);
      assertEquals((await raw(origin, "/mcp")).status, 200);
    });
  });

  /** Targets that Express, or a router behind it, could take for the resource's path. */
  const targets: readonly string[] = [
    "/mcp/",
    "/MCP",
    "/mcp/x",
    "//mcp",
    "/%6dcp",
    "/mcp%2f",
    "/mcp;x",
    "/./mcp",
    "/mcp/.",
    "/mcp/..",
    "/mcp/../other",
    "/other/../mcp",
    "/mcp/%2e%2e/other",
    "/mcp\\..\\other",
    "/mcp#x",
    "/mcp?x",
    "/mcp/?x",
    "/\\mcp",
    "http://localhost/mcp",
    "http://user@localhost/mcp",
    "http://localhost:1@x/mcp",
    "http:/mcp",
    "http:///mcp",
    "http://localhost/mcp/../other",
  ];

  for (const target of targets) {
    test(`${name}: nobody passes without a token by ${target}`, async () => {
      for (const [why, make] of mounts) {
        const app = make(POLICY);
        // Behind a route of its own, the middleware guards only that.
        if (why !== "a route") app.use("/mcp", inside).use("/MCP", inside);
        await withApp(app, async ({ origin }) => {
          const { text } = await raw(origin, target, undefined, "POST");
          // What belongs to nobody may be answered by /other.
          assert(!text.includes(INSIDE), `${why}: ${text}`);
        });
      }
    });
  }

  test(`${name}: a URL that was rewritten is guarded by what it was, and by what it is`, async () => {
    for (
      const [from, to] of [["/public", "/mcp"], ["/mcp", "/internal"]] as const
    ) {
      const rewrite: Middleware = (req, _res, next) => {
        if (req.url === from) Object.assign(req, { url: to });
        next();
      };
      const app = express().use(rewrite).use(guard()).all(to, inside);
      await withApp(app, async ({ origin }) => {
        assertEquals((await raw(origin, from)).status, 401, from);
        const good = await raw(origin, from, "ada");
        assertStringIncludes(good.text, '["inside","ada",null]');
      });
    }
  });

  test(`${name}: a bad Host is the app's own business on other routes, and 400 on the resource`, async () => {
    const app = express().use(
      guard({ ...OPTIONS, cors: { hosts: () => true } }),
    )
      .all("/mcp", inside).all("/other", inside);
    await withApp(app, async ({ origin }) => {
      const host = "a b";
      assertEquals(
        (await raw(origin, "/other", "ada", "GET", host)).status,
        200,
      );
      assertEquals((await raw(origin, "/mcp", "ada", "GET", host)).status, 400);
    });
  });

  const json = express.json();
  const keepRawBody = express.json({
    verify: (req: ExpressRequest, _res: unknown, bytes: Uint8Array) =>
      void (req.rawBody = bytes),
  });
  const rename: Middleware = (req, _res, next) => {
    if (req.body !== undefined) req.body = callOf("purge");
    next();
  };

  /** What reads the body, before and after the guard. */
  const orders: readonly (readonly [
    why: string,
    before: readonly Middleware[],
    after: readonly Middleware[],
  ])[] = [
    ["json() before", [json], []],
    ["json() after", [], [json]],
    ["json() before and after", [json], [json]],
    ["json() of Express and of another app after", [], [json, express.json()]],
    ["no parser", [], []],
    ["json() that keeps the bytes", [keepRawBody], []],
  ];

  for (const [why, before, after] of orders) {
    const app = (): App => {
      const made = express();
      for (const each of before) made.use(each);
      made.use(guard(POLICY));
      for (const each of after) made.use(each);
      return made.all("/mcp", inside).all("/other", json, inside);
    };

    test(`${name}: with ${why}, the policy decides on the body that the handler reads`, async () => {
      await withApp(app(), async ({ post }) => {
        const whoami = callOf("whoami");
        const purge = callOf("purge");
        const good = await post(whoami, "ada");
        assertEquals(await good.json(), [INSIDE, "ada", whoami]);
        const refused = await post(purge, "ada");
        assertEquals(refused.status, 403);
        assertStringIncludes(
          refused.headers.get("www-authenticate") ?? "",
          'scope="purge"',
        );
        await refused.text();
        const batch = await post([whoami, purge], "ada");
        assertEquals(batch.status, 403);
        await batch.text();
        const root = await post([whoami, purge], "root");
        assertEquals(await root.json(), [INSIDE, "root", [whoami, purge]]);
      });
    });

    test(`${name}: with ${why}, a request without a body passes, and so does one to another route`, async () => {
      await withApp(app(), async ({ origin }) => {
        for (const method of ["GET", "DELETE"]) {
          for (const headers of [{}, { "content-length": "0" }]) {
            if (method === "GET" && "content-length" in headers) continue;
            const response = await fetch(`${origin}/mcp`, {
              method,
              headers: {
                authorization: "Bearer ada",
                "content-type": "application/json",
                ...headers,
              },
            });
            const [reached, user] = await response.json();
            assertEquals([reached, user], [INSIDE, "ada"], method);
          }
        }
        const other = await fetch(`${origin}/other`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"a":1}',
        });
        assertEquals(await other.json(), [INSIDE, null, { a: 1 }]);
      });
    });

    /** Bodies of which two readers could make different things. */
    const ambiguous = [
      '{"method":"ping","method":"tools/call","params":{"name":"purge"}}',
      '{"method":"tools/call","params":{"name":"whoami"},"params":{"name":"purge"}}',
      '{"method":"tools/call","params":{"name":"whoami","name":"purge"}}',
      '{"method":"tools/\\u0063all","params":{"name":"purge"}}',
    ];
    test(`${name}: with ${why}, no body hides an operation`, async () => {
      await withApp(app(), async ({ send }) => {
        for (const body of ambiguous) {
          const response = await send(body, "ada");
          assertEquals(response.status, 403, body);
          await response.text();
        }
        const hidden =
          '{"__proto__":{"method":"tools/call","params":{"name":"purge"}},"constructor":1}';
        const response = await send(hidden, "ada");
        const text = await response.text();
        // Still a member of its own, which gives the value no method.
        assert(response.status === 400 || text.includes(hidden), text);
      });
    });
  }

  test(`${name}: what another middleware made of the body is judged`, async () => {
    for (const parser of [json, keepRawBody]) {
      const app = express().use(parser, rename, guard(POLICY), inside);
      await withApp(app, async ({ post }) => {
        const response = await post(callOf("whoami"), "ada");
        const text = await response.text();
        // The bytes count where they were kept, and then the handler reads these.
        if (parser === json) assertEquals(response.status, 403);
        else {
          assertEquals(JSON.parse(text), [INSIDE, "ada", callOf("whoami")]);
        }
      });
    }
  });

  test(`${name}: the bytes that were judged are left where the MCP SDK looks for them`, async () => {
    const app = express().use(
      guard(POLICY),
      (req: ExpressRequest, res: Answering) =>
        res.send(new TextDecoder().decode(req.rawBody as Uint8Array)),
    );
    await withApp(app, async ({ send }) => {
      const body = ` ${JSON.stringify(callOf("whoami"))} `;
      assertEquals(await (await send(body, "ada")).text(), body);
    });
  });

  test(`${name}: bytes and strings stay what their parser made of them`, async () => {
    const body = JSON.stringify(callOf("whoami"));
    for (const kind of ["raw", "text"] as const) {
      const app = express().use(
        express[kind]({ type: "*/*" }),
        guard(POLICY),
        (req: ExpressRequest, res: Answering) =>
          res.json([typeof req.body, `${req.body}`]),
      );
      await withApp(app, async ({ send }) => {
        const response = await send(body, "ada");
        const type = kind === "raw" ? "object" : "string";
        assertEquals(await response.json(), [type, body]);
        const refused = await send(JSON.stringify(callOf("purge")), "ada");
        assertEquals(refused.status, 403);
        await refused.text();
      });
    }
  });

  const utf16 = new Uint8Array(
    new Uint16Array(
      Array.from(JSON.stringify(callOf("purge")), (c) => c.charCodeAt(0)),
    ).buffer,
  );
  const gzip = new Uint8Array(gzipSync(JSON.stringify(callOf("purge"))));

  /** Bodies that Express would read, and the guard does not; and whether one that Express has read is judged. */
  const encoded: readonly (readonly [
    why: string,
    body: Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
  ])[] = [
    ["UTF-16", utf16, { "content-type": "application/json; charset=utf-16le" }],
    ["gzip", gzip, { "content-encoding": "gzip" }],
  ];
  for (const [why, body, headers] of encoded) {
    test(`${name}: a body in ${why} is rejected before express.json(), and judged after it`, async () => {
      const first = express().use(guard(POLICY), json, inside);
      await withApp(first, async ({ send }) => {
        const response = await send(body, "root", headers);
        assertEquals(response.status, 415);
        await response.text();
      });
      const last = express().use(json, guard(POLICY), inside);
      await withApp(last, async ({ send }) => {
        const refused = await send(body, "ada", headers);
        assertEquals(refused.status, 403);
        await refused.text();
        const good = await send(body, "root", headers);
        assertEquals(await good.json(), [INSIDE, "root", callOf("purge")]);
      });
    });
  }

  test(`${name}: a GET with a body is rejected, since nothing would judge that`, async () => {
    const body = JSON.stringify(callOf("purge"));
    const framings = [
      `Content-Length: ${body.length}\r\n\r\n${body}`,
      `Transfer-Encoding: chunked\r\n\r\n${
        body.length.toString(16)
      }\r\n${body}\r\n0\r\n\r\n`,
    ];
    for (const before of [[], [json]]) {
      const app = express().use(...before, guard(POLICY), json, inside);
      await withApp(app, async ({ origin }) => {
        for (const framing of framings) {
          const { status, text } = await exchange(
            origin,
            `GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ada\r\nContent-Type: application/json\r\n${framing}`,
          );
          assertEquals(status, 400, text);
        }
      });
    }
  });

  test(`${name}: a body that was lost is an error that says what to change, and for nobody without a token`, async () => {
    const errors: Error[] = [];
    const keep: ErrorHandler = (error, _req, res, _next) => {
      errors.push(error as Error);
      res.status(500).end();
    };
    const readAway: Middleware = (req, _res, next) => {
      const { on } = req as unknown as ExpressResponse;
      on.call(req, "data", () => {});
      on.call(req, "end", () => next());
    };
    const form = express.urlencoded({ extended: true });
    for (
      const [before, type] of [
        [form, "application/x-www-form-urlencoded"],
        [readAway, "application/json"],
      ] as const
    ) {
      const app = express().use(before, guard(POLICY), inside).use(keep);
      await withApp(app, async ({ send }) => {
        const headers = { "content-type": type };
        const body = "method=tools%2Fcall&params[name]=whoami";
        const refused = await send(body, undefined, headers);
        assertEquals([refused.status, errors.length], [401, 0]);
        await refused.text();
        const failed = await send(body, "ada", headers);
        assertEquals(failed.status, 500);
        await failed.text();
      });
      assertStringIncludes(errors.pop()!.message, "it was already read");
    }
  });

  test(`${name}: a body of more than maxBodyBytes is 413, and the connection can be used again`, async () => {
    const app = express().use(guard({ ...POLICY, maxBodyBytes: 100 }), inside);
    await withApp(app, async ({ send, post }) => {
      for (let i = 0; i < 3; i++) {
        for (const [token, status] of [["ada", 413], ["eve", 401]] as const) {
          const large = await send(" ".repeat(1_000_000), token);
          assertEquals(large.status, status);
          await large.text();
        }
        const good = await post(callOf("whoami"), "ada");
        assertEquals(good.status, 200);
        await good.text();
      }
    });
  });

  test(`${name}: without rules for operations, the body is left to the parsers`, async () => {
    const app = express().use(guard(), json, inside);
    await withApp(app, async ({ post }) => {
      const response = await post({ any: "body" }, "ada");
      assertEquals(await response.json(), [INSIDE, "ada", { any: "body" }]);
    });
  });

  test(`${name}: without rules for operations, it does not matter what became of the body`, async () => {
    const app = express().use(express.urlencoded({ extended: true }), guard());
    await withApp(app.use(inside), async ({ send }) => {
      const type = "application/x-www-form-urlencoded";
      const response = await send("a=1", "ada", { "content-type": type });
      assertEquals(await response.json(), [INSIDE, "ada", { a: "1" }]);
    });
  });

  test(`${name}: a status that no Response can have is sent as it is`, async () => {
    const app = express().use(
      guard(),
      (_req: ExpressRequest, res: Answering) => res.writeHead(799).end(),
    );
    await withApp(app, async ({ origin }) => {
      assertEquals((await raw(origin, "/mcp", "ada")).status, 799);
    });
  });

  test(`${name}: a reason phrase is kept`, async () => {
    const app = express().use(
      guard(),
      (_req: ExpressRequest, res: Answering) =>
        res.writeHead(200, "Fine", { "X-Own": "1" }).end(),
    );
    await withApp(app, async ({ origin }) => {
      const { text } = await raw(origin, "/mcp", "ada");
      assertStringIncludes(text, "HTTP/1.1 200 Fine\r\n");
      assertStringIncludes(text.toLowerCase(), "x-own: 1\r\n");
    });
  });

  /** How a handler may send its headers. */
  const heads: readonly (readonly [
    why: string,
    send: (res: Answering) => unknown,
  ])[] = [
    [
      "set()",
      (res) =>
        res.set("X-Own", "1").cookie("a", "1").cookie("b", "2").send("OK"),
    ],
    [
      "writeHead() with an object",
      (res) =>
        res.writeHead(200, { "X-Own": "1", "Set-Cookie": ["a=1", "b=2"] })
          .end("OK"),
    ],
    [
      "writeHead() with a reason and a list",
      (res) =>
        res.writeHead(200, "Fine", [
          "X-Own",
          "1",
          "Set-Cookie",
          "a=1",
          "Set-Cookie",
          "b=2",
        ]).end("OK"),
    ],
    [
      "write()",
      (res) => {
        res.setHeader("X-Own", "1");
        res.setHeader("Set-Cookie", ["a=1", "b=2"]);
        res.write("O");
        res.end("K");
      },
    ],
    [
      "flushHeaders()",
      (res) => {
        res.set("X-Own", "1").setHeader("Set-Cookie", ["a=1", "b=2"]);
        res.flushHeaders!();
        res.end("OK");
      },
    ],
  ];
  for (const [why, sendHead] of heads) {
    test(`${name}: a response by ${why} gets the CORS headers, and keeps its own`, async () => {
      const cors = { origins: ["https://app.example"], hosts: () => true };
      const app = express().use(
        guard({ ...OPTIONS, cors }),
        (_req: ExpressRequest, res: Answering) => {
          // As the middleware of another package would allow everybody.
          res.set("Access-Control-Allow-Origin", "*").set("Vary", "Accept");
          sendHead(res);
        },
      );
      await withApp(app, async ({ origin }) => {
        const response = await fetch(`${origin}/mcp`, {
          headers: {
            authorization: "Bearer ada",
            origin: "https://app.example",
          },
        });
        const { headers } = response;
        assertEquals(await response.text(), "OK");
        assertEquals(headers.get("x-own"), "1");
        assertEquals(
          headers.getSetCookie().map((cookie) => cookie.slice(0, 3)),
          ["a=1", "b=2"],
        );
        assertEquals(
          headers.get("access-control-allow-origin"),
          "https://app.example",
        );
        assertEquals(headers.get("vary"), "Accept, Origin");
        assertEquals(headers.get("cache-control"), "no-store");
        assertStringIncludes(
          headers.get("access-control-expose-headers") ?? "",
          "Mcp-Session-Id",
        );
        const without = await fetch(`${origin}/mcp`, {
          headers: { authorization: "Bearer ada" },
        });
        await without.text();
        assertEquals(without.headers.get("access-control-allow-origin"), null);
        const foreign = await fetch(`${origin}/mcp`, {
          headers: { authorization: "Bearer ada", origin: "https://evil.test" },
        });
        assertEquals(foreign.status, 403);
        await foreign.text();
      });
    });
  }

  test(`${name}: a session belongs to the caller who opened it, until it ends`, async () => {
    const app = express().use(guard()).all(
      "/mcp",
      (req: ExpressRequest, res: Answering) => {
        if (req.method === "POST") {
          res.writeHead(200, { "mcp-session-id": "session-1" });
          res.end("opened");
        } else res.send("used");
      },
    );
    await withApp(app, async ({ origin }) => {
      const use = async (user: string, method = "GET"): Promise<number> => {
        const response = await fetch(`${origin}/mcp`, {
          method,
          headers: {
            authorization: `Bearer ${user}`,
            ...(method !== "POST" && { "mcp-session-id": "session-1" }),
          },
        });
        await response.text();
        return response.status;
      };
      assertEquals(await use("ada", "POST"), 200);
      assertEquals([await use("bob"), await use("bob", "DELETE")], [404, 404]);
      assertEquals([await use("ada"), await use("ada", "DELETE")], [200, 200]);
      assertEquals(await use("bob"), 200); // only the handler knows now that it has ended
    });
  });

  test(
    `${name}: an event stream ends when its token expires, and writing on does no harm`,
    async () => {
      let writes = 0;
      const app = express().use(guard()).get(
        "/mcp",
        (_req: ExpressRequest, res: Answering) => {
          res.writeHead(200, { "content-type": "text/event-stream" });
          const timer = setInterval(() => {
            writes++;
            res.write(`data: ${writes}\n\n`);
          }, 20);
          const { end } = res;
          // A handler that does not watch the connection writes on at once, and for a while.
          res.end = () => {
            end.call(res);
            res.write("data: late\n\n");
            setTimeout(() => clearInterval(timer), 200);
          };
        },
      );
      await withApp(app, async ({ origin }) => {
        const response = await fetch(`${origin}/mcp`, {
          headers: { authorization: "Bearer brief" },
        });
        assertStringIncludes(await response.text(), "data: 1\n\n");
        const before = writes;
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert(writes > before);
      });
    },
  );

  test(`${name}: challenge sends what a later handler throws on purpose, and nothing else`, async () => {
    const decisions: Decision[] = [];
    const resource = guard({
      ...OPTIONS,
      onDecision: (decision) => void decisions.push(decision),
    });
    const fail: Middleware = (req, res, next) => {
      if (req.url!.includes("sent")) res.write("data");
      next(
        req.url!.includes("scope")
          ? new AccessTokenError("insufficient_scope", { scope: ["purge"] })
          : new Error("SECRET"),
      );
    };
    const rest: ErrorHandler = (_error, _req, res, _next) =>
      res.headersSent ? res.end() : res.status(500).send("rest");
    const app = express().use(resource).use(fail).use(resource.challenge)
      .use(rest);
    await withApp(app, async ({ origin }) => {
      const refused = await raw(origin, "/mcp?scope", "ada");
      assertEquals(refused.status, 403);
      assertStringIncludes(refused.text, 'scope="purge"');
      assertEquals(decisions.map(({ outcome }) => outcome), [
        "accepted",
        "refused",
      ]);
      assertEquals((await raw(origin, "/mcp", "ada")).status, 500);
      assertEquals((await raw(origin, "/mcp?scope&sent", "ada")).status, 200);
      assertEquals(decisions.at(-1)?.outcome, "accepted");
      // Not this resource's: whose scopes are they?
      assertEquals((await raw(origin, "/other?scope", "ada")).status, 500);
    });
  });

  test(`${name}: an error of the operator's own functions goes to the error handlers`, async () => {
    const errors: unknown[] = [];
    const keep: ErrorHandler = (error, _req, res, _next) => {
      errors.push(error);
      res.status(500).end();
    };
    const failure = new Error("onDecision failed");
    const onDecision = (): never => {
      throw failure;
    };
    const app = express().use(guard({ ...OPTIONS, onDecision })).use(inside)
      .use(keep);
    await withApp(app, async ({ origin }) => {
      assertEquals((await raw(origin, "/mcp", "ada")).status, 500);
      assertEquals(errors, [failure]);
    });
  });

  test(`${name}: anonymous answers requests without credentials itself`, async () => {
    const anonymous = async (request: Request): Promise<Response> =>
      new Response(`for everybody: ${await request.text()}`);
    for (const before of [[], [json]]) {
      const app = express().use(
        ...before,
        guard({ ...OPTIONS, anonymous }),
        inside,
      );
      await withApp(app, async ({ post }) => {
        const response = await post({ a: 1 });
        assertEquals(await response.text(), 'for everybody: {"a":1}');
        assertEquals((await post({ a: 1 }, "eve")).status, 401);
      });
    }
  });

  test(`${name}: a request is decided once, however often it meets the same middleware`, async () => {
    let decisions = 0;
    const resource = guard({ ...POLICY, onDecision: () => void decisions++ });
    const app = express().use(resource).post("/mcp", resource, inside);
    await withApp(app, async ({ post }) => {
      await (await post(callOf("whoami"), "ada")).text();
      assertEquals(decisions, 1);
    });
  });
  return tests;
}

/** Middleware that calls another one. */
function wrapped(middleware: Middleware): Middleware {
  return (req, res, next) => middleware(req, res, next);
}

const [ISSUER = ""] = METADATA.authorization_servers;

interface Client {
  readonly origin: string;
  post(body: unknown, token?: string): Promise<Response>;
  send(
    body: string | Uint8Array<ArrayBuffer>,
    token?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

async function withApp(
  app: RequestListener,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const send: Client["send"] = (body, token, headers) =>
    fetch(`${origin}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body,
    });
  const post: Client["post"] = (body, token) =>
    send(JSON.stringify(body), token);
  try {
    await use({ origin, post, send });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends a request target as it is written. */
async function raw(
  origin: string,
  target: string,
  token?: string,
  method = "GET",
  host = "localhost",
): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = token && `Authorization: Bearer ${token}\r\n`;
  return await exchange(
    origin,
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${
      authorization ?? ""
    }${method === "GET" ? "" : "Content-Length: 0\r\n"}\r\n`,
  );
}

async function exchange(
  origin: string,
  text: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => received += chunk);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text, "latin1");
  await once(socket, "close");
  return { status: Number(received.split(" ")[1]), text: received };
}
