import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { PROVIDER } from "../double.ts";
import {
  clientId,
  errorOf,
  type Flow,
  flow,
  ISSUER,
  RESOURCE,
  token,
  type World,
  world,
} from "../world.ts";

const DAY = 86_400;

/** A client that has logged in, with its refresh token. */
async function loggedIn(
  here: World,
  parameters: Record<string, string | undefined> = {},
): Promise<{ readonly login: Flow; readonly refresh_token: string }> {
  const login = await flow(here, { parameters });
  const { refresh_token } = await (await login.redeem()).json();
  return { login, refresh_token };
}

test("a new refresh token each time, of the provider's latest; the scopes never grow", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here, {
    scope: "notes:read notes:write",
  });
  let last = refresh_token;
  for (let i = 0; i < 4; i++) {
    here.pass(120);
    const response = await login.refresh(last);
    const tokens = await response.json();
    assertEquals(response.status, 200);
    assertEquals(tokens.scope, "notes:read notes:write");
    assert(tokens.refresh_token !== last);
    last = tokens.refresh_token;
  }
  const narrow = await (await login.refresh(last, { scope: "notes:read" }))
    .json();
  assertEquals(narrow.scope, "notes:read");
  assertEquals(decodeJwt(narrow.access_token).scope, "notes:read");
  const wide = await (await login.refresh(narrow.refresh_token)).json();
  assertEquals(
    wide.scope,
    "notes:read notes:write",
    "RFC 6749 §6: narrowing is for one access token",
  );
  for (const scope of ["admin", "notes:read admin"]) {
    assertEquals(
      await errorOf(await login.refresh(wide.refresh_token, { scope })),
      "400 invalid_scope",
    );
  }
});

test("a refresh may name offline_access, as Codex does, and that adds no scope", async () => {
  const here = world();
  const scope = "notes:read notes:write offline_access";
  const { login, refresh_token } = await loggedIn(here, { scope });
  const response = await login.refresh(refresh_token, { scope });
  assertEquals((await response.json()).scope, "notes:read notes:write");
});

test("it is for one client, one resource, one issuer and one purpose", async () => {
  const here = world({ resources: [RESOURCE, `${ISSUER}/other`] });
  const { login, refresh_token } = await loggedIn(here);
  const before = here.provider.requests.length;
  const other = await clientId(here.bridge);
  assertEquals(
    await errorOf(await login.refresh(refresh_token, { client_id: other })),
    "400 invalid_grant",
  );
  assertEquals(
    await errorOf(
      await login.refresh(refresh_token, { resource: `${ISSUER}/other` }),
    ),
    "400 invalid_target",
  );
  assertEquals(
    await errorOf(await login.refresh(login.code)),
    "400 invalid_grant",
  );
  assertEquals(
    await errorOf(await login.refresh("upstream-refresh-2")),
    "400 invalid_grant",
  );
  assertEquals(await errorOf(await login.refresh("")), "400 invalid_request");
  const gone = here.instance({ resources: [`${ISSUER}/other`] });
  const response = await token(gone, {
    grant_type: "refresh_token",
    client_id: login.client_id,
    refresh_token,
  });
  assertEquals(await errorOf(response), "400 invalid_grant");
  assertEquals(here.provider.requests.length, before);
  assertEquals((await login.refresh(refresh_token)).status, 200);
});

test("it ends after 30 days without use, and 90 days after consent in any case", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  here.pass(30 * DAY + 1);
  assertEquals(
    await errorOf(await login.refresh(refresh_token)),
    "400 invalid_grant",
  );
  const other = world();
  const { login: again, refresh_token: first } = await loggedIn(other);
  let last = first;
  for (let day = 0; day < 90; day += 15) {
    other.pass(15 * DAY);
    const response = await again.refresh(last);
    assertEquals(response.status, 200, `${day + 15} days`);
    last = (await response.json()).refresh_token;
  }
  other.pass(1);
  assertEquals(await errorOf(await again.refresh(last)), "400 invalid_grant");
});

test("a refresh token that the provider refuses is over, and is not when the provider cannot say", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  const outages: [why: string, () => Response | Promise<Response>][] = [
    ["500", () => new Response("<title>", { status: 500 })],
    [
      "502 with JSON",
      () => Response.json({ error: "invalid_grant" }, { status: 502 }),
    ],
    ["429", () => new Response(null, { status: 429 })],
    [
      "our secret is wrong",
      () => Response.json({ error: "invalid_client" }, { status: 401 }),
    ],
    [
      "as above, with a challenge",
      () =>
        Response.json({ error: "invalid_client" }, {
          status: 401,
          headers: { "www-authenticate": "Basic" },
        }),
    ],
    [
      "our application may not",
      () => Response.json({ error: "unauthorized_client" }, { status: 400 }),
    ],
    [
      "an error that nobody knows",
      () => Response.json({ error: "slow_down" }, { status: 400 }),
    ],
    [
      "a page in place of JSON",
      () =>
        new Response("<title>", { headers: { "content-type": "text/html" } }),
    ],
    ["no token in it", () => Response.json({ token_type: "Bearer" })],
    [
      "a redirect",
      () =>
        new Response(null, {
          status: 302,
          headers: { location: "https://evil.example/" },
        }),
    ],
    ["unreachable", () => Promise.reject(new TypeError("connection refused"))],
    [
      "more than 256 kB",
      () =>
        Response.json({
          access_token: "x",
          token_type: "bearer",
          x: "x".repeat(262_144),
        }),
    ],
  ];
  for (const [why, outage] of outages) {
    here.provider.outages.set("/token", outage);
    const response = await login.refresh(refresh_token);
    assertEquals(response.headers.get("retry-after"), "5", why);
    assertEquals(await errorOf(response), "503 temporarily_unavailable", why);
  }
  here.provider.outages.clear();
  assertEquals((await login.refresh(refresh_token)).status, 200);

  const { login: other, refresh_token: revoked } = await loggedIn(here);
  here.provider.live.clear();
  assertEquals(
    await errorOf(await other.refresh(revoked)),
    "400 invalid_grant",
  );
});

test("another user's token, or an ID token that is forged, logs nobody in and nobody out", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  here.provider.rotates = false;
  for (
    const lies of [
      { claims: { sub: "eve" } },
      { claims: { iss: "https://evil.example" } },
      { claims: { aud: "another-application" } },
      { claims: { exp: 1 } },
      { strangersKey: true },
    ] as const
  ) {
    here.provider.lies = lies;
    assertEquals(
      await errorOf(await login.refresh(refresh_token)),
      "503 temporarily_unavailable",
    );
  }
  here.provider.lies = {};
  assertEquals((await login.refresh(refresh_token)).status, 200);
});

test("who may no longer use the server is out at the next refresh", async () => {
  let granted: readonly string[] | null = ["notes:read", "notes:write"];
  const here = world({ authorize: () => granted });
  const { login, refresh_token } = await loggedIn(here, {
    scope: "notes:read notes:write",
  });
  granted = ["notes:read"];
  const renewed = await (await login.refresh(refresh_token)).json();
  assertEquals(renewed.scope, "notes:read");
  granted = ["notes:read", "notes:write"];
  const again = await (await login.refresh(renewed.refresh_token)).json();
  assertEquals(
    again.scope,
    "notes:read",
    "what was taken away does not come back by itself",
  );
  granted = null;
  assertEquals(
    await errorOf(await login.refresh(again.refresh_token)),
    "400 invalid_grant",
  );
});

test("a provider that does not rotate keeps its refresh token, and one without ID tokens at a refresh is asked who it is", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  here.provider.rotates = false;
  here.provider.lies = { tokens: { id_token: undefined } };
  const renewed = await (await login.refresh(refresh_token)).json();
  assertEquals(here.provider.requests.at(-1), "GET /userinfo");
  here.pass(3000);
  assertEquals((await login.refresh(renewed.refresh_token)).status, 200);
});

test("a provider that gives no refresh token makes none of ours, unless its token does not expire", async () => {
  const here = world();
  here.provider.refreshes = false;
  const tokens = await (await (await flow(here)).redeem()).json();
  assertEquals("refresh_token" in tokens, false);

  here.provider.expiresIn = undefined;
  const { login, refresh_token } = await loggedIn(here);
  const before = here.provider.requests.length;
  const renewed = await (await login.refresh(refresh_token)).json();
  assertEquals(here.provider.requests.slice(before), ["GET /userinfo"]);
  here.provider.outages.set(
    "/userinfo",
    () => new Response(null, { status: 500 }),
  );
  assertEquals(
    await errorOf(await login.refresh(renewed.refresh_token)),
    "503 temporarily_unavailable",
  );
  here.provider.outages.clear();
  here.provider.live.clear();
  assertEquals(
    await errorOf(await login.refresh(renewed.refresh_token)),
    "400 invalid_grant",
  );
});

test("refreshing twice at once, or again within a minute, asks the provider once and logs nobody out", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  const before = here.provider.requests.length;
  const answers = await Promise.all(
    [1, 2, 3].map(() => login.refresh(refresh_token)),
  );
  const [first, ...others] = await Promise.all(
    answers.map((answer) => answer.json()),
  );
  for (const other of others) assertEquals(other, first);
  here.pass(59);
  assertEquals(await (await login.refresh(refresh_token)).json(), first);
  assertEquals(
    here.provider.requests.slice(before),
    ["POST /token", "GET /jwks"].slice(
      0,
      here.provider.requests.length - before,
    ),
  );
  assertEquals((await login.refresh(first.refresh_token)).status, 200);
});

test("a provider that was slow once did not use the token up", async () => {
  const here = world();
  const { login, refresh_token } = await loggedIn(here);
  here.provider.outages.set(
    "/token",
    () => Promise.reject(new DOMException("", "TimeoutError")),
  );
  assertEquals((await login.refresh(refresh_token)).status, 503);
  here.provider.outages.clear();
  assertEquals((await login.refresh(refresh_token)).status, 200);
  assertEquals(PROVIDER.startsWith("https:"), true);
});

/** At a refresh, this provider sends no ID token, and its user endpoint is not for this access token. */
function silentAtRefresh(here: World): void {
  here.provider.lies = {
    ...here.provider.lies,
    tokens: { id_token: undefined },
  };
  here.provider.outages.set(
    "/userinfo",
    () => new Response(null, { status: 401 }),
  );
}

test("authorize is called at a refresh that tells nothing of the user, with what was told before", async () => {
  const asked: unknown[] = [];
  let granted: readonly string[] | null = ["notes:read", "notes:write"];
  const here = world({
    authorize({ sub, claims }): readonly string[] | null {
      asked.push([sub, claims.groups]);
      return granted;
    },
  });
  here.provider.lies = { claims: { groups: ["staff"] } };
  const { login, refresh_token } = await loggedIn(here, {
    scope: "notes:read notes:write",
  });
  silentAtRefresh(here);
  granted = ["notes:read"];
  const first = await (await login.refresh(refresh_token)).json();
  assertEquals(first.scope, "notes:read");
  granted = null;
  here.pass(120);
  assertEquals(
    await errorOf(await login.refresh(first.refresh_token)),
    "400 invalid_grant",
  );
  assertEquals(asked, Array.from({ length: 3 }, () => ["ada", ["staff"]]));
});

test("a user of whom too much was told signs in again, if authorize cannot be called at a refresh", async () => {
  const lies = { claims: { groups: ["x".repeat(4096)] } };
  const here = world({ authorize: (_user, asked) => asked });
  here.provider.lies = lies;
  const { login, refresh_token } = await loggedIn(here);
  const told = await (await login.refresh(refresh_token)).json();
  silentAtRefresh(here);
  here.pass(120);
  assertEquals(
    await errorOf(await login.refresh(told.refresh_token)),
    "400 invalid_grant",
  );
  const other = world();
  other.provider.lies = lies;
  const without = await loggedIn(other);
  silentAtRefresh(other);
  assertEquals(
    (await without.login.refresh(without.refresh_token)).status,
    200,
  );
});
