import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { protectResource } from "../../mod.ts";
import { flow, ISSUER, RESOURCE, send, world } from "./world.ts";

test("a client logs in, calls a tool that gets the provider's token, and refreshes", async () => {
  const here = world();
  const { bridge, provider } = here;
  const mcp = protectResource(
    async (_request, { authInfo }) =>
      Response.json({
        sub: authInfo.extra?.sub,
        client: authInfo.clientId,
        scopes: authInfo.scopes,
        upstream: await bridge.upstreamToken(authInfo),
      }),
    {
      metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
      verifyAccessToken: bridge.verifyAccessToken,
      otherwise: bridge.fetch,
      platform: here.options.platform ?? {},
    },
  );
  const call = async (token: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await mcp(new Request(RESOURCE, { headers }));
    return await response.json();
  };

  const login = await flow(here);
  const tokens = await (await login.redeem()).json();
  assertEquals(
    { ...tokens, access_token: "", refresh_token: "" },
    {
      access_token: "",
      token_type: "Bearer",
      expires_in: 3600,
      refresh_token: "",
      scope: "notes:read",
    },
  );
  assertEquals(await call(tokens.access_token), {
    sub: "ada",
    client: login.client_id,
    scopes: ["notes:read"],
    upstream: "upstream-access-2",
  });

  here.pass(3500);
  const renewed = await (await login.refresh(tokens.refresh_token)).json();
  assert(renewed.refresh_token !== tokens.refresh_token);
  assertEquals(await call(renewed.access_token), {
    sub: "ada",
    client: login.client_id,
    scopes: ["notes:read"],
    upstream: "upstream-access-3",
  });
  assertEquals(provider.live.has("upstream-refresh-2"), false);
});

test("the guard in front leaves the bridge's paths to it", async () => {
  const { bridge, options } = world();
  const mcp = protectResource(() => new Response(), {
    metadata: { resource: RESOURCE, authorization_servers: [ISSUER] },
    verifyAccessToken: bridge.verifyAccessToken,
    otherwise: bridge.fetch,
    platform: options.platform ?? {},
  });
  const statuses = await Promise.all(
    [
      ["GET", "/.well-known/oauth-authorization-server"],
      ["GET", "/.well-known/openid-configuration"],
      ["GET", "/jwks"],
      ["OPTIONS", "/token"],
      ["OPTIONS", "/authorize"],
      ["POST", "/consent"],
      ["GET", "/nowhere"],
    ].map(async ([method = "", path]) =>
      (await mcp(new Request(ISSUER + path, { method }))).status
    ),
  );
  assertEquals(statuses, [200, 200, 200, 204, 405, 403, 404]);
});

test("its metadata says what MCP clients look for, at every place of an issuer with a path", async () => {
  const issuer = `${ISSUER}/auth`;
  const { bridge } = world({ issuer });
  for (
    const path of [
      "/.well-known/oauth-authorization-server/auth",
      "/.well-known/openid-configuration/auth",
      "/auth/.well-known/openid-configuration",
    ]
  ) {
    const response = await send(bridge, ISSUER + path);
    const metadata = await response.json();
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(
      [
        metadata.issuer,
        metadata.authorization_endpoint,
        metadata.token_endpoint,
        metadata.registration_endpoint,
        metadata.code_challenge_methods_supported,
        metadata.token_endpoint_auth_methods_supported,
        metadata.client_id_metadata_document_supported,
        metadata.authorization_response_iss_parameter_supported,
      ],
      [
        issuer,
        `${issuer}/authorize`,
        `${issuer}/token`,
        `${issuer}/register`,
        ["S256"],
        ["none"],
        true,
        true,
      ],
    );
  }
});
