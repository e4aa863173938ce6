import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { atlassian } from "../../../src/bridge/mod.ts";
import {
  APPLICATION,
  authorizationOf,
  CODE,
  connected,
  failureOf,
  type Routes,
} from "./network.ts";

const ME = {
  account_type: "atlassian",
  account_id: "5b10a2844c20165700ede21g",
  email: "ada@example.com",
};

/** Atlassian, as its documentation has it: a refresh token that is no longer good is refused with 403. */
function double(): Routes {
  return {
    "POST https://auth.atlassian.com/oauth/token": ({ form }) =>
      form.client_secret !== APPLICATION.client_secret
        ? Response.json({
          error: "access_denied",
          error_description: "Unauthorized",
        }, { status: 401 })
        : form.code === "code-1" || form.refresh_token === "refresh-1"
        ? Response.json({
          access_token: "eyJ.1",
          token_type: "Bearer",
          expires_in: 3600,
          refresh_token: "refresh-2",
          scope: "read:me offline_access",
        })
        : Response.json({
          error: "invalid_grant",
          error_description: "Unknown or invalid refresh token.",
        }, { status: 403 }),
    "GET https://api.atlassian.com/me": () => Response.json(ME),
  };
}

test("Atlassian: sign-in and refresh", async () => {
  const { connection } = connected(atlassian(APPLICATION), double());
  const { to, parameters } = await authorizationOf(connection);
  assertEquals([to, parameters.audience, parameters.prompt, parameters.scope], [
    "https://auth.atlassian.com/authorize",
    "api.atlassian.com",
    "consent",
    "read:me offline_access",
  ]);
  assertEquals(await connection.redeem(CODE), {
    access_token: "eyJ.1",
    refresh_token: "refresh-2",
    expires_in: 3600,
    user: { sub: ME.account_id, claims: ME },
  });
  assertEquals(
    (await connection.refresh("refresh-1")).refresh_token,
    "refresh-2",
  );
});

test("Atlassian: a refresh token of before is a refusal, and a wrong secret is not", async () => {
  const { connection } = connected(atlassian(APPLICATION), double());
  assertEquals(
    await failureOf(connection.refresh("refresh-0")),
    "UpstreamRefusal",
  );
  const wrong = connected(
    atlassian({ ...APPLICATION, client_secret: "wrong" }),
    double(),
  );
  assertEquals(
    await failureOf(wrong.connection.refresh("refresh-1")),
    "UpstreamFault",
  );
});
