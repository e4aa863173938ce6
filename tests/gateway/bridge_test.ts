import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { approve } from "../e2e/consenting_browser.ts";
import { freePort, runExample } from "../e2e/example.ts";
import { COMMAND, SECRET, startGateway } from "./command.ts";
import { rawUpstream, valueOf } from "./raw_upstream.ts";

const timeout = 60_000;
const REDIRECT_URI = "http://127.0.0.1:33418/callback";
const VERIFIER = "v".repeat(64);
const CHALLENGE = "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM";

test(
  "the gateway is a bridge too: a client registers, its user signs in by a provider, and the server learns who it is",
  { timeout },
  async () => {
    const [own, authPort] = [await freePort(), await freePort()];
    const origin = `http://localhost:${own}`;
    const resource = `${origin}/mcp`;
    const application = {
      client_id: "gateway",
      client_secret: "the application's secret",
      callback: `${origin}/callback`,
    };
    const provider = await startDevIssuer({
      port: authPort,
      resource,
      scopes: [],
      autoApprove: true,
      application,
    });
    const upstream = await rawUpstream();
    const gateway = await startGateway(
      { identifier: "", token: () => Promise.resolve("") },
      upstream.url,
      {
        PORT: `${own}`,
        GATEWAY_SECRET: SECRET,
        BRIDGE_PROVIDER: "oidc",
        BRIDGE_PROVIDER_ISSUER: provider.issuer,
        BRIDGE_CLIENT_ID: application.client_id,
        BRIDGE_CLIENT_SECRET: application.client_secret,
      },
    );
    try {
      const { authorization_servers } = await (await fetch(
        `${origin}/.well-known/oauth-protected-resource/mcp`,
      )).json();
      assertEquals(authorization_servers, [origin]);
      const registered = await fetch(`${origin}/register`, {
        method: "POST",
        body: JSON.stringify({ redirect_uris: [REDIRECT_URI] }),
      });
      const { client_id } = await registered.json();
      const query = new URLSearchParams({
        response_type: "code",
        client_id,
        redirect_uri: REDIRECT_URI,
        code_challenge: CHALLENGE,
        code_challenge_method: "S256",
        resource,
      });
      const { callback } = await approve(
        new URL(`${origin}/authorize?${query}`),
      );
      const tokens = await fetch(`${origin}/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id,
          code: callback.searchParams.get("code") ?? "",
          code_verifier: VERIFIER,
          redirect_uri: REDIRECT_URI,
        }),
      });
      const { access_token } = await tokens.json();
      const { status } = await fetch(resource, {
        method: "POST",
        headers: { authorization: `Bearer ${access_token}` },
        body: "{}",
      });
      assertEquals(status, 200);
      const { headers } = upstream.requests.at(-1)!;
      assertEquals(valueOf(headers, "x-forwarded-user"), "developer");
      const { keys } = await (await fetch(
        `${origin}/.well-known/jwks.json`,
      )).json();
      assertEquals(keys.length, 1);
      assertEquals((await fetch(`${origin}/elsewhere`)).status, 404);
    } finally {
      await gateway.stop();
      await provider.close();
      upstream.close();
    }
  },
);

for (
  const [why, line, variables] of [
    [
      "a provider that is none",
      /^Cannot use BRIDGE_PROVIDER "nobody": use oidc, .*github/,
      { BRIDGE_PROVIDER: "nobody", BRIDGE_CLIENT_ID: "x" },
    ],
    ["no client ID", /set BRIDGE_CLIENT_ID, or --client-id/, {
      BRIDGE_PROVIDER: "github",
    }],
    ["no client secret", /BRIDGE_CLIENT_SECRET/, {
      BRIDGE_PROVIDER: "github",
      BRIDGE_CLIENT_ID: "x",
    }],
    ["no issuer for oidc", /BRIDGE_PROVIDER_ISSUER/, {
      BRIDGE_PROVIDER: "oidc",
      BRIDGE_CLIENT_ID: "x",
      BRIDGE_CLIENT_SECRET: "hunter2",
    }],
    [
      "another issuer beside",
      /^Cannot use MCP_AUTHORIZATION_SERVERS beside BRIDGE_PROVIDER/,
      {
        BRIDGE_PROVIDER: "github",
        BRIDGE_CLIENT_ID: "x",
        BRIDGE_CLIENT_SECRET: "hunter2",
        MCP_AUTHORIZATION_SERVERS: "https://auth.example.com",
      },
    ],
    [
      "a variable of the example",
      /^Cannot use BRIDGE_PROVIDER_ORIGIN: only examples\/bridge.ts reads it/,
      {
        BRIDGE_PROVIDER: "github",
        BRIDGE_CLIENT_ID: "a",
        BRIDGE_CLIENT_SECRET: "hunter2",
        BRIDGE_PROVIDER_ORIGIN: "http://localhost:9000",
      },
    ],
  ] as const
) {
  test(
    `the command refuses ${why} for the bridge, in one line`,
    { timeout },
    async () => {
      const { status, stderr } = await runExample({
        GATEWAY_UPSTREAM: "http://localhost:3000/mcp",
        ...variables,
      }, COMMAND);
      assertEquals(status, 1);
      assertMatch(stderr, line);
      assertEquals(stderr.trim().split("\n").length, 1);
      assertEquals(stderr.includes("hunter2"), false);
    },
  );
}
