/** Which requests the middleware guards, by the place where it is mounted. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dpop } from "../../../src/dpop/mod.ts";
import { testKeyHolder } from "../../../src/testing/mod.ts";
import type { ExpressResourceOptions } from "../../../src/adapters/express.ts";
import { callOf, ISSUER, METADATA, RESOURCE } from "../../support/protected.ts";
import {
  type App,
  collection,
  type Express,
  guard,
  INSIDE,
  inside,
  type Middleware,
  OPTIONS,
  POLICY,
  type Promised,
  raw,
  withApp,
  wrapped,
} from "./app.ts";

/** The tests for one version of Express. */
export function placeTests(
  name: string,
  express: Express,
): readonly Promised[] {
  const { tests, test } = collection();

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
  test(`${name}: a proof of possession is for the public URL, wherever the middleware is mounted`, async () => {
    const holder = await testKeyHolder();
    const options: ExpressResourceOptions = {
      ...OPTIONS,
      verifyAccessToken: async (token) => ({
        ...await OPTIONS.verifyAccessToken!(token),
        cnf: holder.cnf,
      }),
      dpop: dpop({ mode: "optional" }),
    };
    for (const [why, make] of mounts) {
      await withApp(make(options), async ({ origin }) => {
        const statuses: number[] = [];
        for (const url of [RESOURCE, `${origin}/mcp`, undefined]) {
          const { headers = {} } = url === undefined ? {} : {
            headers: await holder.headers({ url, token: "ada" }),
          };
          const response = await fetch(`${origin}/mcp`, {
            headers: { authorization: "Bearer ada", ...headers },
          });
          await response.text();
          statuses.push(response.status);
        }
        assertEquals(statuses, [200, 401, 401], why);
      });
    }
  });

  test(`${name}: two resources on one app have their own documents and tokens`, async () => {
    const other = "http://localhost:8787/admin/mcp";
    const metadata = { ...METADATA, resource: other };
    for (const isFirst of [true, false]) {
      const both = [
        guard({ ...OPTIONS, path: "/mcp" }),
        guard({ ...OPTIONS, metadata, path: "/admin/mcp" }),
      ];
      const app = express();
      for (const each of isFirst ? both : both.reverse()) app.use(each);
      app.all("/mcp", inside).all("/admin/mcp", inside);
      await withApp(app, async ({ origin }) => {
        for (const path of ["/mcp", "/admin/mcp"]) {
          const found = await fetch(
            `${origin}/.well-known/oauth-protected-resource${path}`,
          );
          assertEquals(
            (await found.json()).resource,
            `http://localhost:8787${path}`,
          );
        }
        assertEquals((await raw(origin, "/mcp", "ada")).status, 200);
        const foreign = await raw(origin, "/admin/mcp", "ada");
        assertEquals(foreign.status, 401);
        assertStringIncludes(
          foreign.text,
          "/.well-known/oauth-protected-resource/admin/mcp",
        );
      });
    }
  });

  return tests;
}
