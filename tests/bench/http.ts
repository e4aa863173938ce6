/**
 * What a guard takes of a server's throughput over HTTP on this machine, its token seen before. The server is the
 * runtime's own; the client is a process of its own that does no more than write requests and count answers, on as
 * many connections as are said.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { toNodeListener } from "../../src/adapters/node.ts";
import type { Handler, ScopePolicy } from "../../mod.ts";
import { report, type Row } from "./measure.ts";
import { answer, forged, guard, requestWith, sign } from "./subject.ts";

const CONNECTIONS = 32;
const ROUNDS = 15;
const ROUND_MILLISECONDS = 500;

const POLICY: ScopePolicy = {
  operations: { "tools/call": { "*": ["notes:read"] } },
};
const CALL = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "add_note", arguments: { text: "x".repeat(900) } },
});

interface Served {
  readonly port: number;
  readonly close: () => unknown;
}

interface Runtimes {
  readonly Bun?: {
    serve(options: { fetch: Handler; port: number }): {
      readonly port: number;
      stop(isNow: boolean): unknown;
    };
  };
  readonly Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      handler: Handler,
    ): { readonly addr: { readonly port: number }; shutdown(): unknown };
  };
}

if (process.argv[2] === "load") {
  process.on("message", ([port, request]: [number, string]) => {
    load(port, request).then((count) => process.send!(count));
  });
} else await main();

async function main(): Promise<void> {
  const token = await sign();
  const child = fork(fileURLToPath(import.meta.url), ["load"]);
  const rows = [
    await compare(
      child,
      `over HTTP, ${CONNECTIONS} connections`,
      (request) => {
        void request.headers.get("authorization");
        return answer();
      },
      guard({ path: "/mcp" }),
      (token) => requestText(token, "{}"),
      token,
    ),
    await compare(
      child,
      "the same with a body of 1 kB, behind a policy",
      async (request) => {
        await request.json();
        return answer();
      },
      guard({ path: "/mcp", scopes: POLICY }),
      (token) => requestText(token, CALL),
      token,
    ),
  ];
  child.kill();
  report(rows);
  process.exit();
}

/** The throughput of a guarded server beside that of a bare one, in turns. */
async function compare(
  child: ChildProcess,
  name: string,
  bare: Handler,
  guarded: Handler,
  request: (token: string) => string,
  token: string,
): Promise<Row> {
  const servers = [await serve(bare), await serve(guarded)] as const;
  for (const [status, given] of [[200, token], [401, forged(token)]] as const) {
    const { headers } = requestWith(given);
    const url = `http://127.0.0.1:${servers[1].port}/mcp`;
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: CALL,
    });
    await response.arrayBuffer();
    if (response.status !== status) {
      throw new Error(`Cannot compare: ${response.status} and not ${status}`);
    }
  }
  const ratios: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const counts = [0, 0];
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
      counts[i] = await ask(child, servers[i]!.port, request(token));
    }
    if (round >= 0) ratios.push(counts[1]! / counts[0]!);
  }
  for (const { close } of servers) close();
  return { name, ratios };
}

function ask(
  child: ChildProcess,
  port: number,
  request: string,
): Promise<number> {
  return new Promise((resolve) => {
    child.once("message", (count) => resolve(count as number));
    child.send([port, request]);
  });
}

/** How many answers come in a round. */
async function load(port: number, request: string): Promise<number> {
  let count = 0;
  const sockets = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => resolve(socket));
          socket.once("error", reject);
          // The answers are short, each comes in one piece, and none is asked for before the last one came.
          socket.on("data", (data) => {
            if (data.toString("latin1", 9, 12) !== "200") return;
            count++;
            socket.write(request);
          });
        }),
    ),
  );
  for (const socket of sockets) socket.write(request);
  await new Promise((resolve) => setTimeout(resolve, ROUND_MILLISECONDS));
  const total = count;
  for (const socket of sockets) socket.destroy();
  return total;
}

function requestText(token: string, body: string): string {
  const fields = [...requestWith(token).headers].map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const host = `host: notes.example.com\r\ncontent-length: ${body.length}\r\n`;
  return `POST /mcp HTTP/1.1\r\n${host}${fields.join("")}\r\n${body}`;
}

async function serve(handler: Handler): Promise<Served> {
  const { Bun, Deno } = globalThis as unknown as Runtimes;
  if (Bun !== undefined) {
    const server = Bun.serve({ fetch: handler, port: 0 });
    return { port: server.port, close: () => server.stop(true) };
  }
  if (Deno !== undefined) {
    const options = { port: 0, hostname: "127.0.0.1", onListen(): void {} };
    const server = Deno.serve(options, handler);
    return { port: server.addr.port, close: () => server.shutdown() };
  }
  const server = createServer(toNodeListener(handler));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { port, close: () => server.closeAllConnections() };
}
