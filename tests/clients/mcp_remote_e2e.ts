// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/stdio"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { assertEquals } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { freePort } from "../e2e/example.ts";
import { call } from "../e2e/sdk_v1.ts";
import {
  type Notes,
  TIMEOUT_MILLISECONDS as timeout,
  withNotes,
} from "./notes.ts";
import { FOLLOW_LOGIN, installed, withHome } from "./peers.ts";

/** Lends mcp-remote to a function: to its own client it is a server on standard input and output. */
function withRemote(
  { resource }: Notes,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  return withHome(async (home) => {
    const client = new Client({ name: "Gatehouse's tests", version: "1.0.0" });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        installed("mcp-remote/dist/proxy.js"),
        resource,
        `${await freePort()}`,
      ],
      env: {
        BROWSER: FOLLOW_LOGIN,
        HOME: home,
        MCP_REMOTE_CONFIG_DIR: home,
        PATH: process.env.PATH ?? "",
      },
      stderr: "ignore",
    });
    try {
      await client.connect(transport);
      await use(client);
    } finally {
      await client.close();
    }
  });
}

test("mcp-remote logs in from its first GET on, and calls tools", {
  timeout,
}, () =>
  withNotes((notes) =>
    withRemote(notes, async (client) => {
      assertEquals(notes.take().slice(0, 11), [
        "GET /mcp 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "GET /mcp 401",
        "POST /mcp initialize 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 200",
        "POST issuer/register 201",
        "GET issuer/authorize notes:read offline_access 303",
        "POST issuer/token 200",
        "POST /mcp initialize 200",
      ]);
      const { tools } = await client.listTools();
      assertEquals(tools.length, 5);
      const { sub, scopes } = JSON.parse(await call(client, "whoami"));
      assertEquals([sub, scopes], ["developer", ["notes:read"]]);
    })
  ));

test(
  "mcp-remote asks for what a 403 names beside what it had, and calls the tool again by itself",
  { timeout },
  () =>
    withNotes((notes) =>
      withRemote(notes, async (client) => {
        await client.ping();
        notes.take();
        const text = await call(client, "add_note", { text: "milk" });
        assertEquals(text, "Added. Notes kept: 1.");
        assertEquals(notes.take(), [
          "POST /mcp tools/call add_note 403",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "GET issuer/authorize notes:read notes:write offline_access 303",
          "POST issuer/token 200",
          "POST /mcp tools/call add_note 200",
        ]);
      })
    ),
);
