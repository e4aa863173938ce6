import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals, assertRejects } from "@std/assert";
import { after, test } from "node:test";
import {
  type Example,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
} from "../e2e/example.ts";
import * as v1 from "../e2e/sdk_v1.ts";
import * as v2 from "../e2e/sdk_v2.ts";

/** The two functions behind the stand-in for API Gateway. */
const COMMAND = ["deno", "run", "-A", "examples/aws/main.ts"];

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
  const { client, requests } = await v1.logIn(example);
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
    const session = await v2.logIn(example, {});
    const { client, transport, provider, requests } = session;
    assertEquals(requests.take(), LOGIN);
    const note = { name: "add_note", arguments: { text: "milk" } };
    await assertRejects(() => client.callTool(note), UnauthorizedError);
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
