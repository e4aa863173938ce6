/**
 * Which tokens the cookbook's programs accept, and what they say of it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { auth, login, type Runs } from "./issuers.ts";

/** By the name of the page. */
export const TOKENS: Runs = {
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
      await mcp(whoami, "notes_example-of-a-key-of-the-nightly-report"),
      "You are key:nightly-report",
    );
    assertEquals(await mcp(whoami, user), "You are user-1");
    assertEquals(
      await mcp(whoami, await auth.token()),
      "403 insufficient_scope scope=notes:read",
    );
    for (
      const bad of [
        "notes_example-of-an-old-key-of-nightly-report",
        "notes_invented",
      ]
    ) {
      assertEquals(
        await mcp(whoami, bad),
        "401 invalid_token scope=notes:read",
      );
    }
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
