import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { serveOptions } from "../../src/adapters/bun.ts";
import type { ProtectedResourceMetadata } from "../../src/discovery/resource_metadata.ts";
import { protectResource } from "../../src/protect_resource.ts";
import type { Handler } from "../../src/types.ts";

const ORIGIN = "https://notes.example.com";

function metadataOf(path: string): ProtectedResourceMetadata {
  return {
    resource: `${ORIGIN}${path}`,
    authorization_servers: ["https://auth.example.com"],
    scopes_supported: ["notes:read"],
  };
}

function protect(metadata: ProtectedResourceMetadata): Handler {
  return protectResource(() => new Response("Hello"), { metadata });
}

/** The paths of the static routes, for the path of a resource. */
const routes: [why: string, path: string, paths: string[]][] = [
  ["a resource with a path", "/mcp", [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/mcp/.well-known/oauth-protected-resource",
  ]],
  ["a resource without a path", "", [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/",
  ]],
  [
    "a path that Bun's router would take as a pattern, in none of its own",
    "/:tenant/*",
    ["/.well-known/oauth-protected-resource"],
  ],
];

for (const [why, path, paths] of routes) {
  test(`serveOptions() has static routes for ${why}`, () => {
    const metadata = metadataOf(path);
    const options = serveOptions(protect(metadata), metadata);
    assertEquals(Object.keys(options.routes).sort(), paths);
  });
}

for (const method of ["GET", "OPTIONS"] as const) {
  test(`serveOptions() answers ${method} from memory as the handler would`, async () => {
    const metadata = metadataOf("/mcp");
    const handler = protect(metadata);
    for (
      const [path, route] of Object.entries(
        serveOptions(handler, metadata).routes,
      )
    ) {
      const request = new Request(`${ORIGIN}${path}`, { method });
      assertEquals(
        await read(route[method]),
        await read(await handler(request)),
      );
    }
  });
}

async function read(response: Response): Promise<unknown> {
  return [response.status, [...response.headers], await response.text()];
}

test("serveOptions() has static routes for each of several resources, and none at the root for neither", async () => {
  const resources = [metadataOf("/mcp"), metadataOf("/notes")];
  const { routes } = serveOptions(() => new Response(), resources);
  const found = await Promise.all(
    Object.entries(routes).map(async ([path, { GET }]) =>
      [path, (await GET.clone().json()).resource] as const
    ),
  );
  assertEquals(
    Object.fromEntries(found),
    Object.fromEntries(resources.flatMap(({ resource }) => {
      const { pathname: path } = new URL(resource);
      return [
        `/.well-known/oauth-protected-resource${path}`,
        `${path}/.well-known/oauth-protected-resource`,
      ].map((route) => [route, resource]);
    })),
  );
});

test("serveOptions() leaves the other methods of the metadata to the handler", () => {
  const metadata = metadataOf("/mcp");
  const { routes } = serveOptions(protect(metadata), metadata);
  for (const route of Object.values(routes)) {
    assertEquals(Object.keys(route), ["GET", "OPTIONS"]);
  }
});

test("serveOptions() hands all other requests to the handler, with the server", async () => {
  const server = { timeout: (): void => {} };
  const options = serveOptions(
    (request, platform) => Response.json([request.url, platform === server]),
    metadataOf("/mcp"),
  );
  const response = await options.fetch(new Request(`${ORIGIN}/a`), server);
  assertEquals(await response.json(), [`${ORIGIN}/a`, true]);
});

test("serveOptions() refuses a request without a URL, which Bun makes of an odd Host", async () => {
  const options = serveOptions(() => {
    throw new Error("The handler was called");
  }, metadataOf("/mcp"));
  const request = Object.defineProperty(new Request(ORIGIN), "url", {
    value: "/mcp",
  });
  assertEquals((await options.fetch(request)).status, 400);
});

test("serveOptions() refuses a request whose host no URL can have, and none for its length", async () => {
  const options = serveOptions(() => new Response(), metadataOf("/mcp"));
  for (
    const [url, status] of [
      ["http://h%/mcp", 400],
      [`http://a${"\u05b0\u0300\u0316".repeat(200)}/`, 400],
      [`http://h/${"a".repeat(10_000)}`, 200],
    ] as const
  ) {
    const request = Object.defineProperty(new Request(ORIGIN), "url", {
      value: url,
    });
    assertEquals((await options.fetch(request)).status, status);
  }
});

/** For how long the connection may be silent, in seconds; `undefined` is Bun's own. */
const timeouts: [type: string, seconds: number | undefined][] = [
  ["text/event-stream", 0],
  ["text/event-stream; charset=utf-8", 0],
  ["application/json", undefined],
];

for (const [type, seconds] of timeouts) {
  test(`serveOptions() leaves ${type} ${seconds ?? "Bun's"} seconds of silence`, async () => {
    let told: number | undefined;
    const options = serveOptions(
      () => new Response("", { headers: { "content-type": type } }),
      metadataOf("/mcp"),
    );
    await options.fetch(new Request(ORIGIN), {
      timeout: (_request, seconds) => told = seconds,
    });
    assertEquals(told, seconds);
  });
}

test("serveOptions() shows no source code in place of an error, and shares no port for that", () => {
  const { development, reusePort } = serveOptions(
    () => new Response(),
    metadataOf("/mcp"),
  );
  assertEquals([development, reusePort], [false, false]);
});

test("serveOptions() refuses metadata that cannot be published", () => {
  assertThrows(
    () => serveOptions(() => new Response(), metadataOf("/mcp?a=b")),
    TypeError,
    "remove its query",
  );
});
