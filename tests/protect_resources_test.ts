// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
} from "@modelcontextprotocol/sdk/client/auth.js";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { ProtectedResourceMetadata } from "../src/discovery/resource_metadata.ts";
import {
  type ProtectedResource,
  type ProtectedResourcesOptions,
  protectResources,
} from "../src/protect_resources.ts";
import type { Handler } from "../src/types.ts";
import { publishIssuer } from "../src/testing/issuer.ts";
import { type TestIssuer, testNetwork } from "../src/testing/mod.ts";
import { ISSUER, KEY, post } from "./support/protected.ts";

const ORIGIN = "http://localhost:8787";
const RESOURCE_DOCUMENT = "/.well-known/oauth-protected-resource";
const SERVER_DOCUMENT = "/.well-known/oauth-authorization-server";

type Options = ProtectedResource[1];

/** For what is of no resource. */
const SOMEBODY_ELSE: ProtectedResourcesOptions = {
  otherwise: () => new Response("somebody else"),
};

interface Setup {
  readonly handle: Handler;
  readonly issuer: TestIssuer;
  readonly requests: readonly string[];
}

/** Resources at these paths, each of which answers with its path. */
function protectPaths(
  paths: readonly string[],
  options: ProtectedResourcesOptions = {},
  each: Partial<Options> = {},
): Setup {
  const network = testNetwork();
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: ORIGIN,
    keys: [KEY],
  });
  const handle = protectResources(
    paths.map((path) => [
      () => new Response(`at ${path}`),
      { metadata: metadataOf(path), platform: network, ...each },
    ]),
    options,
  );
  return { handle, issuer, requests: network.requests };
}

function metadataOf(
  path: string,
  origin: string = ORIGIN,
): ProtectedResourceMetadata {
  return { resource: `${origin}${path}`, authorization_servers: [ISSUER] };
}

/** A path, of which resource the token is, and what becomes of the request. */
type Row = readonly [
  why: string,
  path: string,
  token: string,
  answer: string | number,
];

/** With resources at `/mcp` and `/notes`. */
const siblings: readonly Row[] = [
  ["a resource", "/mcp", "/mcp", "at /mcp"],
  ["what is below it", "/mcp/x", "/mcp", "at /mcp"],
  ["another one", "/notes", "/notes", "at /notes"],
  ["a token of the other one", "/mcp", "/notes", 401],
  ["a token of the other one, the other way round", "/notes", "/mcp", 401],
  ["a token of the whole origin", "/mcp", "", 401],
  ["a disguise", "/%6dcp", "/mcp", 404],
  ["a disguise of the other one", "/NOTES", "/mcp", 404],
  ["disguised dots from one to the other", "/mcp/%2e%2e%2fnotes", "/mcp", 404],
  ["disguised slashes to the other", "/mcp/..%2fnotes", "/mcp", 404],
  ["a parameter", "/mcp;x/notes", "/mcp", 404],
  ["plain dots, which a URL resolves", "/mcp/../notes", "/mcp", 401],
  ["nobody's path", "/x", "/mcp", "somebody else"],
];

/** With resources at `/mcp` and `/mcp/admin`. */
const nested: readonly Row[] = [
  ["the outer one", "/mcp", "/mcp", "at /mcp"],
  ["what is below the outer one", "/mcp/x", "/mcp", "at /mcp"],
  ["what begins as the inner one", "/mcp/admin2", "/mcp", "at /mcp"],
  ["the inner one", "/mcp/admin", "/mcp/admin", "at /mcp/admin"],
  [
    "what is below the inner one",
    "/mcp/admin/x",
    "/mcp/admin",
    "at /mcp/admin",
  ],
  ["a slash at the end", "/mcp/admin/", "/mcp/admin", 404],
  ["a slash at the end, with the outer one's", "/mcp/admin/", "/mcp", 404],
  ["the outer one's token", "/mcp/admin", "/mcp", 401],
  ["the outer one's token below", "/mcp/admin/x", "/mcp", 401],
  ["the inner one's token outside", "/mcp", "/mcp/admin", 401],
  ["an escaped letter", "/mcp/%61dmin", "/mcp", 404],
  ["a letter escaped twice", "/mcp/%2561dmin", "/mcp", 404],
  ["other case", "/mcp/Admin", "/mcp", 404],
  ["an empty segment", "/mcp//admin", "/mcp", 404],
  ["an escaped slash", "/mcp%2fadmin", "/mcp", 404],
  ["an escaped slash further on", "/mcp/%2fadmin", "/mcp", 404],
  ["a backslash", "/mcp/%5cadmin", "/mcp", 404],
  ["a parameter", "/mcp/admin;x", "/mcp", 404],
  ["a parameter before it", "/mcp;x/admin", "/mcp", 404],
  ["dots out of the inner one", "/mcp/admin/..%2fx", "/mcp/admin", 404],
  ["an escaped dot, which a URL resolves", "/mcp/%2e/admin", "/mcp", 401],
  ["escaped dots", "/mcp/x/%2e%2e%2fadmin", "/mcp", 404],
];

/** With resources at the root and at `/mcp`. */
const rooted: readonly Row[] = [
  ["the root", "/", "", "at "],
  ["what is below the root", "/x", "", "at "],
  ["the other one", "/mcp", "/mcp", "at /mcp"],
  ["the root's token", "/mcp", "", 401],
  ["the other one's token", "/", "/mcp", 401],
  ["the root's token in disguise", "/%6dcp", "", 404],
  ["disguised dots", "/x/%2e%2e%2fmcp", "", 404],
  ["disguised dots to the root", "/mcp/%2e%2e%2fx", "/mcp", 404],
  ["a well-known path of nobody's", "/.well-known/x", "", "somebody else"],
];

const layouts: readonly (readonly [
  why: string,
  paths: readonly string[],
  rows: readonly Row[],
])[] = [
  ["beside each other", ["/mcp", "/notes"], siblings],
  ["beside each other, in another order", ["/notes", "/mcp"], siblings],
  ["within each other", ["/mcp", "/mcp/admin"], nested],
  ["within each other, in another order", ["/mcp/admin", "/mcp"], nested],
  ["at and below the root", ["", "/mcp"], rooted],
];

for (const [where, paths, rows] of layouts) {
  for (const [why, path, of, answer] of rows) {
    test(`protectResources() ${where}: ${why}, ${path} with a token of ${of || "the root"}`, async () => {
      const { handle, issuer } = protectPaths(paths, SOMEBODY_ELSE);
      const token = await issuer.token({ aud: `${ORIGIN}${of}` });
      const response = await handle(post({ url: `${ORIGIN}${path}`, token }));
      const { status } = response;
      assertEquals(status === 200 ? await response.text() : status, answer);
    });
  }
}

test("protectResources() publishes each resource's own metadata, and names it in the challenge", async () => {
  const { handle } = protectPaths(["/mcp", "/notes"]);
  for (const path of ["/mcp", "/notes"]) {
    const url = `${ORIGIN}${RESOURCE_DOCUMENT}${path}`;
    const refused = await handle(post({ url: `${ORIGIN}${path}` }));
    assertEquals(
      refused.headers.get("www-authenticate"),
      `Bearer resource_metadata="${url}"`,
    );
    const document = await handle(new Request(url));
    assertEquals(document.headers.get("access-control-allow-origin"), "*");
    assertEquals((await document.json()).resource, `${ORIGIN}${path}`);
  }
});

test("protectResources() has the SDK's client find each resource's own metadata and issuer", async () => {
  const paths = ["/mcp", "/mcp/admin", "/notes"];
  const { handle, issuer } = protectPaths(paths);
  const fetch = async (url: string | URL, init?: RequestInit) =>
    await handle(new Request(url, init));
  for (const path of paths) {
    const url = `${ORIGIN}${path}`;
    const found = await discoverOAuthProtectedResourceMetadata(url, {}, fetch);
    assertEquals(found.resource, url);
    const server = await discoverAuthorizationServerMetadata(url, {
      fetchFn: fetch,
    });
    assertEquals(server?.issuer, issuer.issuer);
  }
});

test("protectResources() has no metadata at the root where there is no resource, and lets nobody else have some", async () => {
  const { handle } = protectPaths(["/mcp", "/notes"], SOMEBODY_ELSE);
  const response = await handle(new Request(`${ORIGIN}${RESOURCE_DOCUMENT}`));
  assertEquals(response.status, 404);
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
  assertEquals((await response.json()).error, "not_found");
});

test("protectResources() has the metadata of the one at the root at the root, and of one that is alone", async () => {
  for (const paths of [["", "/mcp"], ["/mcp", ""], ["/notes"]]) {
    const { handle } = protectPaths(paths);
    const response = await handle(new Request(`${ORIGIN}${RESOURCE_DOCUMENT}`));
    const { resource } = await response.json();
    assertEquals(resource, `${ORIGIN}${paths.includes("") ? "" : "/notes"}`);
  }
});

test("protectResources() mirrors the issuer that all resources name first", async () => {
  const { handle, issuer } = protectPaths(["/mcp", "/notes"]);
  for (const path of ["", "/mcp", "/notes"]) {
    const url = `${ORIGIN}${SERVER_DOCUMENT}${path}`;
    const response = await handle(new Request(url));
    assertEquals((await response.json()).issuer, issuer.issuer, path);
  }
});

test("protectResources() reads what an issuer publishes once for all resources of a platform", async () => {
  const { handle, issuer, requests } = protectPaths(["/mcp", "/notes"]);
  for (const path of ["/mcp", "/notes", "/mcp"]) {
    const aud = `${ORIGIN}${path}`;
    const token = await issuer.token({ aud });
    assertEquals((await handle(post({ url: aud, token }))).status, 200);
  }
  await handle(new Request(`${ORIGIN}${SERVER_DOCUMENT}`));
  assertEquals(requests, [issuer.metadataUrl, issuer.jwksUrl]);
});

test("protectResources() does not take a token because another resource has", async () => {
  const { handle, issuer } = protectPaths(["/mcp", "/notes"]);
  const token = await issuer.token({ aud: `${ORIGIN}/mcp` });
  const statuses = [];
  for (const path of ["/mcp", "/notes", "/mcp"]) {
    const response = await handle(post({ url: `${ORIGIN}${path}`, token }));
    statuses.push(response.status);
  }
  assertEquals(statuses, [200, 401, 200]);
});

/** A page, a resource that lets in the pages of its own host alone, and what becomes of a preflight. */
const pages:
  readonly (readonly [origin: string, path: string, status: number])[] = [
    ["https://mcp.example", "/mcp", 204],
    ["https://mcp.example", "/notes", 403],
    ["https://notes.example", "/mcp", 403],
    ["https://notes.example", "/notes", 204],
  ];

for (const [origin, path, status] of pages) {
  test(`protectResources() answers ${status} to a page of ${origin} on ${path}`, async () => {
    const handle = protectResources(
      ["mcp", "notes"].map((name) => [() => new Response(), {
        metadata: metadataOf(`/${name}`),
        cors: { origins: [`https://${name}.example`] },
      }]),
    );
    const response = await handle(
      new Request(`${ORIGIN}${path}`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      }),
    );
    assertEquals(response.status, status);
  });
}

test("protectResources() passes the whole request to otherwise", async () => {
  let handed: unknown[] = [];
  const { handle } = protectPaths(["/mcp", "/notes"], {
    otherwise: (...given) => {
      handed = given;
      return new Response("somebody else");
    },
  });
  const [request, platform] = [post({ url: `${ORIGIN}/x` }), {}];
  const response = await handle(request, platform);
  assert(handed[0] === request && handed[1] === platform);
  assertEquals(await response.text(), "somebody else");
});

test("protectResources() answers 404 to a path of no resource", async () => {
  const { handle } = protectPaths(["/mcp", "/notes"]);
  const response = await handle(new Request(`${ORIGIN}/x`));
  assertEquals(response.status, 404);
  assertEquals((await response.json()).error, "not_found");
});

test("protectResources() serves other origins where proxies mount them", async () => {
  const network = testNetwork();
  const origins = [["https://a.example", "/a"], ["https://b.example", "/b"]];
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: "https://a.example/mcp",
    keys: [KEY],
  });
  const handle = protectResources(
    origins.map(([origin, path]) => [
      () => new Response(origin),
      { metadata: metadataOf("/mcp", origin), path: path!, platform: network },
    ]),
  );
  const token = await issuer.token();
  const answers = [];
  for (const path of ["/a", "/b", "/mcp"]) {
    const { status } = await handle(post({ url: `${ORIGIN}${path}`, token }));
    const url = `${ORIGIN}${RESOURCE_DOCUMENT}${path}`;
    const { resource } = await (await handle(new Request(url))).json();
    answers.push([status, resource]);
  }
  assertEquals(answers, [
    [200, "https://a.example/mcp"],
    [401, "https://b.example/mcp"],
    [404, undefined],
  ]);
});

const optionsAt = (
  path: string,
  options: Partial<Options> = {},
  origin?: string,
): Options => ({ metadata: metadataOf(path, origin), ...options });

const SAME_NAME = "give each its own identifier";
const SAME_PATH = "give them paths that no router can confuse";

/** Resources that cannot be had together, and what their author is told to change. */
const refused: readonly (readonly [
  why: string,
  options: readonly Options[],
  message: string,
])[] = [
  ["no resource", [], "list at least one"],
  [
    "a resource twice",
    [optionsAt("/mcp"), optionsAt("/mcp", { path: "/other" })],
    SAME_NAME,
  ],
  [
    "a resource spelled twice",
    [optionsAt("", {}, "https://h.example"), {
      ...optionsAt("/", { path: "/other" }, "https://H.example:443"),
    }],
    SAME_NAME,
  ],
  [
    "a slash as the only difference",
    [optionsAt("/mcp"), optionsAt("/mcp/", { path: "/other" })],
    SAME_NAME,
  ],
  [
    "one path for two",
    [optionsAt("/mcp"), optionsAt("/notes", { path: "/mcp/" })],
    SAME_PATH,
  ],
  [
    "a path that differs in case",
    [optionsAt("/mcp"), optionsAt("/MCP")],
    SAME_PATH,
  ],
  [
    "an escaped letter",
    [optionsAt("/mcp"), optionsAt("/%6dcp")],
    SAME_PATH,
  ],
  [
    "one in a path that differs in case",
    [optionsAt("/mcp"), optionsAt("/Mcp/admin")],
    SAME_PATH,
  ],
  [
    "a path below one that differs in case",
    [optionsAt("/Mcp/admin"), optionsAt("/mcp")],
    SAME_PATH,
  ],
  [
    "another origin",
    [optionsAt("/mcp"), optionsAt("/notes", {}, "https://h.example")],
    "give each the path where it is mounted",
  ],
  [
    "another scheme",
    [
      optionsAt("/mcp", { path: "/mcp" }),
      optionsAt("/notes", {}, "https://localhost:8787"),
    ],
    "http://localhost:8787, https://localhost:8787",
  ],
  [
    "otherwise for one of them",
    [{ ...optionsAt("/mcp"), otherwise: () => new Response() } as Options],
    "pass it in the options of protectResources",
  ],
  ["an option of one that is refused", [
    optionsAt("/mcp"),
    optionsAt("/notes", { maxBodyBytes: 0 }),
  ], "use a positive number"],
];

for (const [why, options, message] of refused) {
  test(`protectResources() refuses ${why}`, () => {
    assertThrows(
      () =>
        protectResources(
          options.map((one) => [() => new Response(), one] as const),
        ),
      TypeError,
      message,
    );
  });
}
