import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { notFound, publicDocuments } from "../../src/discovery/well_known.ts";
import type { Handler } from "../../src/types.ts";

const ISSUER = "https://auth.example.com/tenant";
const SERVER = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` };

const RESOURCE = "/.well-known/oauth-protected-resource";
const OAUTH = "/.well-known/oauth-authorization-server";
const OPENID = "/.well-known/openid-configuration";

/**
 * By the resource's public path and the one where it is mounted: what follows the resource's well-known name, where the
 * identifier with a slash more or less would have its document, and what precedes a well-known name.
 */
const layouts: readonly (readonly [
  why: string,
  paths: readonly [path: string, mounted: string],
  behind: readonly string[],
  twins: readonly string[],
  before: readonly string[],
])[] = [
  ["a path", ["/mcp", "/mcp"], ["", "/mcp"], ["/mcp/"], ["/mcp"]],
  ["a slash at the end", ["/mcp/", "/mcp/"], ["", "/mcp/"], ["/mcp"], ["/mcp"]],
  ["two segments", ["/a/b", "/a/b"], ["", "/a/b"], ["/a/b/"], ["/a/b"]],
  ["no path", ["", ""], ["", "/"], [], []],
  [
    "a path that a proxy strips",
    ["/mcp", ""],
    ["", "/", "/mcp"],
    ["/mcp/"],
    ["/mcp"],
  ],
  [
    "a path that a proxy shortens",
    ["/api/mcp", "/mcp"],
    ["", "/api/mcp", "/mcp"],
    ["/api/mcp/", "/mcp/"],
    ["/api/mcp", "/mcp"],
  ],
  [
    "a path to which a proxy adds a slash",
    ["/mcp", "/mcp/"],
    ["", "/mcp", "/mcp/"],
    [],
    ["/mcp"],
  ],
];

for (const [why, paths, behind, twins, before] of layouts) {
  const resource = [
    ...behind.map((path) => `${RESOURCE}${path}`),
    ...before.map((path) => `${path}${RESOURCE}`),
  ];
  const server = [
    ...[...behind, ...twins].flatMap((
      path,
    ) => [`${OAUTH}${path}`, `${OPENID}${path}`]),
    ...before.map((path) => `${path}${OPENID}`),
  ];
  const absent = twins.map((path) => `${RESOURCE}${path}`);

  test(`publicDocuments() are at each URL for ${why}, and nowhere else`, async () => {
    const found = await survey(documentsOf(paths));
    assertEquals(found, tableOf({ resource, server, 404: absent }));
  });

  test(`publicDocuments() leave the root to others for ${why}, where there is no mirror`, async () => {
    const found = await survey(documentsOf(paths, null));
    const noServer = before.map((path) => `${path}${OPENID}`);
    assertEquals(
      found,
      tableOf({ resource, 404: [...absent, ...noServer] }),
    );
  });
}

/** What each client asks for, in its order, to find what it needs of https://h/mcp. */
const searches: readonly (readonly [
  client: string,
  kind: "resource" | "server",
  ...urls: string[],
])[] = [
  ["MCP 2025-06-18", "resource", RESOURCE],
  ["MCP 2025-11-25 and later", "resource", `${RESOURCE}/mcp`, RESOURCE],
  ["a client that appends", "resource", `/mcp${RESOURCE}`],
  ["MCP 2025-03-26", "server", OAUTH],
  ["the TypeScript SDK 1.8", "server", OAUTH],
  ["the TypeScript SDK 1.15", "server", `${OAUTH}/mcp`, OAUTH],
  [
    "the TypeScript SDK 1.17",
    "server",
    ...[`${OAUTH}/mcp`, OAUTH, `${OPENID}/mcp`, `/mcp${OPENID}`],
  ],
  ["the TypeScript SDK 1.22", "server", OAUTH, OPENID],
  ["the Python SDK", "server", OAUTH],
  [
    "mcp-remote",
    "server",
    ...[OAUTH, OPENID, `${OAUTH}/mcp`, `${OPENID}/mcp`, `/mcp${OPENID}`],
  ],
];

for (const [client, kind, ...urls] of searches) {
  test(`publicDocuments() have the ${kind}'s wherever ${client} asks`, async () => {
    const found = (await survey(documentsOf(["/mcp", "/mcp"])))[kind];
    for (const url of urls) assert(found?.includes(url), url);
  });
}

test("publicDocuments() name the configured resource, wherever they are asked for", async () => {
  for (const [path, handler] of documentsOf(["/api/mcp", "/mcp"])) {
    if (!path.includes("oauth-protected-resource")) continue;
    const response = await handler(new Request(`http://10.0.0.1:80${path}`));
    const { resource } = await response.json();
    if (response.status === 200) assertEquals(resource, "https://h/api/mcp");
    else assertEquals(path.at(-1), "/");
  }
});

test("publicDocuments() mirror all that the authorization server says of itself", async () => {
  const handler = documentsOf(["/mcp", "/mcp"]).get(OAUTH);
  const response = await handler?.(new Request(`https://h${OAUTH}`));
  assertEquals(await response?.json(), SERVER);
});

/** One resource of an origin: its path, where it is mounted, and whose metadata is mirrored. */
type Several = readonly (readonly [
  path: string,
  mounted: string,
  mirror: string | null,
])[];

/** Resources of one origin, and whose the document at a path is; an empty string: nobody's; `undefined`: there is none. */
const origins: readonly (readonly [
  why: string,
  resources: Several,
  owners: Readonly<Record<string, string | undefined>>,
])[] = [
  ["two resources", [["/a", "/a", "i"], ["/b", "/b", "i"]], {
    [RESOURCE]: "",
    [`${RESOURCE}/`]: undefined,
    [`${RESOURCE}/a`]: "https://h/a",
    [`/a${RESOURCE}`]: "https://h/a",
    [`${RESOURCE}/b`]: "https://h/b",
    [`${RESOURCE}/b/`]: "",
    [OAUTH]: "i",
    [OPENID]: "i",
    [`${OAUTH}/b`]: "i",
  }],
  ["another one at the root", [["", "", "i"], ["/b", "/b", "i"]], {
    [RESOURCE]: "https://h",
    [`${RESOURCE}/`]: "https://h",
    [`${RESOURCE}/b`]: "https://h/b",
    [OAUTH]: "i",
  }],
  [
    "one that a proxy strips to the root",
    [["/a", "", "i"], ["/b", "/b", "i"]],
    {
      [RESOURCE]: "https://h/a",
      [`${RESOURCE}/a`]: "https://h/a",
    },
  ],
  ["two issuers", [["/a", "/a", "i"], ["/b", "/b", "j"]], {
    [OAUTH]: "",
    [OPENID]: "",
    [`${OAUTH}/a`]: "i",
    [`${OPENID}/b`]: "j",
    [`/b${OPENID}`]: "j",
  }],
  ["two issuers, and a resource at the root", [["", "", "i"], [
    "/b",
    "/b",
    "j",
  ]], {
    [OAUTH]: "",
    [`${OAUTH}/b`]: "j",
  }],
  ["three resources and two issuers", [["/a", "/a", "i"], ["/b", "/b", "j"], [
    "/c",
    "/c",
    "i",
  ]], { [OAUTH]: "", [`${OAUTH}/c`]: "i" }],
  ["an issuer that may be at the root itself", [["/a", "/a", null], [
    "/b",
    "/b",
    "i",
  ]], {
    [OAUTH]: undefined,
    [OPENID]: undefined,
    [`${OAUTH}/a`]: undefined,
    [`/a${OPENID}`]: "",
    [`${OAUTH}/b`]: "i",
  }],
  ["one path that two could mean", [["/a", "/x", "i"], ["/b", "/a", "i"]], {
    [`${RESOURCE}/a`]: "",
    [`${RESOURCE}/x`]: "https://h/a",
    [`${RESOURCE}/b`]: "https://h/b",
  }],
];

for (const [why, resources, owners] of origins) {
  test(`publicDocuments() are nobody's rather than another's for ${why}`, () => {
    const documents = publicDocuments(
      resources.map(([path, mounted, mirror]) => ({
        metadata: {
          resource: `https://h${path}`,
          authorization_servers: [ISSUER],
        },
        mirror: mirror === null ? null : { issuer: mirror },
        paths: [path, mounted],
      })),
    );
    const found = Object.keys(owners)
      .map((path) => [path, documents.get(path)?.of]);
    assertEquals(Object.fromEntries(found), owners);
  });
}

test("notFound() is a 404 without a challenge, after which clients look elsewhere", async () => {
  for (const method of ["GET", "POST"]) {
    const response = notFound(new Request("https://h/x", { method }));
    assertEquals(response.status, 404);
    assertEquals(response.headers.has("www-authenticate"), false);
    assertEquals((await response.json()).error, "not_found");
  }
});

/** The issuer's own server is at the one seam to the network. */
function documentsOf(
  paths: readonly [path: string, mounted: string],
  mirror: undefined | null = undefined,
): ReadonlyMap<string, Handler> {
  const fetch = () => Promise.resolve(Response.json(SERVER));
  const documents = publicDocuments([{
    metadata: {
      resource: `https://h${paths[0]}`,
      authorization_servers: [ISSUER],
    },
    mirror: mirror === null ? null : { issuer: ISSUER, platform: { fetch } },
    paths,
  }]);
  return new Map([...documents].map(([path, { answer }]) => [path, answer]));
}

type Table = Partial<Record<string, readonly string[]>>;

/** The documents' paths, by what is there. */
async function survey(documents: ReadonlyMap<string, Handler>): Promise<Table> {
  const found: Record<string, string[]> = {};
  for (const [path, handler] of documents) {
    const response = await handler(new Request(`https://h${path}`));
    const body = await response.json();
    const kind = "resource" in body
      ? "resource"
      : "issuer" in body
      ? "server"
      : response.status;
    (found[kind] ??= []).push(path);
  }
  return tableOf(found);
}

/** In an order that is its own. */
function tableOf(kinds: Readonly<Record<string, readonly string[]>>): Table {
  return Object.fromEntries(
    Object.entries(kinds)
      .filter(([, paths]) => paths.length > 0)
      .map(([kind, paths]) => [kind, paths.toSorted()]),
  );
}
