/** The programs of the cookbook do what their pages say. */
import { assertEquals } from "@std/assert";
import { globSync } from "node:fs";
import { test } from "node:test";
import { testIssuer } from "../src/testing/mod.ts";
import { blocks, load } from "./runner/docs.ts";
import { byFetch, originOf, type Site } from "./runner/docs_answers.ts";
import { type Caller, callerOf, runOn } from "./runner/docs_callers.ts";
import { createServer, servers } from "./support/listening.ts";

const NOTES = "https://notes.example.com/mcp";
const ROOT = new URL("../", import.meta.url);

const codes = new Map(
  blocks().filter(({ place }) => place.startsWith("docs/cookbook/"))
    .map((
      { place, code },
    ) => [/^docs\/cookbook\/([\w-]+)/.exec(place)![1]!, code]),
);

// The programs share the runtime's network, whose cache keeps the issuers' keys.
const auth = await testIssuer({
  issuer: "https://auth.example.com",
  audience: NOTES,
});
const login = await testIssuer({
  issuer: "https://login.example.net",
  audience: NOTES,
  client: {
    client_id: "resource-server",
    client_secret: "from the environment",
  },
  platform: auth.platform,
});
const sso = await testIssuer({
  issuer: "https://sso.example.com/realms/acme",
  audience: NOTES,
  platform: auth.platform,
});

// The programs have the real clock. An issuer on another one would call their tokens expired.
auth.platform.pass(seconds() - Math.floor(auth.platform.now() / 1000));

test("each page of the cookbook has one program, which is run here", () => {
  const files = globSync("docs/cookbook/*.md", { cwd: ROOT });
  const names = files.map((file) => /([\w-]+)\.md$/.exec(file)![1]!);
  assertEquals([...codes.keys()].sort(), names.sort());
  assertEquals(Object.keys(RUNS).sort(), names.sort());
});

const RUNS: Readonly<Record<string, (mcp: Caller) => Promise<void>>> = {
  scopes: async (mcp) => {
    const read = await auth.token({ scope: "notes:read" });
    const write = await auth.token({ scope: "notes:write" });
    const add = { name: "add_note", arguments: { text: "Buy a saw" } };
    assertEquals(await mcp(add), "401 scope=notes:read");
    assertEquals(
      await mcp(add, read),
      "403 insufficient_scope scope=notes:write",
    );
    assertEquals(await mcp(add, write), "Note 1");
    assertEquals(await mcp({ name: "list_notes" }, read), "Buy a saw");
    assertEquals(await mcp({ name: "list_notes" }, write), "Buy a saw");
  },
  "step-up": async (mcp) => {
    const now = seconds();
    const old = await auth.token({ acr: "mfa", auth_time: now - 900 });
    const weak = await auth.token({ acr: "pwd", auth_time: now });
    const good = await auth.token({ acr: "mfa", auth_time: now });
    const refused =
      "401 insufficient_user_authentication acr_values=phr mfa max_age=300";
    assertEquals(await mcp({ name: "count_notes" }, old), "3 notes");
    assertEquals(await mcp({ name: "delete_all" }, old), refused);
    assertEquals(await mcp({ name: "delete_all" }, weak), refused);
    assertEquals(
      await mcp({ name: "delete_all" }, good),
      "All notes are deleted",
    );
  },
  "several-servers": async (mcp) => {
    const [notes, dates] = [
      "https://example.com/notes",
      "https://example.com/dates",
    ];
    const token = await auth.token({ aud: notes });
    const other = await auth.token({ aud: dates, scope: "dates" });
    const whoami = { name: "whoami" };
    assertEquals(await mcp(whoami, token, notes), "You are user-1 at notes");
    assertEquals(
      await mcp(whoami, token, dates),
      "401 invalid_token scope=dates",
    );
    assertEquals(await mcp(whoami, other, dates), "You are user-1 at dates");
    assertEquals(await mcp(whoami, other, notes), "401 invalid_token");
    assertEquals(
      await mcp(whoami, other, "https://example.com/"),
      "The home page",
    );
  },
  "opaque-tokens": async (mcp) => {
    const opaque = login.opaqueToken();
    const before = login.introspections.length;
    assertEquals(
      await mcp({ name: "whoami" }, await auth.token()),
      "You are user-1",
    );
    assertEquals(login.introspections.length, before);
    assertEquals(await mcp({ name: "whoami" }, opaque), "You are user-1");
    assertEquals(login.introspections.length, before + 1);
    assertEquals(
      await mcp({ name: "whoami" }, "invented"),
      "401 invalid_token",
    );
  },
  "api-keys": async (mcp) => {
    const whoami = { name: "whoami" };
    const user = await auth.token({ scope: "notes:read" });
    assertEquals(
      await mcp(whoami, "notes_example-of-a-key"),
      "You are key:nightly-report",
    );
    assertEquals(await mcp(whoami, user), "You are user-1");
    assertEquals(
      await mcp(whoami, await auth.token()),
      "403 insufficient_scope scope=notes:read",
    );
    for (const bad of ["notes_example-of-an-old-key", "notes_invented"]) {
      assertEquals(
        await mcp(whoami, bad),
        "401 invalid_token scope=notes:read",
      );
    }
  },
  roles: async (mcp) => {
    const admin = {
      typ: "Bearer",
      resource_access: { notes: { roles: ["admin"] } },
    };
    const asked = { typ: "Bearer", scope: "role:admin" };
    const id = { ...admin, typ: "ID" };
    const purge = { name: "purge_notes" };
    assertEquals(
      await mcp(purge, await sso.token(admin)),
      "All notes are deleted",
    );
    assertEquals(
      await mcp(purge, await sso.token(asked)),
      "403 insufficient_scope scope=role:admin",
    );
    assertEquals(
      await mcp(purge, await sso.token(id)),
      "401 invalid_token",
    );
  },
  stdio: async (mcp) => {
    const files = "https://files.example.com/mcp";
    const token = await auth.token({ aud: files, scope: "files:read" });
    assertEquals(
      await mcp({ name: "read_file" }, token, files),
      "From the server: user-1",
    );
    assertEquals(
      await mcp({ name: "write_file" }, token, files),
      "403 insufficient_scope scope=files:write",
    );
  },
  "claims-in-a-tool": async (mcp) => {
    const list = { name: "list_notes" };
    assertEquals(
      await mcp(list, await auth.token({ org_id: "acme" })),
      "user-1 of acme: Buy a saw",
    );
    assertEquals(
      await mcp(list, await auth.token({ org_id: "globex" })),
      "user-1 of globex: no notes",
    );
    assertEquals(
      await mcp(list, await auth.token()),
      "Your login has no organization",
    );
  },
  "log-decisions": async (mcp) => {
    const whoami = { name: "whoami" };
    await mcp(whoami);
    await mcp(
      whoami,
      await auth.token({ aud: "https://other.example" }),
    );
    assertEquals(
      await mcp(whoami, await auth.token()),
      "You are user-1",
    );
    assertEquals(
      await mcp(whoami, "", "https://notes.example.com/counts"),
      '{"wrong_audience":1}',
    );
  },
  tenants: async (mcp) => {
    const whoami = { name: "whoami" };
    assertEquals(
      await mcp(whoami, await auth.token()),
      "user-1 of Acme",
    );
    assertEquals(
      await mcp(whoami, await login.token({ aud: "api://notes" })),
      "user-1 of Globex",
    );
    assertEquals(
      await mcp(whoami, await auth.token({ aud: "api://notes" })),
      "401 invalid_token",
    );
    const forged = await login.token({ iss: auth.issuer });
    assertEquals(await mcp(whoami, forged), "401 invalid_token");
  },
};

for (const [name, run] of Object.entries(RUNS)) {
  test(`docs/cookbook/${name}.md: the program does what the page says`, async () => {
    const upstream = await startUpstream();
    const { fetch } = globalThis;
    const network = (url: string, init: RequestInit): Promise<Response> =>
      url.startsWith(upstream.origin)
        ? fetch(url, init)
        : auth.platform.fetch(url, init);
    try {
      const code = codes.get(name)!
        .replace("http://127.0.0.1:3000", upstream.origin)
        .replace('expires: "2027', `expires: "${new Date().getFullYear() + 1}`);
      await runOn(network, async () => {
        await run(callerOf(byFetch(await load<Site>(code))));
      });
    } finally {
      upstream.close();
    }
  });
}

/** An MCP server that says whom the gateway told it of. */
async function startUpstream(): Promise<{ origin: string; close: () => void }> {
  createServer((request, response) => {
    const text = `From the server: ${request.headers["x-forwarded-user"]}`;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ result: { content: [{ type: "text", text }] } }),
    );
  }).listen(0);
  const [server] = servers.splice(0);
  const origin = await originOf(server!);
  return { origin, close: () => void server!.close() };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
