import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  authorizePath,
  browser,
  clientId,
  errorOf,
  flow,
  REDIRECT_URI,
  register,
  send,
  token,
  world,
} from "../world.ts";
import { CLIENT_SECRET } from "../double.ts";

test("a client is a public one, whatever it asks to be, and gets no secret", async () => {
  const { bridge } = world();
  const response = await register(bridge, {
    client_name: "Notes\u202e client\u0000",
    client_secret: "chosen by the client",
    token_endpoint_auth_method: "client_secret_post",
    grant_types: ["authorization_code", "refresh_token", "password"],
    response_types: ["code"],
    scope: "notes:read",
    logo_uri: "https://client.example/logo.png",
    application_type: "web",
  });
  assertEquals(response.status, 201);
  assertEquals(response.headers.get("cache-control"), "no-store");
  const { client_id, ...registered } = await response.json();
  assertEquals(registered, {
    client_id_issued_at: 1_800_000_000,
    client_name: "Notes client",
    redirect_uris: [REDIRECT_URI],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  });
  assertEquals(JSON.stringify(registered).includes(CLIENT_SECRET), false);
  assert(client_id.length <= 2048);
});

test("of several redirect URIs those that can be used are kept, and the answer says which", async () => {
  const { bridge } = world();
  const redirect_uris = [
    "cursor://anysphere.cursor-retrieval/oauth/user-notes/callback",
    "http://www.cursor.com/agents/mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "javascript:alert(1)",
    "http://localhost:8787/callback",
  ];
  const registered = await (await register(bridge, { redirect_uris })).json();
  assertEquals(registered.redirect_uris, [
    redirect_uris[0],
    redirect_uris[2],
    redirect_uris[4],
  ]);
});

test("a registration that cannot be used is refused", async () => {
  const { bridge } = world();
  const many = (count: number, length: number): string[] =>
    Array.from(
      { length: count },
      (_, i) => `https://client.example/${i}${"a".repeat(length)}`,
    );
  const rows: [why: string, metadata: unknown, error: string][] = [
    ["no redirect URI", { redirect_uris: [] }, "invalid_redirect_uri"],
    [
      "none that can be used",
      { redirect_uris: ["javascript:alert(1)"] },
      "invalid_redirect_uri",
    ],
    ["eleven", { redirect_uris: many(11, 1) }, "invalid_redirect_uri"],
    ["not strings", { redirect_uris: [1] }, "invalid_client_metadata"],
    ["not a list", { redirect_uris: REDIRECT_URI }, "invalid_client_metadata"],
    ["none of its grants", {
      redirect_uris: [REDIRECT_URI],
      grant_types: ["implicit"],
    }, "invalid_client_metadata"],
    ["another response", {
      redirect_uris: [REDIRECT_URI],
      response_types: ["token"],
    }, "invalid_client_metadata"],
    [
      "ten that are too long together",
      { redirect_uris: many(10, 400) },
      "invalid_client_metadata",
    ],
    ["not an object", [REDIRECT_URI], "invalid_client_metadata"],
    ["nothing", null, "invalid_client_metadata"],
    ["more than 16 kB", {
      redirect_uris: [REDIRECT_URI],
      x: "x".repeat(17_000),
    }, "invalid_client_metadata"],
  ];
  for (const [why, metadata, error] of rows) {
    const response = await send(bridge, "/register", {
      method: "POST",
      body: JSON.stringify(metadata),
    });
    assertEquals(await errorOf(response), `400 ${error}`, why);
  }
  const broken = await send(bridge, "/register", { method: "POST", body: "{" });
  assertEquals(await errorOf(broken), "400 invalid_client_metadata");
});

test("a registration never gives a client_id of more than 2048 characters", async () => {
  const { bridge } = world();
  for (const length of [100, 300, 400, 480]) {
    for (let count = 1; count <= 10; count++) {
      const redirect_uris = Array.from(
        { length: count },
        (_, i) => `https://client.example/${i}${"a".repeat(length)}`,
      );
      const response = await register(bridge, {
        redirect_uris,
        client_name: "é".repeat(200),
      });
      const { client_id = "" } = await response.json();
      assertEquals(response.status, client_id === "" ? 400 : 201);
      assert(client_id.length <= 2048);
    }
  }
});

test("a client_id that does not open is a page at /authorize and 401 at /token", async () => {
  const here = world();
  const { bridge } = here;
  const good = await clientId(bridge);
  const foreign = await clientId(
    here.instance({ secrets: ["another secret of thirty-two bytes"] }),
  );
  const login = await flow(here);
  for (
    const client_id of [
      undefined,
      "",
      "nobody",
      good.slice(0, -1),
      foreign,
      login.code,
      `${good}${"x".repeat(2048)}`,
      "http://client.example/metadata",
    ]
  ) {
    const page = await browser().get(bridge, authorizePath({ client_id }));
    assertEquals(page.status, 400);
    assertEquals(page.headers.get("location"), null);
    const response = await token(bridge, {
      grant_type: "refresh_token",
      refresh_token: "x",
      client_id,
    });
    assertEquals(await errorOf(response), "401 invalid_client");
  }
});

test("a client that did not ask for refresh tokens gets none", async () => {
  const here = world();
  for (const grant_types of [undefined, ["authorization_code"]]) {
    const client_id = await clientId(here.bridge, { grant_types });
    const login = await flow(here, { client_id });
    const tokens = await (await login.redeem()).json();
    assertEquals(Object.keys(tokens).includes("refresh_token"), false);
  }
});
