/**
 * What a user of the server feels: a call of a tool through the MCP SDK, the first request of a new process, and what a
 * million requests leave in memory.
 *
 * @module
 */
// The SDK's package.json misplaces its types for import paths with .js, which Deno takes literally.
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/webStandardStreamableHttp"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { fork } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  type AuthContext,
  type Handler,
  protectResource,
  type ScopePolicy,
} from "../../mod.ts";
import {
  collector,
  expectStatus,
  measure,
  report,
  type Row,
  type Variant,
} from "./measure.ts";
import {
  answer,
  guard,
  jwk,
  METADATA,
  platform,
  requestWith,
  RESOURCE,
  sign,
} from "./subject.ts";

const POLICY: ScopePolicy = {
  operations: {
    "tools/call": { "*": ["notes:read"], add_note: ["notes:write"] },
  },
};
const COLD_STARTS = ["bare", "jwks_uri", "discovery"] as const;
const COLD_ROUNDS = 9;
const CALL = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "add_note", arguments: { text: "x".repeat(800) } },
});

const [, , role, ...given] = process.argv;
if (role === "cold") await coldStart(given as [string, string, string]);
else report([...await calls(), ...await firstRequests(), ...await heap()]);
process.exit();

/** Calls of a tool through the SDK (v1), stateless. */
async function calls(): Promise<Row[]> {
  const token = await sign();
  const options = { metadata: METADATA, platform };
  const base = "a call of a tool: the SDK alone";
  const variant = (name: string, handle: Handler): Variant => ({
    name,
    base,
    run: () => handle(callWith(token)),
    check: () => expectStatus(200, handle(callWith(token))),
  });
  return await measure([
    variant(base, (request) => serve(request)),
    variant("a call of a tool: guarded", protectResource(serve, options)),
    variant(
      "a call of a tool: behind a policy",
      protectResource(serve, { ...options, scopes: POLICY }),
    ),
  ]);
}

async function serve(
  request: Request,
  context?: AuthContext,
): Promise<Response> {
  const server = new McpServer({ name: "measured", version: "1.0.0" });
  server.registerTool("add_note", {}, () => ({ content: [] }));
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
  });
  await server.connect(transport);
  const response = await transport.handleRequest(request, context);
  await server.close();
  return response;
}

function callWith(token: string): Request {
  const { headers } = requestWith(token);
  headers.set("content-length", `${CALL.length}`);
  return new Request(RESOURCE, { method: "POST", headers, body: CALL });
}

/** From the start of a process to its first answer, beside a process without the guard. */
async function firstRequests(): Promise<Row[]> {
  const issuer = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(
      request.url === "/jwks"
        ? { keys: [jwk] }
        : { issuer: origin, jwks_uri: `${origin}/jwks` },
    ));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  const { port } = issuer.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const token = await sign({ iss: origin });
  const rounds: number[][] = [];
  for (let round = -1; round < COLD_ROUNDS; round++) {
    const times: number[] = [];
    for (const kind of COLD_STARTS) {
      times.push(await timeOf(kind, origin, token));
    }
    if (round >= 0) rounds.push(times);
  }
  issuer.close();
  return [
    ["the first request of a process: without the guard", 0],
    ["the first request of a process: with jwks_uri", 1],
    ["the first request of a process: with discovery", 2],
  ].map(([name, i]) => ({
    name: `${name}`,
    ratios: rounds.map((times) => times[0]! / times[Number(i)]!),
  }));
}

function timeOf(...args: [string, string, string]): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ["cold", ...args]);
  return new Promise((resolve, reject) => {
    child.once("message", (time) => resolve(time as number));
    child.once("exit", () => reject(new Error("Cannot measure a cold start")));
  });
}

async function coldStart(
  [kind, issuer, token]: [string, string, string],
): Promise<void> {
  const issuers = kind === "jwks_uri"
    ? { [issuer]: { jwks_uri: `${issuer}/jwks` } }
    : {};
  const handle: Handler = kind === "bare" ? answer : guard({
    metadata: { ...METADATA, authorization_servers: [issuer] },
    issuers,
    platform: {},
  });
  await expectStatus(200, handle(requestWith(token)));
  // Since the process began.
  const time = performance.now();
  await new Promise((resolve) => process.send!(time, resolve));
}

/** What stays in memory, in kB. */
async function heap(): Promise<Row[]> {
  const collect = await collector();
  if (collect === undefined) return [];
  const token = await sign();
  const handle = guard({ scopes: POLICY });
  const run = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      await handle(callWith(token));
      // Signals are weakly held, and a weak reference holds its target until the end of the task.
      if (i % 1000 === 0) await pause(0);
    }
    // Finalizers run some time after the objects are collected.
    for (let i = 0; i < 20; i++) {
      collect();
      await pause(50);
    }
    return collect();
  };
  const before = await run(10_000);
  const after = await run(1_000_000);
  return [{
    name: "kB more in memory after a million requests",
    ratios: [(after - before) / 1000],
  }];
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
