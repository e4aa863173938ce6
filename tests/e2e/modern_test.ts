import {
  type ClientOptions,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type Example,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "./example.ts";
import { call, logIn } from "./sdk_v2.ts";

/** What a client speaks with an example that speaks both, and what it sends before its first request. */
interface Era {
  readonly name: string;
  readonly options: ClientOptions;
  readonly version: string;
  /** Without a token. */
  readonly first: string;
  /** With one. */
  readonly handshake: readonly string[];
}

const ERAS: readonly Era[] = [
  {
    name: "MCP 2025-11-25",
    options: {},
    version: "2025-11-25",
    first: "POST /mcp initialize 401",
    handshake: [
      "POST /mcp initialize 200",
      "POST /mcp notifications/initialized 202",
    ],
  },
  {
    name: "MCP 2026-07-28",
    options: { versionNegotiation: { mode: "auto" } },
    version: "2026-07-28",
    first: "POST /mcp server/discover 401",
    handshake: ["POST /mcp server/discover 200"],
  },
];

function withModern(use: (example: Example) => Promise<void>): Promise<void> {
  const run = ["deno", "run", "-A", "examples/run.ts", "modern"];
  return withExample(use, {}, run);
}

for (const { name, options, version, first, handshake } of ERAS) {
  test(
    `SDK v2 in ${name}: a client that knows only the URL logs in and calls tools`,
    {
      timeout,
    },
    () =>
      withModern(async (example) => {
        const { client, provider, requests } = await logIn(example, options);
        assertEquals(requests.take(), [
          first,
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/register 201",
          "POST issuer/token authorization_code 200",
          ...handshake,
        ]);
        assertEquals(client.getNegotiatedProtocolVersion(), version);
        const { tools } = await client.listTools();
        assertEquals(tools.map((tool) => tool.name), [
          "whoami",
          "list_notes",
          "add_note",
          "watch_notes",
          "purge_notes",
        ]);
        assertEquals(JSON.parse(await call(client, "whoami")), {
          sub: "developer",
          client: (await provider.clientInformation())?.client_id,
          scopes: ["notes:read"],
        });
        assertEquals(requests.take(), [
          "POST /mcp tools/list 200",
          "POST /mcp tools/call whoami 200",
        ]);
      }),
  );

  test(
    `SDK v2 in ${name}: at a 403 a client logs in for what is missing, and goes on`,
    {
      timeout,
    },
    () =>
      withModern(async (example) => {
        const session = await logIn(example, options);
        const { client, transport, provider, requests } = session;
        requests.take();
        await assertRejects(
          () => call(client, "add_note", { text: "milk" }),
          UnauthorizedError,
        );
        await transport.finishAuth(provider.callback());
        await call(client, "add_note", { text: "milk" });
        assertEquals(await call(client, "list_notes"), '["milk"]');
        assertEquals(provider.logins, [
          "notes:read offline_access",
          "notes:read notes:write offline_access",
        ]);
        assertEquals(requests.take(), [
          "POST /mcp tools/call add_note 403",
          "POST issuer/token authorization_code 200",
          "POST /mcp tools/call add_note 200",
          "POST /mcp tools/call list_notes 200",
        ]);
      }),
  );

  test(
    `SDK v2 in ${name}: a client that is never given what is missing stops by itself`,
    {
      timeout,
    },
    () =>
      withModern(async (example) => {
        const { client, provider, requests } = await logIn(example, options);
        requests.take();
        // It believes that it was granted all, as an authorization server that does not tell makes it believe.
        const { tokens } = provider;
        Object.assign(provider, {
          tokens: async () => ({
            ...await tokens(),
            scope: "notes:read notes:write offline_access",
          }),
        });
        await assertRejects(
          () => call(client, "add_note", { text: "milk" }),
          SdkHttpError,
          "403 insufficient_scope",
        );
        assertEquals(requests.take(), [
          "POST /mcp tools/call add_note 403",
          "POST issuer/token refresh_token 200",
          "POST /mcp tools/call add_note 403",
        ]);
        assertEquals(provider.logins, ["notes:read offline_access"]);
      }),
  );

  test(`SDK v2 in ${name}: a client whose tokens are all bad stops by itself`, {
    timeout,
  }, () =>
    withModern(async (example) => {
      const { client, provider, requests } = await logIn(example, options);
      requests.take();
      const { tokens } = provider;
      Object.assign(provider, {
        tokens: async () => ({ ...await tokens(), access_token: "bad" }),
      });
      await assertRejects(() => call(client, "whoami"));
      assertEquals(requests.take(), [
        "POST /mcp tools/call whoami 401",
        "POST issuer/token refresh_token 200",
        "POST /mcp tools/call whoami 401",
      ]);
    }));
}
