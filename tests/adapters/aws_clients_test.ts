import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedV2,
} from "@modelcontextprotocol/client";
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { assertEquals, assertRejects } from "@std/assert";
import { after, test } from "node:test";
import {
  type Example,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
} from "../e2e/example.ts";
import { headlessProvider } from "../e2e/oauth_provider.ts";
import { recordRequests } from "../e2e/requests.ts";

/** The two functions behind the stand-in for API Gateway. */
const COMMAND = ["deno", "run", "-A", "examples/aws/main.ts"];
const INFO = { name: "Gatehouse's tests", version: "1.0.0" };

let starting: Promise<Example> | undefined;
const start = (): Promise<Example> => starting ??= startExample({}, COMMAND);

after(async () => await (await starting)?.stop());

/** All that is asked on the way from the URL to the first answer. */
const LOGIN: readonly string[] = [
  "POST /mcp initialize 401",
  "GET /.well-known/oauth-protected-resource/mcp 200",
  "GET issuer/.well-known/oauth-authorization-server 200",
  "POST issuer/register 201",
  "POST issuer/token authorization_code 200",
  "POST /mcp initialize 200",
  "POST /mcp notifications/initialized 202",
];

test("SDK v1: a client logs in and calls a tool through both functions", {
  timeout,
}, async () => {
  const example = await start();
  const [provider, requests] = [headlessProvider(), recordRequests(example)];
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(example.resource), {
      authProvider: provider,
      fetch: requests.fetch,
    });
  const connect = (
    client: Client,
    transport: StreamableHTTPClientTransport,
  ): Promise<void> =>
    client.connect(transport as Parameters<Client["connect"]>[0]);
  const refused = open();
  await assertRejects(
    () => connect(new Client(INFO), refused),
    UnauthorizedError,
  );
  await refused.finishAuth(provider.callback().get("code") ?? "");
  const client = new Client(INFO);
  await connect(client, open());
  assertEquals(requests.take(), LOGIN);
  assertEquals(requests.challenges.map(({ params }) => params), [{
    resource_metadata: requests.metadataUrls[0],
    scope: "notes:read",
  }]);
  const answer = await client.callTool({ name: "whoami", arguments: {} });
  assertEquals(scopesIn(answer.content), ["notes:read"]);
  await client.close();
});

test(
  "SDK v2: a client logs in, is told what it lacks, logs in for that, and goes on",
  { timeout },
  async () => {
    const example = await start();
    const [provider, requests] = [headlessProvider(), recordRequests(example)];
    const open = (): TransportV2 =>
      new TransportV2(new URL(example.resource), {
        authProvider: provider,
        fetch: requests.fetch,
      });
    const refused = open();
    await assertRejects(
      () => new ClientV2(INFO).connect(refused),
      UnauthorizedV2,
    );
    await refused.finishAuth(provider.callback());
    const [client, transport] = [new ClientV2(INFO), open()];
    await client.connect(transport);
    assertEquals(requests.take(), LOGIN);
    const note = { name: "add_note", arguments: { text: "milk" } };
    await assertRejects(() => client.callTool(note), UnauthorizedV2);
    await transport.finishAuth(provider.callback());
    await client.callTool(note);
    assertEquals(requests.take(), [
      "POST /mcp tools/call add_note 403",
      "POST issuer/token authorization_code 200",
      "POST /mcp tools/call add_note 200",
    ]);
    await client.close();
  },
);

function scopesIn(content: unknown): unknown {
  const [item] = content as { text: string }[];
  return JSON.parse(item?.text ?? "{}").scopes;
}
