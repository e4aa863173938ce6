import { SdkHttpError, UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import {
  type Example,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "./example.ts";
import type { HeadlessProvider } from "./oauth_provider.ts";
import { call, type Era, logIn } from "./sdk_v2.ts";
import { INITIALIZE, loginOf, stepUp, useTools } from "./session.ts";

/** By what both sides speak then. */
const ERAS: Readonly<Record<string, Era>> = {
  "2025-11-25": { options: {}, ...INITIALIZE },
  "2026-07-28": {
    options: { versionNegotiation: { mode: "auto" } },
    first: "POST /mcp server/discover 401",
    handshake: ["POST /mcp server/discover 200"],
  },
};

function withModern(use: (example: Example) => Promise<void>): Promise<void> {
  const run = ["deno", "run", "-A", "examples/run.ts", "modern"];
  return withExample(use, {}, run);
}

/** Has a client find other tokens than it was given. */
function alterTokens(
  provider: HeadlessProvider,
  change: Readonly<Record<string, string>>,
): void {
  const { tokens } = provider;
  Object.assign(provider, {
    tokens: async () => ({ ...await tokens(), ...change }),
  });
}

for (const [version, { options, ...opening }] of Object.entries(ERAS)) {
  const name = `MCP ${version}`;
  test(
    `SDK v2 in ${name}: a client that knows only the URL logs in and calls tools`,
    { timeout },
    () =>
      withModern(async (example) => {
        const session = await logIn(example, options);
        assertEquals(session.requests.take(), loginOf(opening));
        assertEquals(session.client.getNegotiatedProtocolVersion(), version);
        await useTools(session);
      }),
  );

  test(
    `SDK v2 in ${name}: at a 403 a client logs in for what is missing, and goes on`,
    { timeout },
    () =>
      withModern(async (example) => {
        const session = await logIn(example, options);
        const { transport, provider } = session;
        await stepUp(
          session,
          UnauthorizedError,
          () => transport.finishAuth(provider.callback()),
        );
        assertEquals(provider.logins, [
          "notes:read offline_access",
          "notes:read notes:write offline_access",
        ]);
      }),
  );

  test(
    `SDK v2 in ${name}: a client that is never given what is missing stops by itself`,
    { timeout },
    () =>
      withModern(async (example) => {
        const { client, provider, requests } = await logIn(example, options);
        requests.take();
        // It believes that it was granted all, as an authorization server that does not tell makes it believe.
        alterTokens(provider, {
          scope: "notes:read notes:write offline_access",
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
      alterTokens(provider, { access_token: "bad" });
      await assertRejects(() => call(client, "whoami"));
      assertEquals(requests.take(), [
        "POST /mcp tools/call whoami 401",
        "POST issuer/token refresh_token 200",
        "POST /mcp tools/call whoami 401",
      ]);
    }));
}
