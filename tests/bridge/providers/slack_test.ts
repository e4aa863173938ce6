import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { slack } from "../../../src/bridge/mod.ts";
import type { Connection } from "../../../src/bridge/providers/upstream.ts";
import {
  APPLICATION,
  authorizationOf,
  CALLBACK,
  CODE,
  connected,
  failureOf,
  type Routes,
} from "./network.ts";

const TOKEN = "POST https://slack.com/api/oauth.v2.access";
const USER = "GET https://slack.com/api/auth.test";
const CALLER = {
  ok: true,
  url: "https://acme.slack.com/",
  team: "Acme",
  user: "ada",
  team_id: "T1",
  user_id: "U1",
};

/** Slack, as its documentation has it: every answer has the status 200, and `ok` says what it is. */
function double({ rotates = false, whose = CALLER as object } = {}): Routes {
  const token = {
    access_token: "xoxp-1",
    token_type: "user",
    scope: "users:read",
  };
  const rotating = { expires_in: 43_200, refresh_token: "xoxe-1" };
  return {
    [TOKEN]: ({ form, headers }) => {
      if (!headers.get("authorization")?.startsWith("Basic ")) {
        return Response.json({ ok: false, error: "bad_client_secret" });
      }
      if (form.grant_type === "refresh_token") {
        return Response.json(
          form.refresh_token === "xoxe-1"
            ? {
              ok: true,
              ...token,
              access_token: "xoxe.xoxp-2",
              ...rotating,
              refresh_token: "xoxe-2",
            }
            : { ok: false, error: "invalid_refresh_token" },
        );
      }
      return Response.json(
        form.code === "code-1"
          ? {
            ok: true,
            app_id: "A1",
            authed_user: { id: "U1", ...token, ...(rotates && rotating) },
            team: { id: "T1" },
            enterprise: null,
          }
          : { ok: false, error: "invalid_code" },
      );
    },
    [USER]: () => Response.json(whose),
    "GET https://slack.com/api/auth.revoke": () =>
      Response.json({ ok: true, revoked: true }),
  };
}

test("Slack: it is asked for the scopes of a user", async () => {
  const { connection } = connected(
    slack({ ...APPLICATION, scope: ["users:read", "search:read"] }),
    double(),
  );
  const { to, parameters } = await authorizationOf(connection);
  assertEquals(to, "https://slack.com/oauth/v2/authorize");
  assertEquals([parameters.user_scope, parameters.scope, parameters.nonce], [
    "users:read,search:read",
    undefined,
    undefined,
  ]);
  assertEquals(parameters.redirect_uri, CALLBACK);
});

test("Slack: the user's token is that of authed_user, and lasts until it is revoked", async () => {
  const { connection } = connected(slack(APPLICATION), double());
  assertEquals(await connection.redeem(CODE), {
    access_token: "xoxp-1",
    refresh_token: undefined,
    expires_in: undefined,
    user: { sub: "T1-U1", claims: CALLER },
  });
});

test("Slack: with token rotation, a refresh has the token at the top", async () => {
  const { connection } = connected(
    slack(APPLICATION),
    double({ rotates: true }),
  );
  const first = await connection.redeem(CODE);
  assertEquals([first.refresh_token, first.expires_in], ["xoxe-1", 43_200]);
  const second = await connection.refresh("xoxe-1");
  assertEquals([second.access_token, second.refresh_token, second.user?.sub], [
    "xoxe.xoxp-2",
    "xoxe-2",
    "T1-U1",
  ]);
});

test("Slack: the same user ID in another workspace is another user", async () => {
  const redeem = (team_id?: string): ReturnType<Connection["redeem"]> => {
    const whose = { ...CALLER, team_id };
    return connected(slack(APPLICATION), double({ whose })).connection
      .redeem(CODE);
  };
  assertEquals((await redeem("T2")).user.sub, "T2-U1");
  assertEquals(await failureOf(redeem()), "UpstreamFault");
});

test("Slack: ok: false is a refusal where it is one for good, and else means that it cannot say", async () => {
  const { connection } = connected(slack(APPLICATION), double());
  assertEquals(
    await failureOf(connection.redeem({ ...CODE, code: "used" })),
    "UpstreamRefusal",
  );
  assertEquals(
    await failureOf(connection.refresh("xoxe-old")),
    "UpstreamRefusal",
  );
  for (
    const [error, expected] of [
      ["token_revoked", "UpstreamRefusal"],
      ["account_inactive", "UpstreamRefusal"],
      ["ratelimited", "UpstreamFault"],
      ["internal_error", "UpstreamFault"],
    ]
  ) {
    const answers = connected(
      slack(APPLICATION),
      double({ whose: { ok: false, error } }),
    );
    assertEquals(
      await failureOf(answers.connection.prove("xoxp-1")),
      expected,
      error,
    );
  }
  const broken = connected(slack(APPLICATION), {
    [TOKEN]: () => Response.json({ ok: false, error: "internal_error" }),
  });
  assertEquals(
    await failureOf(broken.connection.redeem(CODE)),
    "UpstreamFault",
  );
});

test("Slack: an installation without a user's token is none", async () => {
  const { connection } = connected(slack(APPLICATION), {
    [TOKEN]: () =>
      Response.json({ ok: true, authed_user: { id: "U1" }, token_type: "bot" }),
  });
  assertEquals(await failureOf(connection.redeem(CODE)), "UpstreamFault");
});
