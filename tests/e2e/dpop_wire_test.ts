/** What only bytes on a connection can show of each runtime: two DPoP headers, a Host of the client's, long proofs. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type Issuer, startIssuer } from "../contract/issuer.ts";
import { MESSAGE_FIELDS, toolCall } from "../contract/messages.ts";
import { exchange, parse } from "../contract/wire.ts";
import { type TestKeyHolder, testKeyHolder } from "../../src/testing/mod.ts";
import { TIMEOUT_MILLISECONDS as timeout, withExample } from "./example.ts";

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

/** The DPoP headers of a request, and other ones, and the status that it gets. */
type Case = readonly [
  why: string,
  proofs: (proof: (htu?: string) => Promise<string>) => Promise<string[]>,
  status: number,
  fields?: readonly string[],
];

const CASES: readonly Case[] = [
  ["one proof", async (proof) => [await proof()], 200],
  ["two proofs", async (proof) => [await proof(), await proof()], 401],
  ["a proof and nothing", async (proof) => [await proof(), ""], 401],
  ["two in one header", async (proof) => [
    `${await proof()}, ${await proof()}`,
  ], 401],
  [
    "forwarded headers of the client's",
    async (proof) => [
      await proof("https://evil.example/mcp"),
    ],
    401,
    [
      "X-Forwarded-Host: evil.example",
      "X-Forwarded-Proto: https",
      "Forwarded: host=evil.example;proto=https",
    ],
  ],
];

for (const name of EXAMPLES) {
  test(`${name}: one DPoP header is accepted, and no second one`, {
    timeout,
  }, async () => {
    const issuer = await startIssuer({
      document: "oauth-authorization-server",
      algorithms: ["ES256"],
    });
    try {
      const holder = await testKeyHolder();
      await withExample(
        ({ resource }) => checkAll(resource, issuer, holder),
        {
          MCP_DPOP: "required",
          MCP_AUTHORIZATION_SERVERS: issuer.identifier,
        },
        ["deno", "run", "-A", "examples/run.ts", name],
      );
    } finally {
      await issuer.turnOff();
    }
  });
}

async function checkAll(
  resource: string,
  issuer: Issuer,
  { cnf, proof }: TestKeyHolder,
): Promise<void> {
  const { host, pathname, port } = new URL(resource);
  const token = await issuer.token(resource, {
    claims: { cnf, scope: "notes:read" },
  });
  const body = JSON.stringify(toolCall("whoami"));
  for (const [why, proofs, status, fields = []] of CASES) {
    const sent = await proofs((htu) =>
      proof({ url: htu ?? resource, method: "POST", token })
    );
    const lines = [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      ...Object.entries(MESSAGE_FIELDS).map((field) => field.join(": ")),
      ...fields,
      `Authorization: DPoP ${token}`,
      ...sent.map((each) => `DPoP: ${each}`),
      `Content-Length: ${body.length}`,
      "Connection: close",
    ];
    const text = await exchange(Number(port), [
      `${lines.join("\r\n")}\r\n\r\n${body}`,
    ]);
    assertEquals(parse(text)?.status, status, why);
  }
}
