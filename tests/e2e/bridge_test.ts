/**
 * The bridge example on every runtime: from a cold start to a tool's answer, and on.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { approve } from "./consenting_browser.ts";
import {
  BUN_EXAMPLE,
  type Example,
  freePort,
  startExample,
  TIMEOUT_MILLISECONDS,
} from "./example.ts";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;
const BUN = BUN_EXAMPLE.slice(0, -1);
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  bun: [...BUN, "examples/bridge.ts"],
  deno: ["deno", "run", "-A", "examples/bridge.ts"],
  node: ["node", "examples/bridge.ts"],
  workerd: ["deno", "run", "-A", "examples/workers/dev.ts", "bridge-workers"],
};
const REDIRECT_URI = "http://127.0.0.1:33418/callback";
const VERIFIER: string = "v".repeat(64);
const CHALLENGE = "w1TpKUdYE9hUAcNSeeSRFioHDxfUxuHho_JHAfZ_vDM";

/** An answer of the token endpoint. */
interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function post(
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  const body = new URLSearchParams(form);
  return await fetch(url, { method: "POST", body });
}

async function whoami(
  { resource }: Example,
  access_token: string,
): Promise<{ readonly sub: string; readonly upstream: boolean }> {
  const response = await fetch(resource, {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${access_token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "whoami", arguments: {} },
    }),
  });
  const { result } = await response.json();
  return JSON.parse(result.content[0].text);
}

/** Logs in; each request is answered by the next of the origins. */
async function logIn(
  origins: readonly string[],
  resource: string,
  redemptions: number,
): Promise<{ readonly client_id: string; readonly tokens: Tokens }> {
  let turn = 0;
  const next = (): string => origins[turn++ % origins.length]!;
  const registration = await fetch(`${next()}/register`, {
    method: "POST",
    body: JSON.stringify({
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
    }),
  });
  const { client_id } = await registration.json();
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: REDIRECT_URI,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    scope: "notes:read",
    resource,
  });
  const { callback } = await approve(
    new URL(`${origins[0]}/authorize?${query}`),
    (url) =>
      origins.includes(url.origin)
        ? new URL(url.pathname + url.search, next())
        : url,
  );
  const redemption = {
    grant_type: "authorization_code",
    client_id,
    code: callback.searchParams.get("code") ?? "",
    code_verifier: VERIFIER,
    redirect_uri: REDIRECT_URI,
  };
  const answers = await Promise.all(
    Array.from(
      { length: redemptions },
      () => post(`${next()}/token`, redemption),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assertEquals(statuses, [
    200,
    ...Array.from({ length: redemptions - 1 }, () => 400),
  ]);
  const tokens = await answers.find(({ ok }) => ok)!.json();
  return { client_id, tokens };
}

for (const [name, command] of Object.entries(COMMANDS)) {
  test(
    `the bridge on ${name}: log in, of ten redemptions one, call a tool, refresh`,
    { timeout },
    async () => {
      const example = await startExample({}, command);
      try {
        const { origin, resource } = example;
        const { client_id, tokens } = await logIn([origin], resource, 10);
        const { sub, upstream } = await whoami(example, tokens.access_token);
        assertEquals([sub, upstream], ["developer", true]);
        const renewed = await post(`${origin}/token`, {
          grant_type: "refresh_token",
          client_id,
          refresh_token: tokens.refresh_token,
        });
        const { access_token } = await renewed.json();
        assertEquals((await whoami(example, access_token)).sub, "developer");
      } finally {
        await example.stop();
      }
    },
  );
}

test(
  "processes with the same secrets serve one flow between them, request by request; one with a new secret opens the old values",
  { timeout },
  async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const issuer = `http://localhost:${ports[0]}`;
    const resource = `${issuer}/mcp`;
    const application = {
      client_id: "notes-bridge",
      client_secret: "of the application",
      callback: `${issuer}/callback`,
    };
    const provider = await startDevIssuer({
      port: await freePort(),
      resource,
      scopes: [],
      autoApprove: true,
      application,
    });
    const secret = "a secret that the processes share with each other";
    const start = (port: number, secrets: string): Promise<Example> =>
      startExample({
        PORT: `${port}`,
        MCP_RESOURCE: resource,
        BRIDGE_SECRETS: secrets,
        BRIDGE_PROVIDER: "oidc",
        BRIDGE_PROVIDER_ISSUER: provider.issuer,
        BRIDGE_CLIENT_ID: application.client_id,
        BRIDGE_CLIENT_SECRET: application.client_secret,
      }, COMMANDS.node);
    const examples: Example[] = [];
    try {
      for (const [i, port] of ports.entries()) {
        const rotated =
          `a new secret that the last process has alone,${secret}`;
        examples.push(await start(port, i === 2 ? rotated : secret));
      }
      const origins = examples.map(({ origin }) => origin);
      const { client_id, tokens } = await logIn(
        origins.slice(0, 2),
        resource,
        1,
      );
      for (const example of examples) {
        const there = { ...example, resource: `${example.origin}/mcp` };
        assertEquals(
          (await whoami(there, tokens.access_token)).sub,
          "developer",
        );
      }
      const renewed = await post(`${origins[2]}/token`, {
        grant_type: "refresh_token",
        client_id,
        refresh_token: tokens.refresh_token,
      });
      assertEquals(renewed.status, 200);
    } finally {
      for (const example of examples) await example.stop();
      await provider.close();
    }
  },
);
