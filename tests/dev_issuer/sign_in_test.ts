import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { after, test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { freePort } from "../e2e/example.ts";

const REDIRECT_URI = "http://localhost:1/callback";
const server = await startDevIssuer({
  port: await freePort(),
  resource: "http://localhost:8787/mcp",
  scopes: ["notes:read", "notes:write", "constructor"],
  scopeDescriptions: { "notes:read": "read your <notes>" },
  fetch: null,
});
after(() => server.close());

/** What comes of the form. */
interface Answer {
  readonly status: number;
  readonly page: string;
  /** Where the browser is sent, if it is the client's. */
  readonly location: URL | undefined;
}

/** A browser at the sign-in page. */
interface Visit {
  readonly page: string;
  /** Posts the form. */
  answer(form: readonly (readonly [string, string])[]): Promise<Answer>;
}

/** Goes to the sign-in page for a client that has just registered. */
async function visit(scope: string, client: object = {}): Promise<Visit> {
  const registered = await fetch(`${server.issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "none",
      ...client,
    }),
  });
  const query = new URLSearchParams({
    client_id: (await registered.json()).client_id,
    redirect_uri: REDIRECT_URI,
    response_type: "code",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    scope,
  });
  const cookies = new Map<string, string>();
  /** Follows redirects on the server, and none to the client. */
  async function go(url: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join(";") },
    });
    for (const field of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(field) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null || location.startsWith(REDIRECT_URI)) return response;
    await response.body?.cancel();
    return await go(new URL(location, url).href);
  }
  const shown = await go(`${server.issuer}/authorize?${query}`);
  assertEquals(shown.status, 200);
  const page = await shown.text();
  const [, uid] = /\/interaction\/([\w-]+)/.exec(
    shown.url,
  ) ?? [];
  return {
    page,
    async answer(form): Promise<Answer> {
      const response = await go(`${server.issuer}/interaction/${uid}`, {
        method: "POST",
        body: new URLSearchParams(form.map(([name, value]) => [name, value])),
      });
      const location = response.headers.get("location");
      return {
        status: response.status,
        page: await response.text(),
        location: location === null ? undefined : new URL(location),
      };
    },
  };
}

test("The sign-in page says in words what a scope allows, and names those without words", async () => {
  const { page } = await visit("notes:read notes:write constructor");
  assertStringIncludes(page, 'read your &lt;notes&gt; <code class="hint">');
  assertStringIncludes(page, "<code>notes:write</code>");
  assertStringIncludes(page, "<code>constructor</code>");
  assertFalse(page.includes("native code"));
});

test("The sign-in page shows a client's name as text, and no identifier in its place", async () => {
  const named = await visit("notes:read", { client_name: "<b>Client</b>" });
  assertStringIncludes(named.page, "&lt;b&gt;Client&lt;/b&gt;");
  const { page } = await visit("notes:read");
  assertStringIncludes(page, "A client without a name");
  assertFalse(page.includes("dev."));
});

test("The sign-in page leaves out a scope that was refused, also after a mistake in the name", async () => {
  const { answer } = await visit("notes:read notes:write");
  const wrong = await answer([
    ["user", " "],
    ["scope", "notes:read"],
    ["decision", "approve"],
  ]);
  assertEquals(wrong.status, 400);
  assertStringIncludes(wrong.page, "Write a name of 1 to 64 characters.");
  const boxes = [...wrong.page.matchAll(/<input type="checkbox"[^>]*>/g)]
    .map(([box]) => [/value="([^"]*)"/.exec(box)?.[1], /checked/.test(box)]);
  assertEquals(boxes, [["notes:read", true], ["notes:write", false]]);
  const { status, location } = await answer([
    ["user", "ada"],
    ["scope", "notes:read"],
    ["decision", "approve"],
  ]);
  assertEquals(status, 303);
  assert(location?.searchParams.has("code"));
});

test("The sign-in page tells the client that the user denied", async () => {
  const { answer } = await visit("notes:read");
  const { location } = await answer([["user", "ada"], ["decision", "deny"]]);
  assertEquals(location?.searchParams.get("error"), "access_denied");
});

test("The sign-in page can run no script and load nothing", async () => {
  const response = await fetch(`${server.issuer}/authorize?client_id=nobody`);
  const page = await response.text();
  assertEquals(response.status, 400);
  assertStringIncludes(page, "connect again");
  const policy = response.headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assertFalse(policy.includes("script-src"));
});

test("The page at the issuer's URL says how to trust it, and what it issues tokens for", async () => {
  const response = await fetch(`${server.issuer}/`);
  assertEquals(response.status, 200);
  const page = await response.text();
  assertStringIncludes(page, `authorization_servers: ["${server.issuer}"]`);
  assertStringIncludes(page, "<code>http://localhost:8787/mcp</code>");
  assertStringIncludes(page, "read your &lt;notes&gt;");
  for (const [, path] of page.matchAll(/<a\s+href="([^"]*)"/g)) {
    const linked = await fetch(new URL(path!, server.issuer));
    assertEquals(linked.status, 200);
    await linked.body?.cancel();
  }
  const posted = await fetch(`${server.issuer}/`, { method: "POST" });
  await posted.body?.cancel();
  assertEquals(posted.status, 404);
});

test("The page at the issuer's URL has its links below the issuer's path", async () => {
  const { issuer, close } = await startDevIssuer({
    port: await freePort(),
    path: "/tenant1",
  });
  try {
    const page = await (await fetch(`${issuer}/`)).text();
    assertStringIncludes(page, "any resource on this machine");
    const links = [...page.matchAll(/<a\s+href="([^"]*)"/g)];
    assertEquals(links.length, 2);
    for (const [, path] of links) {
      const linked = await fetch(new URL(path!, issuer));
      assertEquals(linked.status, 200);
      await linked.body?.cancel();
    }
  } finally {
    await close();
  }
});
