import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import {
  authorizePath,
  browser,
  CHALLENGE,
  clientId,
  ISSUER,
  REDIRECT_URI,
  RESOURCE,
  world,
} from "../world.ts";

const LOOPBACK = "http://127.0.0.1:33418/callback";

test("consent is asked for each time, of each client: earlier consent counts for nothing", async () => {
  const { bridge } = world();
  const visitor = browser();
  for (let i = 0; i < 3; i++) {
    const client_id = await clientId(bridge);
    const page = await visitor.get(bridge, authorizePath({ client_id }));
    assertEquals(page.status, 200);
    assertStringIncludes(await page.text(), 'value="approve"');
  }
});

test("an unknown client or redirect URI gets a page and no redirect", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  const rows: [why: string, parameters: Record<string, string | undefined>][] =
    [
      ["no client", { client_id: undefined }],
      ["an unknown client", { client_id: "nobody" }],
      ["another redirect URI", { redirect_uri: "https://evil.example/" }],
      ["a longer redirect URI", { redirect_uri: `${REDIRECT_URI}/..` }],
      ["our own callback", { redirect_uri: `${ISSUER}/callback` }],
      ["a script", { redirect_uri: "javascript:alert(1)" }],
    ];
  for (const [why, parameters] of rows) {
    const path = authorizePath({ client_id, ...parameters });
    const response = await browser().get(bridge, path);
    assertEquals([response.status, response.headers.get("location")], [
      400,
      null,
    ], why);
    assertEquals(response.headers.getSetCookie(), [], why);
  }
  for (const name of ["client_id", "redirect_uri"]) {
    const path = authorizePath({ client_id });
    const twice = `${path}&${name}=${encodeURIComponent(REDIRECT_URI)}`;
    const response = await browser().get(bridge, twice);
    assertEquals([response.status, response.headers.get("location")], [
      400,
      null,
    ], name);
  }
});

/** What makes a request wrong, and the error. */
const WRONG: readonly [
  why: string,
  parameters: Record<string, string | undefined>,
  error: string,
][] = [
  ["no response type", { response_type: undefined }, "invalid_request"],
  ["a token at once", { response_type: "token" }, "unsupported_response_type"],
  [
    "a code and an ID token",
    { response_type: "code id_token" },
    "unsupported_response_type",
  ],
  ["another response mode", { response_mode: "fragment" }, "invalid_request"],
  ["a request object", { request: "eyJ" }, "request_not_supported"],
  [
    "a request elsewhere",
    { request_uri: "https://evil.example" },
    "request_not_supported",
  ],
  ["no page wanted", { prompt: "none" }, "consent_required"],
  [
    "a challenge with a letter more",
    { code_challenge: `${CHALLENGE}A` },
    "invalid_request",
  ],
  [
    "a challenge after a space",
    { code_challenge: ` ${CHALLENGE}` },
    "invalid_request",
  ],
  [
    "a challenge that is padded",
    { code_challenge: `${CHALLENGE}=` },
    "invalid_request",
  ],
  [
    "no PKCE",
    { code_challenge: undefined, code_challenge_method: undefined },
    "invalid_request",
  ],
  ["a dpop_jkt that is no thumbprint", { dpop_jkt: "x" }, "invalid_request"],
  ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
  [
    "PKCE that is plain by default",
    { code_challenge_method: undefined },
    "invalid_request",
  ],
  [
    "a short challenge",
    { code_challenge: CHALLENGE.slice(1) },
    "invalid_request",
  ],
  ["a challenge in other characters", {
    code_challenge: CHALLENGE.replace(/.$/, "="),
  }, "invalid_request"],
  [
    "another resource",
    { resource: "https://evil.example/mcp" },
    "invalid_target",
  ],
  ["the origin of the resource", { resource: ISSUER }, "invalid_target"],
  ["a fragment", { resource: `${RESOURCE}#a` }, "invalid_target"],
  ["a slash more", { resource: `${RESOURCE}/` }, "invalid_target"],
  ["a state of more than 1 kB", { state: "s".repeat(1025) }, "invalid_request"],
  [
    "a state of fewer characters and more bytes",
    { state: "é".repeat(513) },
    "invalid_request",
  ],
];

test("what else is wrong goes back to a client on loopback, with its state and one iss", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge, { redirect_uris: [LOOPBACK] });
  for (const [why, parameters, error] of WRONG) {
    const path = authorizePath({
      client_id,
      redirect_uri: LOOPBACK,
      ...parameters,
    });
    const response = await browser().get(bridge, path);
    const location = new URL(response.headers.get("location") ?? "about:blank");
    const { searchParams } = location;
    assertEquals(location.href.startsWith(`${LOOPBACK}?`), true, why);
    assertEquals(searchParams.get("error"), error, why);
    assertEquals(searchParams.getAll("iss"), [ISSUER], why);
    assertEquals(
      searchParams.get("state"),
      why.startsWith("a state") ? null : "client state",
      why,
    );
    assertEquals(response.headers.getSetCookie(), [], why);
  }
});

test("elsewhere it gets a page that names the error and the host: anybody can make such a link", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  for (const [why, parameters, error] of WRONG) {
    const path = authorizePath({ client_id, ...parameters });
    const response = await browser().get(bridge, path);
    assertEquals([response.status, response.headers.get("location")], [
      400,
      null,
    ], why);
    const page = await response.text();
    assertStringIncludes(page, error);
    assertStringIncludes(page, "client.example");
  }
  const app = "cursor://anysphere.cursor-retrieval/callback";
  const editor = await clientId(bridge, { redirect_uris: [app] });
  const path = authorizePath({
    client_id: editor,
    redirect_uri: app,
    scope: undefined,
    response_type: "token",
  });
  assertEquals(
    (await browser().get(bridge, path)).headers.get("location"),
    null,
  );
});

test("a client with a metadata document is answered at the document's host, and at no other", async () => {
  const id = "https://client.example/metadata.json";
  const redirect_uris = [REDIRECT_URI, "https://other.example/callback"];
  const { bridge } = world({
    platform: {
      now: () => 1_800_000_000_000,
      fetch: () =>
        Promise.resolve(Response.json({ client_id: id, redirect_uris })),
    },
  });
  const locationOf = async (redirect_uri: string): Promise<string | null> => {
    const path = authorizePath({
      client_id: id,
      redirect_uri,
      response_type: "token",
    });
    return (await browser().get(bridge, path)).headers.get("location");
  };
  assert((await locationOf(redirect_uris[0]!))?.startsWith(REDIRECT_URI));
  assertEquals(await locationOf(redirect_uris[1]!), null);
});

test("a parameter that is there twice is an invalid request", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge, { redirect_uris: [LOOPBACK] });
  const path = authorizePath({ client_id, redirect_uri: LOOPBACK });
  for (
    const more of [
      "scope=notes%3Awrite",
      "state=2",
      "code_challenge=x",
      "resource=https%3A%2F%2Fnotes.example%2Fmcp",
      "x=1&x=2",
      "prompt=login&prompt=none",
    ]
  ) {
    const response = await browser().get(bridge, `${path}&${more}`);
    const location = response.headers.get("location") ?? "";
    assertStringIncludes(location, "error=invalid_request", more);
    assertEquals(new URL(location).searchParams.getAll("iss"), [ISSUER]);
  }
});

test("a query on a resource is dropped, and a resource that is missing is the only one there is", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  for (const resource of [`${RESOURCE}?tenant=1`, undefined, RESOURCE]) {
    const page = await browser().get(
      bridge,
      authorizePath({ client_id, resource }),
    );
    assertEquals(page.status, 200);
  }
  const several = world({ resources: [RESOURCE, `${ISSUER}/other`] });
  const other = await clientId(several.bridge);
  const page = await browser().get(
    several.bridge,
    authorizePath({ client_id: other, resource: undefined }),
  );
  assertStringIncludes(await page.text(), "invalid_target");
});

test("a request of more than 16 kB gets a page", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  const path = authorizePath({ client_id, x: "x".repeat(16_384) });
  assertEquals((await browser().get(bridge, path)).status, 400);
});

test("Host and forwarded headers decide nothing", async () => {
  const { bridge } = world();
  const client_id = await clientId(bridge);
  const headers = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    forwarded: "host=evil.example;proto=http",
  };
  for (
    const path of [
      authorizePath({ client_id }),
      "/.well-known/oauth-authorization-server",
    ]
  ) {
    const response = await bridge.fetch(
      new Request(`http://evil.example${path}`, { headers }),
    );
    const text = await response.text();
    assertEquals(response.status, 200);
    assertEquals(text.includes("evil.example"), false);
    for (const cookie of response.headers.getSetCookie()) {
      assertStringIncludes(cookie, "; Secure");
    }
  }
});

test("no script of another origin may read the pages, and other methods are refused", async () => {
  const { bridge } = world();
  for (const path of ["/authorize", "/consent", "/callback"]) {
    for (
      const method of ["OPTIONS", "PUT", path === "/consent" ? "GET" : "POST"]
    ) {
      const headers = { origin: "https://evil.example" };
      const response = await bridge.fetch(
        new Request(ISSUER + path, { method, headers }),
      );
      assertEquals(response.status, 405);
      assertEquals(response.headers.get("access-control-allow-origin"), null);
    }
  }
});
