import { assertEquals, assertRejects } from "@std/assert";
import { UnauthorizedError } from "@modelcontextprotocol/client";
import { test } from "node:test";
import { headlessProvider } from "../e2e/oauth_provider.ts";
import * as v1 from "../e2e/sdk_v1.ts";
import * as v2 from "../e2e/sdk_v2.ts";
import { browse, OTHER_RESOURCE, startBetterAuth } from "./better_auth.ts";
import {
  type Notes,
  TIMEOUT_MILLISECONDS as timeout,
  withNotes,
} from "./notes.ts";
import type { Tokens } from "./oauth4webapi.ts";
import * as older from "./sdk.ts";
import { logIn } from "./strict_client.ts";

const OPTIONS = { authorizationServer: startBetterAuth } as const;

test(
  "better-auth: a client registers itself, logs in, asks for what a 403 names beside what it had, and is let in",
  { timeout },
  () =>
    withNotes(async (notes) => {
      const provider = headlessProvider({}, browse);
      const { client, transport } = await v2.logIn(notes, {}, provider);
      assertEquals(
        notes.take().filter((line) => !line.includes("/sign-in/")),
        [
          "POST /mcp initialize 401",
          "GET /.well-known/oauth-protected-resource/mcp 200",
          "GET issuer/.well-known/oauth-authorization-server/api/auth 200",
          "POST issuer/api/auth/oauth2/register 201",
          "GET issuer/api/auth/oauth2/authorize notes:read offline_access 200",
          "POST issuer/api/auth/oauth2/consent 200",
          "POST issuer/api/auth/oauth2/token 200",
          "POST /mcp initialize 200",
          "POST /mcp notifications/initialized 202",
        ],
      );
      const { client: id, scopes } = JSON.parse(
        await v2.call(client, "whoami"),
      );
      assertEquals(id, (await provider.clientInformation())?.client_id);
      assertEquals(scopes, ["notes:read", "offline_access"]);
      const addNote = (): Promise<string> =>
        v2.call(client, "add_note", { text: "milk" });
      await assertRejects(addNote, UnauthorizedError);
      await transport.finishAuth(provider.callback());
      assertEquals(await addNote(), "Added. Notes kept: 1.");
      await client.close();
    }, OPTIONS),
);

test(
  "better-auth: registers a client on loopback when it says that it is native, as SDK v1 does not by itself",
  { timeout },
  () =>
    withNotes(async (notes) => {
      await assertRejects(
        () => v1.logIn(notes, headlessProvider({}, browse)),
        Error,
        "web clients require https redirect URIs",
      );
      const { client } = await v1.logIn(
        notes,
        headlessProvider({ application_type: "native" }, browse),
      );
      assertEquals(await v1.call(client, "list_notes"), "[]");
      await client.close();
    }, OPTIONS),
);

/** A token of better-auth's, how it is got, and what becomes of it. */
const TOKENS: readonly (readonly [
  why: string,
  log: (notes: Notes) => Promise<Tokens>,
  kind: keyof Tokens,
  expected: string,
])[] = [
  [
    "a token for the resource",
    (notes) => logIn(notes, "notes:read", browse),
    "access_token",
    "accepted",
  ],
  [
    "a token for the resource and for userinfo, as with openid",
    (notes) => logIn(notes, "openid notes:read", browse),
    "access_token",
    "accepted",
  ],
  [
    "a token for another resource",
    ({ issuer }) =>
      logIn({ issuer, resource: OTHER_RESOURCE }, "notes:read", browse),
    "access_token",
    "wrong_audience",
  ],
  [
    "a token for no resource, which is opaque",
    ({ issuer }) => logIn({ issuer }, "notes:read", browse),
    "access_token",
    "malformed_token",
  ],
  [
    "an ID token",
    (notes) => logIn(notes, "openid notes:read", browse),
    "id_token",
    "wrong_type",
  ],
];

for (const [why, log, kind, expected] of TOKENS) {
  test(
    `better-auth: ${why} is ${expected}`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const { [kind]: token } = await log(notes);
        assertEquals(await notes.judge(token ?? ""), expected);
      }, OPTIONS),
  );
}

for (const sdk of ["sdk-1.13", "sdk-1.15", "sdk-1.20"]) {
  test(
    `better-auth: ${sdk} finds an issuer that has a path`,
    { timeout },
    () =>
      withNotes(async (notes) => {
        const { client, provider } = await older.logIn(
          sdk,
          notes,
          headlessProvider({ application_type: "native" }, browse),
        );
        // It names no scope, and gets all that there are.
        assertEquals(provider.logins, [""]);
        await older.call(client, "add_note", { text: "milk" });
        await client.close();
      }, OPTIONS),
  );
}
