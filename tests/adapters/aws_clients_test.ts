import { UnauthorizedError } from "@modelcontextprotocol/client";
import { assertEquals, assertMatch } from "@std/assert";
import { after, test } from "node:test";
import { startIssuer } from "../contract/issuer.ts";
import {
  type Example,
  startExample,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "../e2e/example.ts";
import * as v1 from "../e2e/sdk_v1.ts";
import * as v2 from "../e2e/sdk_v2.ts";
import { INITIALIZE, loginOf, stepUp } from "../e2e/session.ts";

/** The two functions behind the stand-in for HTTP APIs. */
const COMMAND = ["deno", "run", "-A", "examples/aws/main.ts"];

/** Behind the stand-in for REST APIs, where responses stream. */
const REST_COMMAND = [...COMMAND, "rest"];

let starting: Promise<Example> | undefined;
const start = (): Promise<Example> => starting ??= startExample({}, COMMAND);

after(async () => await (await starting)?.stop());

test("SDK v1: a client logs in and calls a tool through both functions", {
  timeout,
}, async () => {
  const example = await start();
  const { client, requests } = await v1.logIn(example);
  assertEquals(requests.take(), loginOf(INITIALIZE));
  assertEquals(requests.challenges.map(({ params }) => params), [{
    resource_metadata: requests.metadataUrls[0],
    scope: "notes:read",
  }]);
  const { scopes } = JSON.parse(await v1.call(client, "whoami"));
  assertEquals(scopes, ["notes:read"]);
  await client.close();
});

test(
  "SDK v2: a client logs in, is told what it lacks, logs in for that, and goes on",
  { timeout },
  async () => {
    const example = await start();
    const session = await v2.logIn(example, {});
    const { client, transport, provider, requests } = session;
    assertEquals(requests.take(), loginOf(INITIALIZE));
    await stepUp(
      session,
      UnauthorizedError,
      () => transport.finishAuth(provider.callback()),
    );
    await client.close();
  },
);

test(
  "SDK v1: a client logs in through a REST API, whose own challenge names all the scopes that most tools need",
  {
    timeout,
  },
  async () => {
    await withExample(
      async (example) => {
        const { client, requests } = await v1.logIn(example);
        assertEquals(requests.take(), loginOf(INITIALIZE));
        assertEquals(requests.challenges.map(({ params }) => params), [{
          resource_metadata: requests.metadataUrls[0],
          scope: "notes:read notes:write",
        }]);
        assertMatch(await v1.call(client, "add_note", { text: "a" }), /Added/);
        await client.close();
      },
      {},
      REST_COMMAND,
    );
  },
);

/** What the authorizer in front of a REST API says of a token's scopes. */
const scopes: readonly (readonly [scope: string, status: number])[] = [
  ["notes:read notes:write", 200],
  ["notes:read notes:write other", 200],
  ["notes:read", 403],
  ["notes:write", 200], // which implies notes:read
  ["", 403],
];

test(
  "examples/aws: a REST API's authorizer says what a token lacks, under the challenge's own name",
  {
    timeout,
  },
  async () => {
    const issuer = await startIssuer({
      document: "oauth-authorization-server",
      algorithms: ["ES256"],
    });
    try {
      await withExample(
        async ({ origin, resource }) => {
          for (const [scope, status] of scopes) {
            const token = await issuer.token(resource, { claims: { scope } });
            const response = await fetch(resource, {
              method: "POST",
              headers: {
                accept: "application/json, text/event-stream",
                authorization: `Bearer ${token}`,
                "content-type": "application/json",
              },
              body:
                '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}',
            });
            await response.body?.cancel();
            assertEquals(
              [response.status, response.headers.get("www-authenticate")],
              [
                status,
                status === 200
                  ? null
                  : `Bearer error="insufficient_scope", scope="notes:read notes:write", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
              ],
              scope,
            );
          }
        },
        { MCP_AUTHORIZATION_SERVERS: issuer.identifier },
        REST_COMMAND,
      );
    } finally {
      await issuer.turnOff();
    }
  },
);
