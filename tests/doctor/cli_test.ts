import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { worstSeverity } from "../../src/doctor/report.ts";
import { ROOT } from "../runner/commands.ts";

const TOKEN = "a-token-that-nobody-may-write-down";

interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command on the runtime of this test, with no terminal. */
function doctor(
  args: readonly string[],
  { env = {}, input = "" }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
  } = {},
): Promise<Ending> {
  const flags = "Deno" in globalThis
    ? ["run", "-A", "--no-lock", "--no-check"]
    : [];
  const module = join(ROOT, "src/doctor/mod.ts");
  const child = spawn(process.execPath, [...flags, module, ...args], {
    cwd: ROOT,
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (chunk: string) => output[name] += chunk);
  }
  child.stdin.end(input);
  return new Promise((resolve) =>
    child.once("close", (status) => resolve({ status, ...output }))
  );
}

/** Lends a server on loopback to a function. */
async function withServer<T>(
  answer: (
    request: IncomingMessage,
    response: ServerResponse,
    origin: string,
  ) => void,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response, origin);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await use(`${origin}/mcp`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A server with nothing but a bare 401, which accepts one token and repeats it. */
function bare(request: IncomingMessage, response: ServerResponse): void {
  const { authorization } = request.headers;
  if (request.url !== "/mcp") response.writeHead(404).end();
  else if (authorization === `Bearer ${TOKEN}`) {
    response.writeHead(200, { "x-token": TOKEN }).end(TOKEN);
  } else response.writeHead(401).end();
}

/** A server without a fault that is more than a note. */
function sound(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): void {
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers":
      "authorization, content-type, mcp-protocol-version",
    "access-control-expose-headers": "www-authenticate",
  };
  const json = (status: number, body: unknown, headers: object = {}): void => {
    response.writeHead(status, {
      ...cors,
      "content-type": "application/json",
      ...headers,
    })
      .end(JSON.stringify(body));
  };
  const { method, url = "", headers } = request;
  if (headers.origin === "https://stranger.example") return json(403, {});
  if (method === "OPTIONS") return void response.writeHead(204, cors).end();
  if (url === "/mcp") {
    const error = headers.authorization === undefined
      ? ""
      : 'error="invalid_token", ';
    return json(401, {}, {
      "www-authenticate":
        `Bearer ${error}resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
    });
  }
  if (/^\/\.well-known\/oauth-protected-resource(?:\/mcp)?(?:\?|$)/.test(url)) {
    return json(200, {
      resource: `${origin}/mcp`,
      authorization_servers: [origin],
    });
  }
  if (url === "/.well-known/oauth-authorization-server") {
    return json(200, {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
    });
  }
  return json(url === "/token" ? 400 : 404, {});
}

test("the doctor ends with 0 where it finds nothing but notes", async () => {
  const { status, stdout, stderr } = await withServer(
    sound,
    (url) => doctor([url]),
  );
  assertEquals({ status, stderr }, { status: 0, stderr: "" }, stdout);
  assertMatch(stdout, /: 1 note, 6 pieces of advice, in \d+ requests\n$/);
});

test("the doctor ends with 1 where it finds a warning", async () => {
  const { status, stdout } = await withServer(
    (request, response, origin) =>
      request.method === "OPTIONS" && request.url === "/mcp"
        ? void response.writeHead(405).end()
        : sound(request, response, origin),
    (url) => doctor([url]),
  );
  assertEquals(status, 1, stdout);
  assertMatch(stdout, /preflight-refused/);
});

test("the doctor ends with 2 where it finds an error, also that nobody answers", async () => {
  const { status, stdout } = await doctor(["http://127.0.0.1:9/mcp"]);
  assertEquals(status, 2, stdout);
  assertMatch(stdout, /unreachable/);
});

const misuse:
  readonly (readonly [why: string, args: readonly string[], said: RegExp])[] = [
    ["no URL", [], /^Cannot examine without a URL: give one\n$/],
    [
      "no URL but a word",
      ["notes"],
      /^Cannot examine "notes": write an absolute https URL\n$/,
    ],
    [
      "a URL without its scheme",
      ["localhost:8000/mcp"],
      /^Cannot examine "localhost:8000\/mcp": write an absolute https URL, such as http:\/\/localhost:8000\/mcp\n$/,
    ],
    [
      "a misspelt option",
      ["https://a.example", "--jsn"],
      /^Cannot use one of the arguments: did you mean --json\?\n$/,
    ],
    [
      "two URLs",
      ["https://a.example", "https://b.example"],
      /^Cannot examine several URLs/,
    ],
    [
      "a file without a name",
      ["https://a.example", "--html"],
      /^Cannot use --html: give it a value\n$/,
    ],
    [
      "a deadline that is none",
      ["https://a.example", "--deadline", "soon"],
      /^Cannot use --deadline/,
    ],
  ];
for (const [why, args, said] of misuse) {
  test(`the doctor ends with 3 and one line: ${why}`, async () => {
    const { status, stdout, stderr } = await doctor(args);
    assertEquals({ status, stdout }, { status: 3, stdout: "" });
    assertMatch(stderr, said);
  });
}

test("the doctor takes no token as an argument, and does not repeat it", async () => {
  const { status, stdout, stderr } = await doctor([
    "https://a.example",
    `--token=${TOKEN}`,
  ]);
  assertEquals(status, 3);
  assertEquals(`${stdout}${stderr}`.includes(TOKEN), false);
});

test("the doctor says how it is used", async () => {
  const { status, stdout } = await doctor(["--help"]);
  assertEquals(status, 0);
  assertMatch(stdout, /^Examines [^]*--json[^]*MCP_TOKEN/);
});

test("the doctor writes JSON and nothing else", async () => {
  const { stdout, stderr, status } = await withServer(
    bare,
    (url) => doctor([url, "--json"]),
  );
  assertEquals({ stderr, status }, { stderr: "", status: 2 });
  const report = JSON.parse(stdout);
  assertEquals(worstSeverity(report), "error");
  assert(report.exchanges.length > 10);
});

const ways: readonly (readonly [why: string, args: readonly string[], given: {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}])[] = [
  ["the environment", [], { env: { MCP_TOKEN: TOKEN } }],
  ["standard input", ["--token-stdin"], { input: `${TOKEN}\n` }],
];
for (const [why, args, given] of ways) {
  test(`the doctor takes a token from ${why}, uses it, and writes it nowhere`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-doctor-"));
    try {
      const html = join(folder, "report.html");
      const { stdout } = await withServer(
        bare,
        (url) => doctor([url, "--json", "--html", html, ...args], given),
      );
      const { exchanges, findings } = JSON.parse(stdout);
      const used = exchanges.find(({ purpose }: { purpose: string }) =>
        purpose === "initialize with a token"
      );
      assertEquals(used.status, 200);
      assertEquals(used.requestHeaders.authorization, "Bearer …");
      assertEquals(
        findings.some(({ code }: { code: string }) => code === "token-refused"),
        false,
      );
      assertEquals(
        `${stdout}${readFileSync(html, "utf8")}`.includes(TOKEN),
        false,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("the doctor follows no redirect to another origin, also not by the runtime's own fetch", async () => {
  let asked = 0;
  await withServer((_request, response) => {
    asked++;
    response.writeHead(404).end();
  }, (other) =>
    withServer((_request, response) => {
      response.writeHead(307, { location: other }).end();
    }, (url) => doctor([url])));
  assertEquals(asked, 0);
});

test("the doctor has no colours where there is no terminal", async () => {
  const { stdout, stderr } = await withServer(bare, (url) => doctor([url]));
  assertEquals(`${stdout}${stderr}`.includes("\u001b"), false);
});
