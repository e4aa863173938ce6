/** The recipes of docs/runtimes.md for frameworks without an adapter: each program runs as it stands there. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { auth } from "../runner/cookbook/issuers.ts";
import { blocks, load } from "../runner/docs.ts";
import { runOn } from "../runner/docs_callers.ts";
import { TIMEOUT_MILLISECONDS as timeout } from "./notes.ts";
import { peer } from "./peers.ts";

type Exports = Readonly<Record<string, unknown>>;

/** A server that a program has started, or that is started for it. */
interface Running {
  readonly port: number;
  close(): unknown;
}

/** The recipe, the packages that it imports, and how it comes to listen. */
const RECIPES: readonly (readonly [
  name: string,
  packages: Readonly<Record<string, string>>,
  start: (exports: Exports) => Promise<Running>,
])[] = [
  ["Fastify", { fastify: "fastify" }, ({ app }) => {
    const { server } = app as { readonly server: Server };
    return Promise.resolve(running(server));
  }],
  ["Nitro 3 and h3 2", { h3: "h3" }, async ({ server }) => {
    const { ready, node } = server as {
      ready(): Promise<void>;
      readonly node: { readonly server: Server };
    };
    await ready.call(server);
    return running(node.server);
  }],
  ["Nuxt 4 and h3 1", { h3: "h3-1" }, async (exports) => {
    const { createApp, toNodeListener } = await peer<{
      createApp(): { use(...handlers: unknown[]): void };
      toNodeListener(app: unknown): RequestListener;
    }>("h3-1");
    const app = createApp();
    app.use(exports.default);
    app.use("/healthcheck", () => "OK");
    const server = createServer(toNodeListener(app));
    await new Promise<void>((done) => server.listen(0, done));
    return running(server);
  }],
];

function running(server: Server): Running {
  return {
    port: (server.address() as AddressInfo).port,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const [name, packages, start] of RECIPES) {
  test(
    `docs/runtimes.md: ${name}: the recipe protects the resource, and leaves other routes alone`,
    { timeout },
    async () => {
      const place = `docs/runtimes.md: ${name}`;
      const code = blocks().find((block) => block.place === place)!.code
        .replace("port: 8787", "port: 0")
        // So that the guard reads and copies the body.
        .replace(
          "    },\n  },\n)",
          '    },\n    scopes: { operations: { "tools/call": ["notes:read"] } },\n  },\n)',
        );
      assertStringIncludes(code, "operations");
      const instead = Object.fromEntries(
        Object.entries(packages).map((
          [specifier, name],
        ) => [specifier, import.meta.resolve(name)]),
      );
      const { fetch } = globalThis;
      const network = (url: string, init: RequestInit): Promise<Response> =>
        url.startsWith(auth.issuer)
          ? auth.platform.fetch(url, init)
          : fetch(url, init);
      await runOn(network, async () => {
        const { port, close } = await start(await load<Exports>(code, instead));
        try {
          await examine(`http://localhost:${port}`);
        } finally {
          await close();
        }
      });
    },
  );
}

async function examine(origin: string): Promise<void> {
  const call = (token?: string): Promise<Response> =>
    fetch(`${origin}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "whoami" },
      }),
    });
  const refused = await call();
  assertEquals(refused.status, 401);
  assertStringIncludes(
    refused.headers.get("www-authenticate") ?? "",
    "/.well-known/oauth-protected-resource/mcp",
  );
  await refused.text();
  const good = await call(await auth.token({ scope: "notes:read" }));
  assertEquals(await good.text(), "Hello, user-1");
  const poor = await call(await auth.token({ scope: "" }));
  assertEquals(poor.status, 403);
  await poor.text();
  const metadata = await fetch(
    `${origin}/.well-known/oauth-protected-resource/mcp`,
  );
  assertEquals(
    (await metadata.json()).resource,
    "https://notes.example.com/mcp",
  );
  const preflight = await fetch(`${origin}/mcp`, { method: "OPTIONS" });
  assertEquals(preflight.status, 204);
  const health = await fetch(`${origin}/healthcheck`);
  assertEquals(await health.text(), "OK");
}
