import type { Client as ClientV2 } from "@modelcontextprotocol/client";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type DevIssuer, startDevIssuer } from "../../src/dev_issuer/mod.ts";
import {
  eventually,
  freePort,
  type Program,
  startProgram,
} from "../e2e/example.ts";
import { logIn as logInV1 } from "../e2e/sdk_v1.ts";
import { logIn as logInV2 } from "../e2e/sdk_v2.ts";
import { call } from "../e2e/session.ts";
import { type Gateway, startGateway } from "./command.ts";

/** A server from npm that knows nothing of this. */
const EVERYTHING = "@modelcontextprotocol/server-everything@2026.8.31";
const timeout = 120_000;
const folder = mkdtempSync(join(tmpdir(), "gatehouse-everything-"));
const file = join(folder, "gateway.json");
const CONFIG = {
  scopes: {
    initial: ["tools"],
    operations: { "tools/call": { "get-env": ["admin"], "*": ["tools"] } },
    lists: ["tools/list"],
  },
};

let everything: Program;
let issuer: DevIssuer;
let gateway: Gateway;

before(async () => {
  writeFileSync(file, JSON.stringify(CONFIG));
  const [port, own, authPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const upstream = `http://localhost:${port}/mcp`;
  everything = startProgram(
    ["npx", "-y", "--loglevel=error", EVERYTHING, "streamableHttp"],
    { PORT: `${port}` },
  );
  const resource = `http://localhost:${own}/mcp`;
  issuer = await startDevIssuer({
    port: authPort,
    resource,
    scopes: ["tools", "admin"],
    autoApprove: true,
  });
  await eventually("the server to answer", async () => {
    if (everything.ended()) throw new Error(everything.stderr());
    return await fetch(upstream).catch(() => undefined);
  }, 100);
  gateway = await startGateway(
    { identifier: issuer.issuer, token: () => Promise.resolve("") },
    upstream,
    { PORT: `${own}`, MCP_RESOURCE: resource, GATEWAY_CONFIG: file },
  );
}, { timeout });

after(async () => {
  await gateway.stop();
  await everything.stop();
  await issuer.close();
  rmSync(folder, { recursive: true });
});

/** What both versions of the SDK can do with a session. */
interface Sdk {
  readonly client: Pick<ClientV2, "listTools" | "callTool" | "close">;
  readonly transport: {
    readonly sessionId?: string;
    terminateSession(): Promise<void>;
  };
}

const SDKS: readonly (readonly [
  version: string,
  logIn: (example: {
    readonly origin: string;
    readonly resource: string;
    readonly issuer: string;
  }) => Promise<unknown>,
])[] = [
  ["v1", (example) => logInV1(example)],
  ["v2", (example) => logInV2(example, {})],
  [
    "v2, which tries MCP 2026-07-28 first",
    (example) => logInV2(example, { versionNegotiation: { mode: "auto" } }),
  ],
];

for (const [version, logIn] of SDKS) {
  test(
    `SDK ${version} logs in to a server from npm behind the gateway, and calls its tools`,
    { timeout },
    async () => {
      const { origin, resource } = gateway;
      const session = await logIn({ origin, resource, issuer: issuer.issuer });
      const { client, transport } = session as Sdk;
      const { tools } = await client.listTools();
      const names = tools.map(({ name }) => name);
      assert(names.includes("echo") && names.length > 5, names.join());
      assertEquals(names.includes("get-env"), false);
      assertEquals(await call(client, "echo", { message: "hi" }), "Echo: hi");
      await assertRejects(() => call(client, "get-env"), Error);

      const times: number[] = [];
      const started = performance.now();
      await client.callTool(
        {
          name: "trigger-long-running-operation",
          arguments: { duration: 1.2, steps: 4 },
        },
        ...optionsOf(version, () => times.push(performance.now() - started)),
      );
      assertEquals(times.length, 4);
      // As they were produced: had they been held back, all would have come with the result.
      assert(times[0]! < 900 && times[3]! - times[0]! > 500, times.join());

      assertEquals(typeof transport.sessionId, "string");
      const ended = transport.sessionId!;
      await transport.terminateSession();
      assertEquals(everything.stdout().includes(ended), false); // it was sealed
      await assertRejects(() => client.listTools(), Error);
      await client.close();
    },
  );
}

/** v1 takes a schema before the options. */
function optionsOf(
  version: string,
  onprogress: () => void,
): [never, never] | [never] {
  const options = { onprogress } as never;
  return version === "v1" ? [undefined as never, options] : [options];
}
