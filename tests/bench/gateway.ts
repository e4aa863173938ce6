/**
 * What the gateway costs beside its upstream alone and beside nginx as a plain proxy: `deno run -A
 * tests/bench/gateway.ts`. With `--memory`, whether its memory stays flat. It needs `nginx`, and takes two minutes; the
 * memory takes ten. Absolute figures are this machine's.
 *
 * @module
 */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startIssuer } from "../contract/issuer.ts";
import { eventually, freePort, startProgram } from "../e2e/example.ts";
import { say } from "../runner/commands.ts";

const ROUNDS = 7;
const WINDOW_MILLISECONDS = 1000;
const IN_FLIGHT = 16;
const REQUESTS = 100_000;
const STREAMS = 500;
const STREAM_ROUNDS = 12;
const BODY = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "echo", arguments: { text: "x".repeat(200) } },
});
const UPSTREAM = `
  require("node:http").createServer((request, response) => {
    request.resume().on("end", () => {
      if (request.url.includes("stream")) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        return response.write("data: 1\\n\\n");
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
  }).listen(+process.env.PORT, "127.0.0.1");
`;

const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
const [upstreamPort, nginxPort] = [await freePort(), await freePort()];
const upstreamUrl = `http://127.0.0.1:${upstreamPort}/mcp`;
const resource = "http://localhost:8787/mcp";
const issuer = await startIssuer({
  document: "oauth-authorization-server",
  algorithms: ["ES256"],
});
const headers = {
  "content-type": "application/json",
  authorization: `Bearer ${await issuer.token(resource, {
    claims: { exp: Date.now() },
  })}`,
};

writeFileSync(
  join(folder, "nginx.conf"),
  `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
  fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  upstream mcp { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${nginxPort};
    location / { proxy_pass http://mcp; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}`,
);

const programs = [
  startProgram(["node", "-e", UPSTREAM], { PORT: `${upstreamPort}` }),
  startProgram(["nginx", "-c", join(folder, "nginx.conf")], {}),
];
const variants: (readonly [name: string, url: string])[] = [
  ["the server alone", upstreamUrl],
  ["nginx", `http://127.0.0.1:${nginxPort}/mcp`],
];
const gateways: Readonly<Record<string, readonly string[]>> = {
  Deno: ["deno", "run", "-A", "--no-check", "--unstable-no-legacy-abort"],
  Bun: ["bun", "run"],
  "Node.js": ["node"],
};
const pids = new Map<string, string>();
for (const [runtime, command] of Object.entries(gateways)) {
  const port = `${await freePort()}`;
  programs.push(startProgram([...command, "src/gateway/mod.ts"], {
    PORT: port,
    HOST: "127.0.0.1",
    MCP_RESOURCE: resource,
    MCP_AUTHORIZATION_SERVERS: issuer.identifier,
    GATEWAY_UPSTREAM: upstreamUrl,
    GATEWAY_LOG: "none",
    GATEWAY_SECRET: "0123456789abcdef0123456789abcdef",
  }));
  pids.set(runtime, port);
  variants.push([`the gateway on ${runtime}`, `http://127.0.0.1:${port}/mcp`]);
}

async function ask(url: string): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers, body: BODY });
  if (answer.status !== 200) {
    throw new Error(`${url} answered ${answer.status}`);
  }
  await answer.text();
}

/** How many requests are answered in a second, and how long one takes at the median and at the 99th percentile. */
async function load(url: string): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + WINDOW_MILLISECONDS;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (performance.now() < end) {
      const started = performance.now();
      await ask(url);
      times.push(performance.now() - started);
    }
  }));
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)]!;
  return [times.length * 1000 / WINDOW_MILLISECONDS, at(0.5), at(0.99)];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** The resident memory of the process that listens at a port, in MB. */
function memoryOf(port: string): number {
  const hex = Number(port).toString(16).toUpperCase().padStart(4, "0");
  const inode = readFileSync("/proc/net/tcp", "utf8").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => local?.endsWith(`:${hex}`) && state === "0A")
    ?.[9];
  const pid = pidOf(`socket:[${inode}]`);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function pidOf(socket: string): string | undefined {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const isIts = readdirSync(`/proc/${name}/fd`).some((fd) =>
        readlinkSync(`/proc/${name}/fd/${fd}`) === socket
      );
      if (isIts) return name;
    } catch {
      // It ended, or is not ours.
    }
  }
  return undefined;
}

/** The memory while so many streams are open, each with its first event read. */
async function whileStreaming(url: string, port: string): Promise<number> {
  const client = new AbortController();
  const answers = await Promise.all(
    Array.from({ length: STREAMS }, () =>
      fetch(`${url}?stream`, {
        method: "POST",
        headers,
        body: BODY,
        signal: client.signal,
      })),
  );
  await Promise.all(answers.map(({ body }) => body!.getReader().read()));
  const memory = memoryOf(port);
  client.abort();
  return memory;
}

async function throughput(): Promise<void> {
  for (const [, url] of variants) await load(url);
  const rounds = new Map(
    variants.map(([name]) => [name, [] as (readonly number[])[]]),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (
      const [name, url] of round % 2 === 0 ? variants : variants.toReversed()
    ) {
      rounds.get(name)!.push(await load(url));
    }
  }
  const [[first] = [""]] = variants;
  for (const [name, figures] of rounds) {
    const shares = figures.map(([rate], i) =>
      rate! / rounds.get(first)![i]![0]!
    );
    const [rate, p50, p99] = [0, 1, 2].map((i) =>
      median(figures.map((each) => each[i]!))
    );
    say(
      `${name}: ${rate!.toFixed(0)}/s, ${
        median(shares).toFixed(2)
      } of the server alone, p50 ${p50!.toFixed(2)} ms, p99 ${
        p99!.toFixed(2)
      } ms`,
    );
  }
}

/** The memory after each fifth of the requests; and while streams are open, and after they have ended. */
async function memory(): Promise<void> {
  for (const [runtime, port] of pids) {
    const url = `http://127.0.0.1:${port}/mcp`;
    const requests: number[] = [];
    for (let done = 0; done < REQUESTS; done += REQUESTS / 5) {
      const each = REQUESTS / 5 / IN_FLIGHT;
      await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
        for (let i = 0; i < each; i++) await ask(url);
      }));
      requests.push(memoryOf(port));
    }
    const [open, ended]: [number[], number[]] = [[], []];
    for (let i = 0; i < STREAM_ROUNDS; i++) {
      open.push(await whileStreaming(url, port));
      await load(url);
      ended.push(memoryOf(port));
    }
    const text = (figures: readonly number[]): string =>
      figures.map((megabytes) => megabytes.toFixed(0)).join(" ");
    say(
      `${runtime}, MB after each ${REQUESTS / 5} requests: ${
        text(requests)
      }; with ${STREAMS} streams open, again and again: ${
        text(open)
      }; after them: ${text(ended)}`,
    );
  }
}

try {
  for (const [name, url] of variants) {
    await eventually(
      name,
      () => ask(url).then(() => true as const, () => undefined),
      30,
    );
  }
  await (process.argv.includes("--memory") ? memory() : throughput());
} finally {
  for (const program of programs) await program.stop();
  await issuer.turnOff();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
