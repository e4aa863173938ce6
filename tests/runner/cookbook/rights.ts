/**
 * What the cookbook's programs about scopes, logins and roles let a caller do.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { auth, type Runs, seconds, sso } from "./issuers.ts";

/** By the name of the page. */
export const RIGHTS: Runs = {
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
};
