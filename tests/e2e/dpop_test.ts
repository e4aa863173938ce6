/** oauth4webapi, oidc-provider and the guard: none of them knows the others' code of DPoP. */
import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { toolCall } from "../contract/messages.ts";
import { approve } from "./consenting_browser.ts";
import { type BoundClient, logInBound } from "./dpop_client.ts";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";
import * as v1 from "./sdk_v1.ts";
import * as v2 from "./sdk_v2.ts";

/** The examples, one for each runtime, and what is in front of each guard. */
const EXAMPLES = [
  "bun",
  "deno",
  "node",
  "express",
  "hono",
  "workers",
  "vercel",
  "aws",
];

for (const name of EXAMPLES) {
  for (const nonce of ["0", "1"]) {
    test(
      `${name}: oauth4webapi's DPoP client calls a tool ${
        nonce === "1" ? "with" : "without"
      } nonces, and its token is useless to a thief`,
      {
        timeout,
      },
      () =>
        withExample(
          async ({ resource }) => {
            const client = await logInBound(resource);
            const response = await client.post(toolCall("whoami"));
            assertEquals(response.status, 200);
            assertEquals(
              response.headers.has("dpop-nonce"),
              nonce === "1",
            );
            assertMatch(await response.text(), /developer/);
            await assertUseless(resource, client);
            // The client is not disturbed.
            const again = await client.post(toolCall("whoami"));
            assertEquals(again.status, 200);
          },
          { MCP_DPOP: "required", MCP_DPOP_NONCE: nonce },
          ["deno", "run", "-A", "examples/run.ts", name],
        ),
    );
  }
}

test(
  "the SDK clients, which sign no proofs, log in as before where DPoP is optional",
  {
    timeout,
  },
  () =>
    withExample(
      async (example) => {
        const one = await v1.logIn(example);
        assertMatch(await v1.call(one.client, "whoami"), /developer/);
        await one.client.close();
        const two = await v2.logIn(example, {});
        assertMatch(await v2.call(two.client, "whoami"), /developer/);
        await two.client.close();
      },
      { MCP_DPOP: "optional", MCP_DPOP_NONCE: "1" },
      ["deno", "run", "-A", "examples/run.ts", "deno"],
    ),
);

test("bridge: oauth4webapi's DPoP client gets bound tokens, and calls a tool", {
  timeout,
}, () =>
  withExample(
    async ({ resource }) => {
      const client = await logInBound(resource, {
        browse: async (url) => (await approve(url)).callback,
      });
      const response = await client.post(toolCall("whoami"));
      assertEquals(response.status, 200);
      assertMatch(await response.text(), /developer/);
      await assertUseless(resource, client);
    },
    { MCP_DPOP: "required" },
    ["deno", "run", "-A", "examples/run.ts", "bridge"],
  ));

/** What a thief may have: the token, or a whole request. */
async function assertUseless(
  resource: string,
  client: BoundClient,
): Promise<void> {
  const sent = new Headers(client.sent().headers);
  const proof = sent.get("dpop") ?? "";
  const attempts: readonly (readonly [
    why: string,
    headers: Readonly<Record<string, string>>,
    url?: string,
  ])[] = [
    ["the token as Bearer", { authorization: `Bearer ${client.token}` }],
    ["the token without a proof", { authorization: `DPoP ${client.token}` }],
    ["the whole request again", {
      authorization: `DPoP ${client.token}`,
      dpop: proof,
    }],
    ["the proof for another path", {
      authorization: `DPoP ${client.token}`,
      dpop: proof,
    }, `${resource}/other`],
  ];
  for (const [why, headers, url = resource] of attempts) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(toolCall("whoami")),
    });
    await response.text();
    assertEquals(response.status, 401, why);
    assertMatch(response.headers.get("www-authenticate") ?? "", /^DPoP /, why);
  }
}
