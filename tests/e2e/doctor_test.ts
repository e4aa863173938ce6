import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { examine } from "../../src/doctor/mod.ts";
import { startIssuer } from "../contract/issuer.ts";
import {
  BUN_EXAMPLE,
  type Example,
  TIMEOUT_MILLISECONDS as timeout,
  withExample,
} from "./example.ts";
import * as v1 from "./sdk_v1.ts";

const EXAMPLES: readonly (readonly [
  name: string,
  command: readonly string[],
])[] = [
  ["the README's server", BUN_EXAMPLE],
  ...[
    "bun",
    "deno",
    "modern",
    "node",
    "express",
    "hono",
    "vercel",
    "workers",
    "workers-agent",
    "aws",
  ].map((name) =>
    [name, ["deno", "run", "-A", "examples/run.ts", name]] as const
  ),
];

for (const [name, command] of EXAMPLES) {
  test(
    `${name}: the doctor finds no error and no warning, and every client that it knows can sign in`,
    {
      timeout,
    },
    () => withExample(assertHealthy, {}, command),
  );
}

async function assertHealthy(example: Example): Promise<void> {
  const { client, provider } = await v1.logIn(example);
  await client.close();
  const valid = (await provider.tokens())?.access_token;
  const { findings, clients, exchanges } = await examine(example.resource, {
    tokens: { ...(valid !== undefined && { valid }) },
  });
  const serious = findings.filter(({ severity }) => severity !== "note");
  assertEquals(serious.map(({ code, sightings }) => ({ code, sightings })), []);
  assertEquals(
    clients.filter(({ outcome }) => ["stops", "guesses"].includes(outcome)),
    [],
  );
  const presented = exchanges.find(({ purpose }) =>
    purpose === "initialize with a token"
  );
  assertEquals(presented?.status, 200);
}

test("the doctor sees that the README's server takes its own tokens alone", {
  timeout,
}, async () => {
  const issuer = await startIssuer({
    document: "oauth-authorization-server",
    algorithms: ["ES256"],
  });
  try {
    await withExample(async ({ resource }) => {
      const now = Math.floor(Date.now() / 1000);
      const { findings, exchanges } = await examine(resource, {
        tokens: {
          valid: await issuer.token(resource),
          wrongAudience: await issuer.token("https://other.example/mcp"),
          expired: await issuer.token(resource, {
            claims: { iat: now - 7200, exp: now - 3600 },
          }),
        },
      });
      const statuses = exchanges
        .filter(({ purpose }) => /^initialize with a/.test(purpose))
        .map(({ purpose, status }) => `${purpose}: ${status}`);
      assertEquals(statuses, [
        "initialize with an unsigned token: 401",
        "initialize with a forged token: 401",
        "initialize with a token: 200",
        "initialize with a token for another resource: 401",
        "initialize with an expired token: 401",
      ]);
      const errors = findings.filter(({ severity }) => severity === "error");
      assertEquals(errors.map(({ code }) => code), []);
    }, { MCP_AUTHORIZATION_SERVERS: issuer.identifier });
  } finally {
    await issuer.turnOff();
  }
});
