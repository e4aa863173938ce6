/** Bodies: what the middleware judges is what later handlers read. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import type {
  ExpressRequest,
  ExpressResponse,
} from "../../../src/adapters/express.ts";
import { callOf } from "../../support/protected.ts";
import {
  type Answering,
  type App,
  collection,
  type ErrorHandler,
  exchange,
  type Express,
  guard,
  INSIDE,
  inside,
  type Middleware,
  POLICY,
  type Promised,
  withApp,
} from "./app.ts";

/** The tests for one version of Express. */
export function bodyTests(name: string, express: Express): readonly Promised[] {
  const { tests, test } = collection();
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
  return tests;
}
