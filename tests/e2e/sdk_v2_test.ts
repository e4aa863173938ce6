import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";
import { call, type Era, logIn } from "./sdk_v2.ts";
import { INITIALIZE, loginOf, stepUp, useTools } from "./session.ts";

const ERAS: readonly (Era & { readonly name: string })[] = [
  { name: "by default", options: {}, ...INITIALIZE },
  {
    name: "with versionNegotiation auto",
    options: { versionNegotiation: { mode: "auto" } },
    first: "POST /mcp server/discover 401",
    handshake: ["POST /mcp server/discover 400", ...INITIALIZE.handshake],
  },
];

for (const { name, options, ...opening } of ERAS) {
  test(
    `SDK v2 ${name}: a client that knows only the URL logs in and calls tools`,
    { timeout },
    () =>
      withExample(async (example) => {
        const session = await logIn(example, options);
        assertEquals(session.requests.take(), loginOf(opening));
        // The client adds offline_access by itself, since the authorization server knows it.
        assertEquals(session.provider.logins, ["notes:read offline_access"]);
        await useTools(session);
      }),
  );

  test(
    `SDK v2 ${name}: at a 403 a client logs in for all it had and what is missing, and goes on`,
    { timeout },
    () =>
      withExample(async (example) => {
        const session = await logIn(example, options);
        const { client, transport, provider, requests } = session;
        await stepUp(
          session,
          UnauthorizedError,
          () => transport.finishAuth(provider.callback()),
        );
        const { error, scope } = requests.challenges[1]?.params ?? {};
        assertEquals([error, scope], ["insufficient_scope", "notes:write"]);
        assertEquals(provider.logins, [
          "notes:read offline_access",
          "notes:read notes:write offline_access",
        ]);
        assertEquals(
          JSON.parse(await call(client, "whoami")).scopes,
          ["notes:read", "notes:write"],
        );
        assertEquals(requests.take(), ["POST /mcp tools/call whoami 200"]);
      }),
  );
}
