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
import { INITIALIZE, loginOf, stepUp, useTools } from "./session.ts";

test("SDK v1: a client that knows only the URL logs in and calls tools", {
  timeout,
}, () =>
  withExample(async (example) => {
    const session = await logIn(example);
    assertEquals(session.requests.take(), loginOf(INITIALIZE));
    assertEquals(session.provider.logins, ["notes:read"]);
    await useTools(session);
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
      const session = await logIn(
        example,
        headlessProvider({ grant_types: ["authorization_code"] }),
      );
      const { transport, provider } = session;
      // The new token has notes:write alone, which implies notes:read.
      await stepUp(
        session,
        UnauthorizedError,
        () => finishAuth(transport, provider),
      );
      assertEquals(provider.logins, ["notes:read", "notes:write"]);
    }),
);
