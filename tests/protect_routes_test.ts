import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import { protectResource } from "../src/protect_resource.ts";
import { protectResources } from "../src/protect_resources.ts";
import type { Handler } from "../src/types.ts";
import { answerJson, answerNothing, testNetwork } from "../src/testing/mod.ts";
import {
  ISSUER,
  METADATA,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "./support/protected.ts";

const ORIGIN = "http://localhost:8787";

/** What answers a path: a document, the resource (which asks for a token) or somebody else. */
async function answererOf(
  handle: Handler,
  path: string,
  origin: string = ORIGIN,
): Promise<string> {
  const response = await handle(new Request(`${origin}${path}`));
  if (response.status === 401) return "resource";
  const text = await response.text();
  if (response.status === 404 && text.includes("not_found")) return "nobody";
  if (response.status !== 200) return `${response.status}`;
  return text.startsWith("{")
    ? JSON.parse(text).resource === undefined ? "issuer" : "metadata"
    : text;
}

/** A path of a resource at /mcp, and who answers it. */
const paths: readonly (readonly [path: string, answerer: string])[] = [
  ["/.well-known/oauth-protected-resource/mcp", "metadata"],
  ["/.well-known/oauth-protected-resource", "metadata"],
  ["/mcp/.well-known/oauth-protected-resource", "metadata"],
  ["/.well-known/oauth-authorization-server", "issuer"],
  ["/.well-known/oauth-authorization-server/mcp", "issuer"],
  ["/.well-known/openid-configuration", "issuer"],
  ["/.well-known/openid-configuration/mcp", "issuer"],
  ["/mcp/.well-known/openid-configuration", "issuer"],
  ["/mcp", "resource"],
  ["/mcp/below", "resource"],
  ["/mcp?x=1", "resource"],
  ["/mcp/.well-known/oauth-authorization-server", "resource"],
  ["/", "somebody else"],
  ["/mcp2", "somebody else"],
  ["/healthcheck", "somebody else"],
  ["/.well-known/oauth-protected-resource/mcp2", "somebody else"],
  ["/.well-known/oauth-protected-resource/mcp/below", "somebody else"],
  ["/.well-known/security.txt", "somebody else"],
  ["/.well-known/", "somebody else"],
  // Another identifier (RFC 9728 §3.3): metadata that names the resource would not match it.
  ["/mcp/", "nobody"],
  ["/.well-known/oauth-protected-resource/mcp/", "nobody"],
  ["/%6dcp", "nobody"],
  ["/mcp%2f", "nobody"],
  ["//mcp", "nobody"],
  ["/MCP", "nobody"],
];

for (const [path, answerer] of paths) {
  test(`protectResource() leaves ${path} to ${answerer}`, async () => {
    const { handle } = protect({
      otherwise: () => new Response("somebody else"),
    });
    assertEquals(await answererOf(handle, path), answerer);
  });
}

/** URLs as clients write them, and some runtimes hand them on: what a router behind reads in them, `URL` may not. */
const written: readonly (
  readonly [why: string, url: string, answerer: string]
)[] = [
  ["the resource", `${ORIGIN}/mcp`, "resource"],
  ["a host in capitals", "http://LOCALHOST:8787/mcp", "resource"],
  ["dots in the query", `${ORIGIN}/mcp?a=/../b`, "resource"],
  ["a way out of it", `${ORIGIN}/mcp/../x`, "nobody"],
  ["an escaped way out of it", `${ORIGIN}/mcp/%2e%2E/x`, "nobody"],
  ["a way out by a backslash", `${ORIGIN}/mcp/..\\x`, "nobody"],
  ["a way into it", `${ORIGIN}/x/../mcp`, "nobody"],
  ["a backslash behind it", `${ORIGIN}/mcp\\x`, "nobody"],
  ["a dot before it", `${ORIGIN}/./mcp`, "nobody"],
  ["a user in front of the host", "http://user@localhost:8787/mcp", "nobody"],
  ["a user and a password", "http://a:b@localhost:8787/mcp", "nobody"],
  ["an empty user", "http://@localhost:8787/mcp", "nobody"],
  ["an at sign in the path", `${ORIGIN}/mcp/@user`, "resource"],
  ["a query in the host", "http://localhost?/mcp", "nobody"],
  ["a fragment in the host", "http://localhost#/mcp", "nobody"],
  ["another path in the host", "http://localhost\\x?/mcp", "nobody"],
  ["the resource in the host", "http://localhost\\mcp?/x", "nobody"],
  ["no path", "http://localhost", "nobody"],
  ["somebody else", `${ORIGIN}/x`, "somebody else"],
];

for (const [why, url, answerer] of written) {
  test(`protectResource() leaves a URL with ${why}, as it was written, to ${answerer}`, async () => {
    const { handle } = protect({
      otherwise: () => new Response("somebody else"),
    });
    const answered = await answererOf(
      (request) =>
        handle(Object.defineProperty(request, "url", { value: url })),
      "",
    );
    assertEquals(answered, answerer);
  });
}

test("protectResource() answers the well-known URL of its challenge, to anybody", async () => {
  const { handle } = protect({
    metadata: { ...METADATA, scopes_supported: ["notes:read"] },
  });
  for (
    const headers of [{}, { origin: "https://evil.example" }, {
      host: "evil.example",
      authorization: "Bearer x",
    }]
  ) {
    const response = await handle(new Request(METADATA_URL, { headers }));
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(await response.json(), {
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ["notes:read"],
      bearer_methods_supported: ["header"],
    });
  }
});

for (
  const url of [
    METADATA_URL,
    `${ORIGIN}/.well-known/oauth-authorization-server`,
  ]
) {
  test(`protectResource() answers ${new URL(url).pathname} to GET, HEAD and OPTIONS alone`, async () => {
    const { handle, network } = protect();
    const statuses = new Map<string, number>();
    for (const method of ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]) {
      const response = await handle(new Request(url, { method }));
      statuses.set(method, response.status);
      if (response.status === 405) {
        assertEquals(response.headers.get("allow"), "GET, HEAD, OPTIONS");
      }
      if (method === "HEAD") assertEquals(await response.text(), "");
      assertFalse(response.headers.has("www-authenticate"));
    }
    assertEquals([...statuses.values()], [200, 200, 204, 405, 405, 405]);
    assert(network.requests.length <= 1);
  });
}

test("protectResource() mirrors the first issuer's metadata", async () => {
  const { handle, network, issuer } = protect({
    metadata: {
      resource: RESOURCE,
      authorization_servers: [ISSUER, "https://second.example"],
    },
  });
  const response = await handle(
    new Request(`${ORIGIN}/.well-known/oauth-authorization-server`),
  );
  assertEquals((await response.json()).issuer, ISSUER);
  assertEquals(network.requests, [issuer.metadataUrl]);
});

test("protectResource() mirrors another issuer's metadata where it is told to, over its own platform", async () => {
  const other = "https://other.example";
  const { handle, network } = protect({ mirror: { issuer: other } });
  network.serve(
    `${other}/.well-known/oauth-authorization-server`,
    () => Response.json({ issuer: other }),
  );
  const response = await handle(
    new Request(`${ORIGIN}/.well-known/oauth-authorization-server`),
  );
  assertEquals(response.status, 200);
  assertEquals(await response.json(), { issuer: other });
});

test("protectResource() leaves the issuer's documents to others where it mirrors nobody", async () => {
  const { handle, network } = protect({
    mirror: null,
    otherwise: () => new Response("somebody else"),
  });
  for (const name of ["oauth-authorization-server", "openid-configuration"]) {
    for (const path of [`/.well-known/${name}`, `/.well-known/${name}/mcp`]) {
      assertEquals(await answererOf(handle, path), "somebody else");
    }
  }
  assertEquals(
    await answererOf(handle, "/mcp/.well-known/openid-configuration"),
    "nobody",
  );
  assertEquals(
    await answererOf(handle, new URL(METADATA_URL).pathname),
    "metadata",
  );
  assertEquals(network.requests, []);
});

test("protectResource() answers 404 in JSON to what is nobody's", async () => {
  const { handle } = protect();
  for (const method of ["GET", "POST", "DELETE"]) {
    const response = await handle(new Request(`${ORIGIN}/x`, { method }));
    assertEquals(response.status, 404);
    assertEquals(response.headers.get("content-type"), "application/json");
    assertFalse(response.headers.has("www-authenticate"));
    assertEquals((await response.json()).error, "not_found");
  }
});

test("protectResource() names the resource in the 404 of another URL, and protectResources() none of several", async () => {
  const hint = `There is nothing at this URL: the resource is ${RESOURCE}`;
  const { handle } = protect();
  for (const path of ["/", "/x", `${new URL(RESOURCE).pathname}/`]) {
    const response = await handle(new Request(`${ORIGIN}${path}`));
    assertEquals((await response.json()).error_description, hint);
  }
  const several = protectResources([
    [() => new Response(), { metadata: METADATA }],
    [() => new Response(), {
      metadata: { ...METADATA, resource: `${RESOURCE}2` },
    }],
  ]);
  const response = await several(new Request(`${ORIGIN}/x`));
  assertEquals(
    (await response.json()).error_description,
    "There is nothing at this URL",
  );
});

test("protectResource() throws for a request that is not a Request, since nobody would read its response", () => {
  const { handle } = protect();
  const ofNode = { url: "/mcp", method: "POST", headers: { host: "x" } };
  const ofHono = { req: { raw: new Request(RESOURCE) } };
  for (const request of [ofNode, ofHono, {}, undefined, null]) {
    assertThrows(
      () => handle(request as unknown as Request),
      TypeError,
      "Cannot answer what is not a Request: use an adapter, such as toNodeListener() of /node",
    );
  }
});

/** Paths that are neither the resource's nor a document's, and what answers OPTIONS there. */
const unowned: readonly (readonly [path: string, answerer: string])[] = [
  ["/", "somebody else"],
  ["/x", "somebody else"],
  ["/mcp2", "somebody else"],
  ["/.well-known/security.txt", "somebody else"],
  ["/.well-known/oauth-protected-resource/x", "somebody else"],
  ["/.well-known/oauth-protected-resource/mcp/", "somebody else"],
  ["/.well-known/oauth-authorization-server", "somebody else"],
  ["/.well-known/openid-configuration", "somebody else"],
  // A router behind could take these for the resource's.
  ["/mcp/", "nobody"],
  ["/MCP", "nobody"],
  ["/mcp%2f", "nobody"],
];

for (const [path, answerer] of unowned) {
  test(`protectResource() leaves OPTIONS on ${path} to ${answerer}`, async () => {
    const asked: Request[] = [];
    const { handle } = protect({
      mirror: null,
      otherwise: (request) => {
        asked.push(request);
        return new Response("somebody else");
      },
    });
    const ask = (): Request =>
      new Request(`${ORIGIN}${path}`, {
        method: "OPTIONS",
        headers: {
          origin: "https://inspector.example",
          "access-control-request-method": "GET",
        },
      });
    const response = await handle(ask());
    assertFalse(response.headers.has("access-control-allow-origin"));
    assertEquals(asked.length, answerer === "nobody" ? 0 : 1);
    assertEquals(response.status, answerer === "nobody" ? 404 : 200);

    const { handle: alone } = protect({ mirror: null });
    const absent = await alone(ask());
    assertFalse(absent.headers.has("access-control-allow-origin"));
    assertEquals(absent.status, 404);
  });
}

test("protectResource() answers OPTIONS below the resource itself, where it has no document", async () => {
  const { handle } = protect({
    mirror: null,
    otherwise: () => new Response("somebody else"),
  });
  const url = `${RESOURCE}/.well-known/openid-configuration`;
  const origin = "http://localhost:6274";
  const response = await handle(
    new Request(url, { method: "OPTIONS", headers: { origin } }),
  );
  assertEquals(response.status, 204);
  assertEquals(response.headers.get("access-control-allow-origin"), origin);
});

test("protectResource() hands the whole request to whoever else there is", async () => {
  const platform = {};
  const request = post({ url: `${ORIGIN}/elsewhere`, body: { n: 1 } });
  let handed: unknown[] = [];
  const { handle } = protect({
    otherwise: (...given) => {
      handed = given;
      return new Response("somebody else");
    },
  });
  const response = await handle(request, platform);
  assertEquals(handed.length, 2);
  assert(handed[0] === request && handed[1] === platform);
  assertFalse(response.headers.has("access-control-allow-origin"));
});

test("protectResource() composes: two resources of one origin, one behind the other", async () => {
  const notes = `${ORIGIN}/notes`;
  const first = protect({
    metadata: { ...METADATA, resource: notes },
  }, () => new Response("notes"));
  const { handle, issuer } = protect({ otherwise: first.handle });
  assertEquals(await answererOf(handle, "/mcp"), "resource");
  assertEquals(await answererOf(handle, "/notes"), "resource");
  assertEquals(await answererOf(handle, "/x"), "nobody");
  const challenged = await handle(post({ url: notes }));
  assertEquals(
    challenged.headers.get("www-authenticate"),
    `Bearer resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource/notes"`,
  );
  const token = await issuer.token({ aud: notes });
  assertEquals((await handle(post({ token }))).status, 401);
  const response = await handle(post({ token, url: notes }));
  assertEquals(await response.text(), "notes");
});

/** A resource that is a whole origin, written both ways. */
for (const resource of [ORIGIN, `${ORIGIN}/`]) {
  test(`protectResource() owns every path of ${resource}`, async () => {
    const { handle, issuer } = protect({
      metadata: { ...METADATA, resource },
      otherwise: () => new Response("somebody else"),
    });
    for (const path of ["/", "/mcp", "/a/b"]) {
      assertEquals(await answererOf(handle, path), "resource");
    }
    assertEquals(
      await answererOf(handle, "/.well-known/security.txt"),
      "somebody else",
    );
    const document = await handle(
      new Request(`${ORIGIN}/.well-known/oauth-protected-resource`),
    );
    assertEquals((await document.json()).resource, resource);
    for (const aud of [ORIGIN, `${ORIGIN}/`]) {
      const token = await issuer.token({ aud });
      assertEquals((await handle(post({ token }))).status, 200);
    }
    const below = await issuer.token({ aud: RESOURCE });
    assertEquals((await handle(post({ token: below }))).status, 401);
  });
}

test("protectResource() stands where a proxy mounts it, and keeps its identity", async () => {
  const { handle, issuer } = protect({
    path: "/inner",
    cors: { hosts: () => true },
    otherwise: () => new Response("somebody else"),
  });
  const origin = "http://10.0.0.1:3000";
  assertEquals(await answererOf(handle, "/inner", origin), "resource");
  assertEquals(await answererOf(handle, "/inner/x", origin), "resource");
  assertEquals(await answererOf(handle, "/mcp", origin), "somebody else");
  for (const path of ["/mcp", "/inner", ""]) {
    assertEquals(
      await answererOf(
        handle,
        `/.well-known/oauth-protected-resource${path}`,
        origin,
      ),
      "metadata",
    );
  }
  const url = `${origin}/inner`;
  assertEquals(
    (await handle(post({ url }))).headers.get("www-authenticate"),
    `Bearer resource_metadata="${METADATA_URL}"`,
  );
  const token = await issuer.token();
  assertEquals((await handle(post({ url, token }))).status, 200);
  const wrong = await issuer.token({ aud: url });
  assertEquals((await handle(post({ url, token: wrong }))).status, 401);
});

test("protectResource() answers documents and challenges while the issuer is away", async () => {
  const { handle, network } = protect();
  network.outage = answerNothing();
  assertEquals(
    await answererOf(handle, "/.well-known/oauth-protected-resource/mcp"),
    "metadata",
  );
  assertEquals(await answererOf(handle, "/mcp"), "resource");
  assertEquals(network.requests, []);
  assertEquals(
    await answererOf(handle, "/.well-known/oauth-authorization-server"),
    "502",
  );
});

test("protectResource() leaves the metadata of an issuer at its own origin to the issuer", async () => {
  const paths: string[] = [];
  const handle = protectResource(() => new Response("Hello"), {
    metadata: {
      resource: "https://h.example/mcp",
      authorization_servers: ["https://h.example"],
    },
    otherwise: (request) => {
      paths.push(new URL(request.url).pathname);
      return new Response("the issuer's");
    },
  });
  const path = "/.well-known/oauth-authorization-server";
  const response = await handle(new Request(`https://h.example${path}`));
  assertEquals([await response.text(), paths], ["the issuer's", [path]]);
});

test("protectResource() mirrors an issuer at its own origin where it is told to", async () => {
  const issuer = "https://h.example/as";
  const network = testNetwork();
  network.serve(
    "https://h.example/.well-known/oauth-authorization-server/as",
    answerJson({ issuer }),
  );
  const handle = protectResource(() => new Response("Hello"), {
    metadata: {
      resource: "https://h.example/mcp",
      authorization_servers: [issuer],
    },
    mirror: { issuer },
    platform: network,
  });
  const url = "https://h.example/.well-known/oauth-authorization-server/mcp";
  const response = await handle(new Request(url));
  assertEquals(await response.json(), { issuer });
});
