import {
  type ClientOptions,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";
import { call, logIn } from "./sdk_v2.ts";

/** How a client begins, and what it sends until the server has told what it speaks. */
interface Era {
  readonly name: string;
  readonly options: ClientOptions;
  /** Without a token. */
  readonly first: string;
  /** With one. */
  readonly handshake: readonly string[];
}

const ERAS: readonly Era[] = [
  {
    name: "by default",
    options: {},
    first: "POST /mcp initialize 401",
    handshake: [
      "POST /mcp initialize 200",
      "POST /mcp notifications/initialized 202",
    ],
  },
  {
    name: "with versionNegotiation auto",
    options: { versionNegotiation: { mode: "auto" } },
    first: "POST /mcp server/discover 401",
    handshake: [
      "POST /mcp server/discover 400",
      "POST /mcp initialize 200",
      "POST /mcp notifications/initialized 202",
    ],
  },
];

for (const { name, options, first, handshake } of ERAS) {
  test(
    `SDK v2 ${name}: a client that knows only the URL logs in and calls tools`,
    {
      timeout,
    },
    () =>
      withExample(async (example) => {
        const { client, provider, requests } = await logIn(example, options);
        assertEquals(requests.take(), [
          first,
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server 200",
          "POST issuer/register 201",
          "POST issuer/token authorization_code 200",
          ...handshake,
        ]);
        assertEquals(requests.challenges, [{
          scheme: "bearer",
          params: {
            resource_metadata: requests.metadataUrls[0],
            scope: "notes:read",
          },
        }]);
        // The client adds offline_access by itself, since the authorization server knows it.
        assertEquals(provider.logins, ["notes:read offline_access"]);

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
        assertEquals(await call(client, "list_notes"), "[]");
        assertEquals(requests.take(), [
          "POST /mcp tools/list 200",
          "POST /mcp tools/call whoami 200",
          "POST /mcp tools/call list_notes 200",
        ]);
      }),
  );

  test(
    `SDK v2 ${name}: at a 403 a client logs in for all it had and what is missing, and goes on`,
    {
      timeout,
    },
    () =>
      withExample(async (example) => {
        const { client, transport, provider, requests } = await logIn(
          example,
          options,
        );
        requests.take();

        await assertRejects(
          () => call(client, "add_note", { text: "milk" }),
          UnauthorizedError,
        );
        const { error, scope } = requests.challenges[1]?.params ?? {};
        assertEquals([error, scope], ["insufficient_scope", "notes:write"]);
        await transport.finishAuth(provider.callback());
        await call(client, "add_note", { text: "milk" });
        assertEquals(await call(client, "list_notes"), '["milk"]');
        assertEquals(provider.logins, [
          "notes:read offline_access",
          "notes:read notes:write offline_access",
        ]);
        assertEquals(
          JSON.parse(await call(client, "whoami")).scopes,
          ["notes:read", "notes:write"],
        );
        assertEquals(requests.take(), [
          "POST /mcp tools/call add_note 403",
          "POST issuer/token authorization_code 200",
          "POST /mcp tools/call add_note 200",
          "POST /mcp tools/call list_notes 200",
          "POST /mcp tools/call whoami 200",
        ]);
      }),
  );
}
