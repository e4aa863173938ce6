import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { IssuerRules } from "../../mod.ts";
import { headlessProvider } from "../e2e/oauth_provider.ts";
import { call, logIn } from "../e2e/sdk_v1.ts";
import {
  type Claims,
  clientCredentials,
  startMockServer,
} from "./mock_server.ts";
import { TIMEOUT_MILLISECONDS as timeout, withNotes } from "./notes.ts";

test(
  "oauth2-mock-server: a client that is known beforehand finds it by OpenID's discovery, logs in and calls tools",
  { timeout },
  () =>
    withNotes(async (notes) => {
      const provider = headlessProvider();
      await provider.saveClientInformation?.({ client_id: "notes-client" });
      const { client } = await logIn(notes, provider);
      assertEquals(notes.take(), [
        "POST /mcp initialize 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET issuer/.well-known/oauth-authorization-server 404",
        "GET issuer/.well-known/openid-configuration 200",
        "GET issuer/authorize notes:read 302",
        "POST issuer/token 200",
        "POST /mcp initialize 200",
        "POST /mcp notifications/initialized 202",
      ]);
      assertEquals(JSON.parse(await call(client, "whoami")), {
        sub: "johndoe",
        client: "notes-client",
        scopes: ["notes:read"],
      });
      assertEquals(await call(client, "list_notes"), "[]");
      await client.close();
    }, {
      authorizationServer: startMockServer(({ resource }) => ({
        aud: resource,
        scope: "notes:read",
      })),
    }),
);

/** What it is told to sign, what the resource was told of it, and what becomes of the token. */
const TOKENS: readonly (readonly [
  why: string,
  claims: Claims,
  rules: IssuerRules,
  expected: string,
])[] = [
  ["a token as it comes, for nobody", () => ({}), {}, "missing_claim"],
  [
    "a token for the resource",
    ({ resource }) => ({ aud: resource }),
    {},
    "accepted",
  ],
  [
    "a token for the resource among others",
    ({ resource }) => ({ aud: ["https://api.example.com", resource] }),
    {},
    "accepted",
  ],
  [
    "a token for another resource",
    ({ resource }) => ({ aud: `${resource}/other` }),
    {},
    "wrong_audience",
  ],
  [
    "a token for the audience that the resource was told",
    () => ({ aud: "notes-api" }),
    { audience: "notes-api" },
    "accepted",
  ],
  [
    "a token for the resource, which takes at+jwt alone",
    ({ resource }) => ({ aud: resource }),
    { typ: "at+jwt" },
    "wrong_type",
  ],
];

for (const [why, claims, rules, expected] of TOKENS) {
  test(
    `oauth2-mock-server: ${why} is ${expected}`,
    { timeout },
    () =>
      withNotes(async ({ issuer, judge }) => {
        assertEquals(await judge(await clientCredentials(issuer)), expected);
      }, { authorizationServer: startMockServer(claims), rules }),
  );
}
