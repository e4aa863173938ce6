import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { discord } from "../../../src/bridge/mod.ts";
import {
  APPLICATION,
  authorizationOf,
  CODE,
  connected,
  failureOf,
  type Routes,
} from "./network.ts";

const USER = { id: "80351110224678912", username: "nelly", global_name: null };

/** Discord, as its documentation has it. */
function double(): Routes {
  return {
    "POST https://discord.com/api/oauth2/token": ({ form }) =>
      form.code === "code-1" || form.refresh_token === "refresh-1"
        ? Response.json({
          access_token: "access-1",
          token_type: "Bearer",
          expires_in: 604_800,
          refresh_token: "refresh-2",
          scope: "identify",
        })
        : Response.json({
          error: "invalid_grant",
          error_description: 'Invalid "code" in request.',
        }, { status: 400 }),
    "GET https://discord.com/api/users/@me": ({ headers }) =>
      headers.get("authorization") === "Bearer access-1"
        ? Response.json(USER)
        : Response.json({ message: "401: Unauthorized", code: 0 }, {
          status: 401,
        }),
    "POST https://discord.com/api/oauth2/token/revoke": () => Response.json({}),
  };
}

test("Discord: sign-in, refresh and revocation", async () => {
  const { connection, sent } = connected(discord(APPLICATION), double());
  const { to, parameters } = await authorizationOf(connection);
  assertEquals([to, parameters.scope], [
    "https://discord.com/oauth2/authorize",
    "identify",
  ]);
  const tokens = await connection.redeem(CODE);
  assertEquals(tokens, {
    access_token: "access-1",
    refresh_token: "refresh-2",
    expires_in: 604_800,
    user: { sub: USER.id, claims: USER },
  });
  assertEquals((await connection.refresh("refresh-1")).user?.sub, USER.id);
  await connection.revoke("refresh-2");
  assertEquals(sent.at(-1)?.form.token, "refresh-2");
});

test("Discord: what it refuses is a refusal", async () => {
  const { connection } = connected(discord(APPLICATION), double());
  assertEquals(
    await failureOf(connection.redeem({ ...CODE, code: "used" })),
    "UpstreamRefusal",
  );
  assertEquals(await failureOf(connection.refresh("old")), "UpstreamRefusal");
});
