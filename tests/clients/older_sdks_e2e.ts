import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { headlessProvider } from "../e2e/oauth_provider.ts";
import { TIMEOUT_MILLISECONDS as timeout, withNotes } from "./notes.ts";
import { call, logIn } from "./sdk.ts";

/** A generation of the SDK, and where it looks for the authorization server. */
interface Generation {
  readonly sdk: string;
  readonly why: string;
  readonly looks: readonly string[];
}

const GENERATIONS: readonly Generation[] = [
  {
    sdk: "sdk-1.11",
    why:
      "takes the MCP server for the authorization server, and reads the mirror",
    looks: ["GET /.well-known/oauth-authorization-server 200"],
  },
  {
    sdk: "sdk-1.13",
    why: "follows the challenge",
    looks: [
      "GET /.well-known/oauth-protected-resource/mcp 200",
      "GET issuer/.well-known/oauth-authorization-server 200",
    ],
  },
  {
    sdk: "sdk-1.15",
    why: "adds the resource's path to its issuer, and then reads the mirror",
    looks: [
      "GET /.well-known/oauth-protected-resource/mcp 200",
      "GET issuer/.well-known/oauth-authorization-server/mcp 404",
      "GET /.well-known/oauth-authorization-server 200",
    ],
  },
  {
    sdk: "sdk-1.20",
    why: "follows the challenge",
    looks: [
      "GET /.well-known/oauth-protected-resource/mcp 200",
      "GET issuer/.well-known/oauth-authorization-server 200",
    ],
  },
];

for (const { sdk, why, looks } of GENERATIONS) {
  test(
    `${sdk} ${why}, logs in and calls tools`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const { client, provider, discovery } = await logIn(sdk, notes);
        assertEquals(discovery, [
          "POST /mcp initialize 401",
          ...looks,
          "POST issuer/register 201",
          "GET issuer/authorize 303",
        ]);
        assertEquals(notes.take(), [
          ...looks,
          "POST issuer/token 200",
          "POST /mcp initialize 200",
          "POST /mcp notifications/initialized 202",
        ]);
        const { tools } = await client.listTools();
        assertEquals(tools.length, 5);
        assertEquals(JSON.parse(await call(client, "whoami")), {
          sub: "developer",
          client: (await provider.clientInformation())?.client_id,
          scopes: ["notes:read"],
        });
        assertEquals(await call(client, "list_notes"), "[]");
        await client.close();
      }),
  );

  test(
    `${sdk} has no answer to a 403, and goes on with what it may do`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const { client, provider } = await logIn(sdk, notes);
        notes.take();
        await assertRejects(
          () => call(client, "add_note", { text: "milk" }),
          Error,
          '(HTTP 403): {"error":"insufficient_scope"',
        );
        assertEquals(await call(client, "list_notes"), "[]");
        assertEquals(notes.take(), [
          "POST /mcp tools/call add_note 403",
          "POST /mcp tools/call list_notes 200",
        ]);
        assertEquals(provider.logins, [""]);
        await client.close();
      }),
  );

  test(
    `${sdk} may do what it was told to ask for from the start`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const scope = "notes:read notes:write";
        const { client, provider } = await logIn(
          sdk,
          notes,
          headlessProvider({ scope }),
        );
        await call(client, "add_note", { text: "milk" });
        assertEquals(await call(client, "list_notes"), '["milk"]');
        assertEquals(provider.logins, [scope]);
        await client.close();
      }),
  );
}
