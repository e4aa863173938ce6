/**
 * Clients at the bridge example, from a cold start with one command: they find it, register, are consented to, call
 * tools, refresh, and step up.
 *
 * @module
 */

// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/stdio"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Example, freePort, withExample } from "../e2e/example.ts";
import {
  type HeadlessProvider,
  headlessProvider,
} from "../e2e/oauth_provider.ts";
import { finishAuth, logIn as logInV1, type Transport } from "../e2e/sdk_v1.ts";
import { call, logIn as logInV2 } from "../e2e/sdk_v2.ts";
import { approve } from "../e2e/consenting_browser.ts";
import { withPage } from "./chromium.ts";
import { listen, TIMEOUT_MILLISECONDS } from "./notes.ts";
import { notesOptions } from "../../examples/app.ts";
import { startDevIssuer } from "../../src/dev_issuer/mod.ts";
import { handleNotes } from "../../examples/notes.ts";
import { protectResource } from "../../mod.ts";
import { toNodeListener } from "../../src/adapters/node.ts";
import { oauthBridge, openIdConnect } from "../../src/bridge/mod.ts";
import { installed, withHome, withProgram } from "./peers.ts";

const timeout = 2 * TIMEOUT_MILLISECONDS;
const COMMAND = [process.execPath, "examples/bridge.ts"];

/** The example, whose authorization server is at its own origin. */
function withBridge(
  use: (example: Example) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withExample(
    (example) => use({ ...example, issuer: example.origin }),
    variables,
    COMMAND,
  );
}

/** A provider whose person consents at the bridge. */
function consenting(
  metadata: Parameters<typeof headlessProvider>[0] = {},
): HeadlessProvider & { readonly consents: string[][] } {
  const consents: string[][] = [];
  const provider = headlessProvider(metadata, async (start) => {
    const login = await approve(start);
    consents.push([...login.consents]);
    return login.callback.searchParams;
  });
  return Object.assign(provider, { consents });
}

const READ = ["read your notes"];
const WRITE = ["read your notes", "write notes"];

test(
  "SDK v1 logs in, calls tools, and refreshes",
  { timeout },
  () =>
    withBridge(async (example) => {
      const provider = consenting();
      const { client, requests } = await logInV1(example, provider);
      assertEquals(provider.consents, [READ]);
      assertEquals(JSON.parse(await call(client, "whoami")), {
        sub: "developer",
        client: (await provider.clientInformation())?.client_id,
        scopes: ["notes:read"],
        upstream: true,
      });
      requests.take();
      // As if its access token had ended.
      const { refresh_token = "" } = (await provider.tokens())!;
      const lost = {
        access_token: "lost",
        token_type: "Bearer",
        refresh_token,
      };
      await provider.saveTokens(lost);
      assertEquals(await call(client, "list_notes"), "[]");
      assertEquals(requests.take().slice(-2), [
        "POST /token refresh_token 200",
        "POST /mcp tools/call list_notes 200",
      ]);
      assertEquals(provider.consents, [READ]);
    }),
);

test(
  "SDK v1 steps up from a 403 through a new consent",
  { timeout },
  () =>
    withBridge(async (example) => {
      const provider = consenting({ grant_types: ["authorization_code"] });
      const { client, transport } = await logInV1(example, provider);
      const addNote = (): Promise<string> =>
        call(client, "add_note", { text: "milk" });
      await assertRejects(addNote, Error, "Unauthorized");
      await finishAuth(transport, provider);
      assertEquals(await addNote(), "Added. Notes kept: 1.");
      assertEquals(provider.consents, [READ, ["write notes"]]);
    }),
);

test(
  "SDK v2 logs in, calls tools, and steps up at a 403 through a new consent",
  { timeout },
  () =>
    withBridge(async (example) => {
      const provider = consenting();
      const session = await logInV2(example, {}, provider);
      const { client, transport } = session;
      const addNote = (): Promise<string> =>
        call(client, "add_note", { text: "milk" });
      await assertRejects(addNote, UnauthorizedError);
      await transport.finishAuth(provider.callback());
      await addNote();
      assertEquals(await call(client, "list_notes"), '["milk"]');
      assertEquals(provider.consents, [READ, WRITE]);
      const { scopes } = JSON.parse(await call(client, "whoami"));
      assertEquals(scopes, ["notes:read", "notes:write"]);
    }),
);

test(
  "SDK v2 with a client ID metadata document registers nowhere, logs in, refreshes, and steps up at a 403 through a new consent",
  { timeout },
  async () => {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const resource = `${origin}/mcp`;
    const clientMetadataUrl = "https://client.example/metadata.json";
    const application = {
      client_id: "notes-bridge",
      client_secret: crypto.randomUUID(),
    };
    const server = await startDevIssuer({
      port: await freePort(),
      resource,
      scopes: [],
      autoApprove: true,
      application: { ...application, callback: `${origin}/callback` },
    });
    const provider = Object.assign(consenting(), { clientMetadataUrl });
    const bridge = oauthBridge({
      issuer: origin,
      resources: [resource],
      secrets: [crypto.randomUUID() + crypto.randomUUID()],
      upstream: openIdConnect({
        ...application,
        issuer: server.issuer,
        parameters: {},
      }),
      scopes_supported: ["notes:read", "notes:write"],
      scopeDescriptions: {
        "notes:read": "read your notes",
        "notes:write": "write notes",
      },
      resolveHost: () => Promise.resolve(["93.184.216.34"]),
      platform: {
        fetch: (url, init) =>
          url === clientMetadataUrl
            ? Promise.resolve(
              Response.json({ client_id: url, ...provider.clientMetadata }),
            )
            : fetch(url, init),
      },
    });
    const introduction = {
      resource,
      authorizationServers: [origin],
      development: true,
    };
    const guard = protectResource(handleNotes, {
      ...notesOptions(introduction),
      verifyAccessToken: bridge.verifyAccessToken,
      otherwise: bridge.fetch,
    });
    const close = await listen(port, toNodeListener(guard));
    try {
      const session = await logInV2(
        { origin, resource, issuer: origin },
        {},
        provider,
      );
      const { client, requests, transport } = session;
      assertEquals(provider.consents, [READ]);
      const { client: id, sub } = JSON.parse(await call(client, "whoami"));
      assertEquals([id, sub], [clientMetadataUrl, "developer"]);
      const sent = requests.take();
      const { refresh_token = "" } = (await provider.tokens())!;
      await provider.saveTokens({
        access_token: "lost",
        token_type: "Bearer",
        refresh_token,
      });
      assertEquals(await call(client, "list_notes"), "[]");
      sent.push(...requests.take());
      assertEquals(sent.includes("POST /token refresh_token 200"), true);
      const addNote = (): Promise<string> =>
        call(client, "add_note", { text: "milk" });
      await assertRejects(addNote, UnauthorizedError);
      await transport.finishAuth(provider.callback());
      assertMatch(await addNote(), /^Added/);
      assertEquals(provider.consents, [READ, WRITE]);
      const { client: same, scopes } = JSON.parse(await call(client, "whoami"));
      assertEquals([same, scopes], [
        clientMetadataUrl,
        ["notes:read", "notes:write"],
      ]);
      sent.push(...requests.take());
      assertEquals(
        sent.filter((line) => line.startsWith("POST /register")),
        [],
      );
    } finally {
      await close();
      await server.close();
    }
  },
);

test(
  "mcp-remote logs in, calls tools, and steps up",
  { timeout },
  () =>
    withBridge((example) =>
      withHome(async (home) => {
        const client = new Client({
          name: "Gatehouse's tests",
          version: "1.0.0",
        });
        const transport = new StdioClientTransport({
          command: process.execPath,
          args: [
            installed("mcp-remote/dist/proxy.js"),
            example.resource,
            `${await freePort()}`,
          ],
          env: {
            BROWSER: fileURLToPath(
              new URL("follow_bridge_login.ts", import.meta.url),
            ),
            HOME: home,
            MCP_REMOTE_CONFIG_DIR: home,
            PATH: process.env.PATH ?? "",
          },
          stderr: "ignore",
        });
        try {
          await client.connect(transport as Transport);
          assertEquals((await client.listTools()).tools.length, 5);
          assertEquals(
            await call(client, "add_note", { text: "milk" }),
            "Added. Notes kept: 1.",
          );
          const { sub, scopes } = JSON.parse(await call(client, "whoami"));
          assertEquals([sub, scopes], ["developer", [
            "notes:read",
            "notes:write",
          ]]);
        } finally {
          await client.close();
        }
      })
    ),
);

test(
  "the Inspector in Chromium: consent, sign-in, tools, and a step up at a 403 through a new consent",
  { timeout },
  () =>
    withBridge((example) =>
      withHome(async (home) => {
        const variables = {
          CLIENT_PORT: `${await freePort()}`,
          HOME: home,
          MCP_AUTO_OPEN_ENABLED: "false",
          MCP_INSPECTOR_SECRET_STORE: "memory",
          MCP_SANDBOX_PORT: `${await freePort()}`,
          MCP_STORAGE_DIR: home,
        };
        const program = installed(
          "@modelcontextprotocol/inspector/clients/launcher/build/index.js",
        );
        await withProgram(
          [
            program,
            "--web",
            "--transport",
            "http",
            "--server-url",
            example.resource,
          ],
          variables,
          /http:\S+TOKEN=\S+/,
          ([url]) =>
            withPage("bridge-inspector", async (page, shoot) => {
              await page.goto(url, { waitUntil: "domcontentloaded" });
              await page.getByRole("switch").click({ force: true });
              await page.getByText("read your notes", { exact: true })
                .waitFor();
              await shoot("1-consent");
              await page.getByRole("button", { name: "Approve" }).click();
              await page.getByLabel("User name").fill("ada");
              await shoot("2-sign-in");
              await page.getByRole("button", { name: "Approve" }).click();
              await page.getByText("Tools", { exact: true }).first().click();
              await page.getByText("purge_notes", { exact: true }).waitFor();
              await shoot("3-tools");
              const addNote = async (): Promise<void> => {
                await page.getByText("Add a note", { exact: true }).first()
                  .click();
                await page.getByRole("textbox", { name: /^text/ }).fill("milk");
                await page.getByRole("button", {
                  name: "Execute Tool",
                  exact: true,
                }).click();
              };
              await addNote();
              await page.getByText("Additional permissions required").waitFor();
              await shoot("4-refused");
              await page.getByRole("button", {
                name: "Authorize",
                exact: true,
              }).click();
              await page.getByText("write notes", { exact: true }).waitFor();
              await shoot("5-consent");
              await page.getByRole("button", { name: "Approve" }).click();
              await page.getByLabel("User name").fill("ada");
              await shoot("6-sign-in");
              await page.getByRole("button", { name: "Approve" }).click();
              await page.getByText("Tools", { exact: true }).first().click();
              await addNote();
              await page.getByText("Notes kept: 1").first().waitFor();
              await shoot("7-allowed");
            }),
        );
      }), { AUTH_AUTO_APPROVE: "0" }),
);
