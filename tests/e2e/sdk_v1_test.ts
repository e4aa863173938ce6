// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import {
  StreamableHTTPError,
} from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";
import { headlessProvider } from "./oauth_provider.ts";

import { call, finishAuth, logIn } from "./sdk_v1.ts";

test("SDK v1: a client that knows only the URL logs in and calls tools", {
  timeout,
}, () =>
  withExample(async (example) => {
    const { client, provider, requests } = await logIn(example);
    assertEquals(requests.take(), [
      "POST /mcp initialize 401",
      "GET /.well-known/oauth-protected-resource/mcp 200",
      "GET issuer/.well-known/oauth-authorization-server 200",
      "POST issuer/register 201",
      "POST issuer/token authorization_code 200",
      "POST /mcp initialize 200",
      "POST /mcp notifications/initialized 202",
    ]);
    assertEquals(requests.challenges, [{
      scheme: "bearer",
      params: {
        resource_metadata: requests.metadataUrls[0],
        scope: "notes:read",
      },
    }]);
    assertEquals(provider.logins, ["notes:read"]);

    const { tools } = await client.listTools();
    assertEquals(tools.map(({ name }) => name), [
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
  }));

test(
  "SDK v1: at a 403 a client refreshes its token, tries once more and gives up",
  {
    timeout,
  },
  () =>
    withExample(async (example) => {
      const { client, provider, requests } = await logIn(example);
      const addNote = (): Promise<string> =>
        call(client, "add_note", { text: "milk" });
      const refusal = "Server returned 403 after trying upscoping";
      requests.take();

      const error = await assertRejects(addNote, StreamableHTTPError, refusal);
      assertEquals(error.code, 403);
      assertEquals(requests.take(), [
        "POST /mcp tools/call add_note 403",
        "POST issuer/token refresh_token 200",
        "POST /mcp tools/call add_note 403",
      ]);
      const [, first, second] = requests.challenges;
      assertEquals(first?.params.error, "insufficient_scope");
      assertEquals(first?.params.scope, "notes:write");
      assertEquals(second, first);

      // It knows the challenge by now, and does not even refresh.
      await assertRejects(addNote, StreamableHTTPError, refusal);
      assertEquals(requests.take(), ["POST /mcp tools/call add_note 403"]);
      assertEquals(provider.logins, ["notes:read"]);
      assertEquals(await call(client, "list_notes"), "[]");
    }),
);

test(
  "SDK v1: at a 403 a client without a refresh token logs in for what is missing",
  {
    timeout,
  },
  () =>
    withExample(async (example) => {
      const { client, transport, provider, requests } = await logIn(
        example,
        headlessProvider({ grant_types: ["authorization_code"] }),
      );
      requests.take();

      await assertRejects(
        () => call(client, "add_note", { text: "milk" }),
        UnauthorizedError,
      );
      await finishAuth(transport, provider);
      await call(client, "add_note", { text: "milk" });
      // The new token has notes:write alone, which implies notes:read.
      assertEquals(await call(client, "list_notes"), '["milk"]');
      assertEquals(provider.logins, ["notes:read", "notes:write"]);
      assertEquals(requests.take(), [
        "POST /mcp tools/call add_note 403",
        "POST issuer/token authorization_code 200",
        "POST /mcp tools/call add_note 200",
        "POST /mcp tools/call list_notes 200",
      ]);
    }),
);
