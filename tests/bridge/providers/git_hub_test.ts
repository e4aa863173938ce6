import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { gitHub } from "../../../src/bridge/mod.ts";
import {
  APPLICATION,
  authorizationOf,
  CALLBACK,
  CODE,
  connected,
  failureOf,
  type Routes,
} from "./network.ts";

const TOKEN = "POST https://github.com/login/oauth/access_token";
const USER = "GET https://api.github.com/user";
const OCTOCAT = { id: 583231, login: "octocat", type: "User" };

/** GitHub, as its documentation has it: all answers of the token endpoint have the status 200. */
function double(
  { expires = false, good = "gho_1" } = {},
): Routes {
  return {
    [TOKEN]: ({ form, headers }) => {
      if (headers.get("accept") !== "application/json") {
        return new Response("access_token=gho_1&scope=&token_type=bearer");
      }
      if (form.client_secret !== APPLICATION.client_secret) {
        return Response.json({ error: "incorrect_client_credentials" });
      }
      if (form.refresh_token !== undefined && form.refresh_token !== "ghr_1") {
        return Response.json({ error: "bad_refresh_token" });
      }
      if (form.code !== undefined && form.code !== "code-1") {
        return Response.json({
          error: "bad_verification_code",
          error_description: "The code passed is incorrect or expired.",
        });
      }
      return Response.json({
        access_token: "gho_1",
        scope: "read:user,user:email",
        token_type: "bearer",
        ...(expires &&
          {
            expires_in: 28_800,
            refresh_token: "ghr_1",
            refresh_token_expires_in: 15_897_600,
          }),
      });
    },
    [USER]: ({ headers }) =>
      headers.get("authorization") !== `Bearer ${good}`
        ? Response.json({ message: "Bad credentials" }, { status: 401 })
        : headers.get("user-agent") === null
        ? new Response("Request forbidden by administrative rules", {
          status: 403,
        })
        : Response.json(OCTOCAT),
    [`DELETE https://api.github.com/applications/app-1/token`]: () =>
      new Response(null, { status: 204 }),
  };
}

test("GitHub: it is asked for a code with PKCE and no nonce", async () => {
  const { connection } = connected(gitHub(APPLICATION), double());
  const { to, parameters } = await authorizationOf(connection);
  const { code_challenge, state, ...others } = parameters;
  assertEquals(to, "https://github.com/login/oauth/authorize");
  assertEquals([code_challenge?.length, state?.length], [43, 32]);
  assertEquals(others, {
    client_id: "app-1",
    response_type: "code",
    redirect_uri: CALLBACK,
    scope: "read:user",
    code_challenge_method: "S256",
  });
});

test("GitHub: an OAuth app's token does not expire, and its user is known by number", async () => {
  const { connection, sent } = connected(gitHub(APPLICATION), double());
  assertEquals(await connection.redeem(CODE), {
    access_token: "gho_1",
    refresh_token: undefined,
    expires_in: undefined,
    user: { sub: "583231", claims: OCTOCAT },
  });
  assertEquals(sent[0]?.form, {
    ...APPLICATION,
    grant_type: "authorization_code",
    code: "code-1",
    redirect_uri: CALLBACK,
    code_verifier: CODE.verifier,
  });
  assertEquals((await connection.prove("gho_1")).sub, "583231");
});

test("GitHub: an app with expiry gives a refresh token", async () => {
  const { connection } = connected(
    gitHub(APPLICATION),
    double({ expires: true }),
  );
  const { refresh_token = "", expires_in } = await connection.redeem(CODE);
  assertEquals([refresh_token, expires_in], ["ghr_1", 28_800]);
  assertEquals((await connection.refresh(refresh_token)).user?.sub, "583231");
});

test("GitHub: what it refuses for good is a refusal, in spite of the status 200; all else is not", async () => {
  const { connection } = connected(
    gitHub(APPLICATION),
    double({ good: "another" }),
  );
  assertEquals(
    await failureOf(connection.redeem({ ...CODE, code: "used" })),
    "UpstreamRefusal",
  );
  assertEquals(
    await failureOf(connection.refresh("ghr_old")),
    "UpstreamRefusal",
  );
  assertEquals(
    await failureOf(connection.prove("gho_revoked")),
    "UpstreamRefusal",
  );
  const wrong = connected(
    gitHub({ ...APPLICATION, client_secret: "wrong" }),
    double(),
  );
  assertEquals(await failureOf(wrong.connection.redeem(CODE)), "UpstreamFault");
  const limited = connected(gitHub(APPLICATION), {
    ...double(),
    [USER]: () =>
      Response.json({ message: "API rate limit exceeded" }, { status: 403 }),
  });
  assertEquals(
    await failureOf(limited.connection.prove("gho_1")),
    "UpstreamFault",
  );
  const nameless = connected(gitHub(APPLICATION), {
    ...double(),
    [USER]: () => Response.json({ login: "octocat" }),
  });
  assertEquals(
    await failureOf(nameless.connection.redeem(CODE)),
    "UpstreamFault",
  );
});

test("GitHub: a token is revoked by the application", async () => {
  const { connection, sent } = connected(gitHub(APPLICATION), double());
  await connection.revoke("gho_1");
  assertEquals(JSON.parse(sent[0]!.body), { access_token: "gho_1" });
  assertEquals(
    sent[0]!.headers.get("authorization"),
    `Basic ${btoa("app-1:s3cret/+ %")}`,
  );
});

for (const status of [401, 403, 404, 422, 429, 500]) {
  const isOver = status === 404 || status === 422;
  test(`GitHub: a token ${isOver ? "is" : "may not be"} revoked after ${status}`, async () => {
    const { connection } = connected(gitHub(APPLICATION), {
      [`DELETE https://api.github.com/applications/app-1/token`]: () =>
        new Response(null, { status }),
    });
    const revoked = connection.revoke("gho_1");
    if (isOver) await revoked;
    else assertEquals(await failureOf(revoked), "UpstreamFault");
  });
}

test("GitHub: without a secret it cannot be used, and an Enterprise Server has a host of its own", async () => {
  assertThrows(
    () => gitHub({ client_id: "app-1" }),
    TypeError,
    "client_secret",
  );
  assertThrows(
    () => gitHub({ ...APPLICATION, client_id: "" }),
    TypeError,
    "client_id",
  );
  const { connection } = connected(
    gitHub({ ...APPLICATION, host: "git.example" }),
    {},
  );
  assertEquals(
    (await authorizationOf(connection)).to,
    "https://git.example/login/oauth/authorize",
  );
});
