/** What becomes of the responses and errors of later handlers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ExpressRequest } from "../../../src/adapters/express.ts";
import type { Decision } from "../../../src/decisions.ts";
import { AccessTokenError } from "../../../src/errors.ts";
import { callOf } from "../../support/protected.ts";
import {
  type Answering,
  collection,
  type ErrorHandler,
  type Express,
  guard,
  inside,
  type Middleware,
  OPTIONS,
  POLICY,
  type Promised,
  raw,
  withApp,
} from "./app.ts";

/** The tests for one version of Express. */
export function responseTests(
  name: string,
  express: Express,
): readonly Promised[] {
  const { tests, test } = collection();
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
    for (const before of [[], [express.json()]]) {
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
