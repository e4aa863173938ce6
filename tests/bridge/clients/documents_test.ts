import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import type { OAuthBridgeOptions } from "../../../src/bridge/mod.ts";
import { oauthBridge } from "../../../src/bridge/mod.ts";
import {
  authorizePath,
  browser,
  errorOf,
  flow,
  token,
  type World,
  world,
} from "../world.ts";

const URL_OF_CLIENT = "https://client.example/oauth/metadata.json";
const DOCUMENT = {
  client_id: URL_OF_CLIENT,
  client_name: "Example client",
  redirect_uris: ["https://client.example/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
};

/** A world whose network has documents beside the provider. */
function published(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  options: Partial<OAuthBridgeOptions> = {},
): World & { readonly fetched: string[] } {
  const fetched: string[] = [];
  const here: World = world({
    platform: {
      now: () => here.now(),
      async fetch(url, init): Promise<Response> {
        const { origin } = new URL(url);
        if (origin === "https://id.example") {
          return await here.provider.fetch(url, init);
        }
        fetched.push(url);
        return await answer(url, init);
      },
    },
    ...options,
  });
  return { ...here, fetched };
}

test("a client is known by its document: it logs in, refreshes, and its host is shown", async () => {
  const here = published(() => Response.json(DOCUMENT));
  const path = authorizePath({ client_id: URL_OF_CLIENT });
  const page = await (await browser().get(here.bridge, path)).text();
  assertStringIncludes(page, "client.example<small>");
  assertEquals(page.includes("unverified"), false);
  const login = await flow(here, { client_id: URL_OF_CLIENT });
  const { refresh_token } = await (await login.redeem()).json();
  const renewed = await login.refresh(refresh_token);
  assertEquals(renewed.status, 200);
  assertEquals(here.fetched, [URL_OF_CLIENT]);
});

test("a document is read from a server that wants a User-Agent, and has another media type", async () => {
  const here = published((_, { headers }) => {
    const given = new Headers(headers);
    return given.get("user-agent") === "gatehouse-mcp-auth" &&
        /^application\/json,.*\*\/\*/.test(given.get("accept") ?? "")
      ? Response.json(DOCUMENT)
      : new Response(null, { status: 403 });
  });
  const login = await flow(here, { client_id: URL_OF_CLIENT });
  assertEquals((await login.redeem()).status, 200);
});

test("a document that changes or goes after consent breaks nothing", async () => {
  let answer = (): Response => Response.json(DOCUMENT);
  const here = published(() => answer());
  const login = await flow(here, { client_id: URL_OF_CLIENT });
  here.pass(200);
  answer = () => new Response(null, { status: 500 });
  const fresh = here.instance();
  const tokens = await login.redeem();
  assertEquals(tokens.status, 200);
  const { refresh_token } = await tokens.json();
  here.pass(600);
  const renewed = await flowRefresh(fresh, refresh_token);
  assertEquals(renewed.status, 200);
});

async function flowRefresh(
  bridge: World["bridge"],
  refresh_token: string,
): Promise<Response> {
  return await token(bridge, {
    grant_type: "refresh_token",
    client_id: URL_OF_CLIENT,
    refresh_token,
  });
}

test("every document that cannot be used gives one and the same page", async () => {
  const big = { ...DOCUMENT, padding: "x".repeat(10_241) };
  const rows: [why: string, answer: () => Response | Promise<Response>][] = [
    [
      "another client's",
      () => Response.json({ ...DOCUMENT, client_id: `${URL_OF_CLIENT}?` }),
    ],
    [
      "no client_id",
      () => Response.json({ ...DOCUMENT, client_id: undefined }),
    ],
    [
      "no redirect URI",
      () => Response.json({ ...DOCUMENT, redirect_uris: [] }),
    ],
    [
      "none that can be used",
      () =>
        Response.json({ ...DOCUMENT, redirect_uris: ["javascript:alert(1)"] }),
    ],
    [
      "a client with a secret",
      () =>
        Response.json({
          ...DOCUMENT,
          token_endpoint_auth_method: "client_secret_basic",
        }),
    ],
    [
      "a client with a key",
      () =>
        Response.json({
          ...DOCUMENT,
          token_endpoint_auth_method: "private_key_jwt",
        }),
    ],
    ["10 kB and more", () => Response.json(big)],
    ["not JSON", () => new Response("<title>")],
    ["a list", () => Response.json([DOCUMENT])],
    ["404", () => new Response(null, { status: 404 })],
    ["404 with a document", () => Response.json(DOCUMENT, { status: 404 })],
    [
      "a redirect",
      () =>
        new Response(null, {
          status: 302,
          headers: { location: "http://169.254.169.254/" },
        }),
    ],
    ["unreachable", () => Promise.reject(new TypeError("refused by 10.0.0.1"))],
  ];
  const pages = new Set<string>();
  for (const [why, answer] of rows) {
    const { bridge } = published(answer);
    const path = authorizePath({ client_id: URL_OF_CLIENT });
    const response = await browser().get(bridge, path);
    assertEquals([response.status, response.headers.get("location")], [
      400,
      null,
    ], why);
    pages.add((await response.text()).replace(/nonce="[^"]*"/g, ""));
  }
  assertEquals(pages.size, 1);
});

test("a document is read up to 10,240 bytes, and of its redirect URIs the first ten", async () => {
  const uris = Array.from(
    { length: 11 },
    (_, i) => `https://client.example/callback/${i}`,
  );
  const text = JSON.stringify({ ...DOCUMENT, redirect_uris: uris });
  for (
    const [excess, statuses] of [[0, [200, 400]], [1, [400, 400]]] as const
  ) {
    const { bridge } = published(() =>
      new Response(text + " ".repeat(10_240 - text.length + excess))
    );
    for (const [i, status] of statuses.entries()) {
      const path = authorizePath({
        client_id: URL_OF_CLIENT,
        redirect_uri: uris[9 + i],
      });
      assertEquals((await browser().get(bridge, path)).status, status);
    }
  }
});

test("a document's URL has at most 2048 characters", async () => {
  const here = published((url) =>
    Response.json({ ...DOCUMENT, client_id: url })
  );
  const start = "https://client.example/";
  for (const [length, status] of [[2048, 200], [2049, 400]] as const) {
    const client_id = start.padEnd(length, "a");
    const path = authorizePath({ client_id });
    assertEquals((await browser().get(here.bridge, path)).status, status);
  }
});

test("the body of an answer that is no document is let go", async () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  const { bridge } = published(() => new Response(body, { status: 404 }));
  await browser().get(bridge, authorizePath({ client_id: URL_OF_CLIENT }));
  assert(cancelled);
});

test("a document is fetched from the public internet, by https, without redirects", async () => {
  const rows: [why: string, url: string, addresses?: readonly string[]][] = [
    ["http", "http://client.example/metadata.json"],
    ["a port", "https://client.example:8443/metadata.json"],
    ["no path", "https://client.example/"],
    ["no path", "https://client.example"],
    ["an address", "https://93.184.216.34/metadata.json"],
    ["an address in disguise", "https://0x7f.1/metadata.json"],
    ["an address of version 6", "https://[::1]/metadata.json"],
    ["credentials", "https://a:b@client.example/metadata.json"],
    ["a fragment", "https://client.example/metadata.json#a"],
    ["dot segments", "https://client.example/a/../metadata.json"],
    ["encoded dot segments", "https://client.example/%2e%2e/metadata.json"],
    ["this machine", "https://localhost/metadata.json"],
    ["this machine, as a name below", "https://app.localhost/metadata.json"],
    ["this network", "https://intranet/metadata.json"],
    ["cloud metadata", "https://metadata.google.internal/computeMetadata/v1/"],
    ["a name with a private address", URL_OF_CLIENT, ["10.0.0.1"]],
    ["a name with a mapped address", URL_OF_CLIENT, ["::ffff:169.254.169.254"]],
    ["a name with a public and a private address", URL_OF_CLIENT, [
      "93.184.216.34",
      "127.0.0.1",
    ]],
  ];
  for (const [why, client_id, addresses] of rows) {
    const here = published(
      (url) => Response.json({ ...DOCUMENT, client_id: url }),
      addresses && { resolveHost: () => Promise.resolve(addresses) },
    );
    const path = authorizePath({ client_id });
    const response = await browser().get(here.bridge, path);
    assertEquals(
      [response.status, here.fetched],
      [400, []],
      `${why}: ${client_id}`,
    );
  }
});

test("a document is fetched with redirect: manual, and cached within bounds", async () => {
  const inits: RequestInit[] = [];
  const here = published((url, init) => {
    inits.push(init);
    return Response.json({ ...DOCUMENT, client_id: url });
  });
  const visit = (client_id: string): Promise<Response> =>
    browser().get(here.bridge, authorizePath({ client_id }));
  await visit(URL_OF_CLIENT);
  await visit(URL_OF_CLIENT);
  assertEquals(here.fetched.length, 1);
  assertEquals(inits[0]?.redirect, "manual");
  here.pass(301);
  await visit(URL_OF_CLIENT);
  assertEquals(here.fetched.length, 2);
  for (let i = 0; i < 256; i++) await visit(`https://client.example/${i}`);
  await visit(URL_OF_CLIENT);
  assertEquals(here.fetched.length, 2 + 256 + 1);
});

test("at most sixteen documents are fetched at once", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const here = published(async (url) => {
    await held;
    return Response.json({ ...DOCUMENT, client_id: url });
  });
  const visits = Array.from({ length: 30 }, (_, i) =>
    browser().get(
      here.bridge,
      authorizePath({ client_id: `https://client.example/${i}` }),
    ));
  let settled = 0;
  for (const visit of visits) void visit.then(() => settled++);
  while (settled < 14) await new Promise((resolve) => setTimeout(resolve, 1));
  release();
  const statuses = (await Promise.all(visits)).map(({ status }) => status);
  assertEquals(here.fetched.length, 16);
  assertEquals(statuses.filter((status) => status === 200).length, 16);
});

test("on a loopback issuer, documents on loopback can be let in, and nothing else by http", async () => {
  const issuer = "http://localhost:8787";
  const loopback = "http://127.0.0.1:5000/metadata.json";
  const options = {
    issuer,
    resources: [`${issuer}/mcp`],
    clientDocuments: "loopback",
  } as const;
  const statusOf = async (
    client_id: string,
    others: Partial<OAuthBridgeOptions>,
  ): Promise<number> => {
    const { bridge } = published(
      (url) => Response.json({ ...DOCUMENT, client_id: url }),
      others,
    );
    const resource = undefined;
    const path = authorizePath({ client_id, resource });
    return (await browser().get(bridge, path)).status;
  };
  assertEquals(await statusOf(loopback, options), 200);
  assertEquals(await statusOf("http://localhost:5000/a", options), 200);
  assertEquals(await statusOf("https://[::1]:5000/a", options), 200);
  assertEquals(await statusOf("http://client.example/a", options), 400);
  assertEquals(await statusOf("http://10.0.0.1/a", options), 400);
  assertEquals(await statusOf("httpsx://localhost/a", options), 400);
  assertEquals(await statusOf("ftp://localhost/a", options), 400);
  assertEquals(await statusOf(URL_OF_CLIENT, options), 200);
  assertEquals(
    await statusOf(loopback, { issuer, resources: [`${issuer}/mcp`] }),
    400,
  );
  const { options: remote } = world();
  assertThrows(
    () => oauthBridge({ ...remote, clientDocuments: "loopback" }),
    TypeError,
    "not http on loopback",
  );
});

test("where documents are switched off, a URL is no client, and the metadata says so", async () => {
  const here = published(() => Response.json(DOCUMENT), {
    clientDocuments: null,
  });
  const path = authorizePath({ client_id: URL_OF_CLIENT });
  assertEquals((await browser().get(here.bridge, path)).status, 400);
  assertEquals(here.fetched, []);
  assertEquals(
    await errorOf(await flowRefresh(here.bridge, "x")),
    "401 invalid_client",
  );
  assert(here.problems.length === 0);
});
