import { assert, assertEquals, assertMatch } from "@std/assert";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testKeyHolder } from "../../src/testing/mod.ts";
import type { Issuer } from "../contract/issuer.ts";
import {
  eventually,
  freePort,
  runExample,
  startProgram,
} from "../e2e/example.ts";
import {
  COMMAND,
  type Gateway,
  SECRET,
  startGateway,
  startTestIssuer,
} from "./command.ts";
import {
  type Answer,
  EVENTS,
  piece,
  type RawUpstream,
  rawUpstream,
  response,
  valueOf,
} from "./raw_upstream.ts";

const timeout = 60_000;
const SESSION = "session-of-the-upstream";
const folder = mkdtempSync(join(tmpdir(), "gatehouse-gateway-"));
const file = join(folder, "gateway.json");
const SCOPES = {
  operations: { "tools/call": { whoami: [], "*": ["notes:write"] } },
};

let issuer: Issuer;
let upstream: RawUpstream;
let gateway: Gateway;
let answer: Answer = json;

function json(_received: unknown, socket: Socket): void {
  socket.write(response("{}", {
    headers: ["Content-Type: application/json", `Mcp-Session-Id: ${SESSION}`],
  }));
}

before(async () => {
  writeFileSync(file, JSON.stringify({ scopes: SCOPES }));
  issuer = await startTestIssuer();
  upstream = await rawUpstream((received, socket) => answer(received, socket));
  gateway = await startGateway(issuer, upstream.url, {
    GATEWAY_CONFIG: file,
    GATEWAY_SECRET: SECRET,
    GATEWAY_TIMEOUT_SECONDS: "1",
  });
}, { timeout });

after(async () => {
  await gateway.stop();
  await issuer.turnOff();
  upstream.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly at?: Gateway;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly claims?: Readonly<Record<string, unknown>>;
}

const WHOAMI = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "whoami" },
};

async function ask(
  { at = gateway, headers = {}, body = WHOAMI, claims = {} }: Asked = {},
): Promise<Response> {
  return await fetch(at.resource, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${await at.token(claims)}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

/** Answers in another way for a while. */
async function withAnswer(
  other: Answer,
  use: () => Promise<void>,
): Promise<void> {
  answer = other;
  try {
    await use();
  } finally {
    answer = json;
  }
}

/** Sends a request by hand, and tells what came back, piece by piece. */
async function byHand(
  headers: Readonly<Record<string, string>> = {},
): Promise<{ read: () => string; isClosed: () => boolean; socket: Socket }> {
  const { hostname, port, pathname } = new URL(gateway.resource);
  const body = JSON.stringify(WHOAMI);
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Content-Type: application/json",
    `Authorization: Bearer ${await gateway.token()}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
  ];
  const socket = connect(Number(port), hostname);
  let text = "";
  let isClosed = false;
  socket.setEncoding("latin1");
  socket.on("data", (more) => text += more);
  socket.on("error", () => isClosed = true);
  socket.on("close", () => isClosed = true);
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  return { read: () => text, isClosed: () => isClosed, socket };
}

test("the gateway tells the upstream who calls, and never the token", {
  timeout,
}, async () => {
  const { status } = await ask({ claims: { sub: "ada", client_id: "tests" } });
  assertEquals(status, 200);
  const { headers, body } = upstream.requests.at(-1)!;
  assertEquals(valueOf(headers, "authorization"), undefined);
  assertEquals(valueOf(headers, "x-forwarded-user"), "ada");
  assertMatch(
    valueOf(headers, "x-forwarded-for") ?? "",
    /^(?:127\.0\.0\.1|::1)$/,
  );
  assertEquals(body, JSON.stringify(WHOAMI));
  const keys = createRemoteJWKSet(
    new URL(`${gateway.origin}/.well-known/jwks.json`),
  );
  const { payload } = await jwtVerify(
    valueOf(headers, "x-gatehouse-assertion")!,
    keys,
    { issuer: gateway.resource, audience: upstream.url },
  );
  assertEquals([payload.sub, payload.client_id], ["ada", "tests"]);
});

test(
  "the gateway writes the headers of its own over those of a client, who may not take them off",
  { timeout },
  async () => {
    const { read, socket } = await byHand({
      Connection: "X-Forwarded-User, X-Gatehouse-Assertion, close",
      "X-Forwarded-User": "admin",
      X_Forwarded_User: "admin",
      "X-Forwarded-Groups": "admins",
      "X-GATEHOUSE-ASSERTION": "forged",
    });
    await eventually(
      "the response",
      () => /^HTTP\/1.1 200/.test(read()) || undefined,
    );
    socket.destroy();
    const { headers } = upstream.requests.at(-1)!;
    assertMatch(valueOf(headers, "x-forwarded-user") ?? "", /^user-/);
    assertMatch(valueOf(headers, "x-gatehouse-assertion") ?? "", /^ey/);
    assertEquals(/admin|forged/.test(JSON.stringify(headers)), false);
  },
);

test(
  "the gateway refuses what the file's policy refuses, and the upstream does not see it",
  { timeout },
  async () => {
    const before = upstream.requests.length;
    const body = { ...WHOAMI, params: { name: "add_note" } };
    const refused = await ask({ body });
    assertEquals(refused.status, 403);
    assertMatch(
      refused.headers.get("www-authenticate") ?? "",
      /scope="notes:write"/,
    );
    assertEquals(
      (await fetch(gateway.resource, { method: "POST" })).status,
      401,
    );
    assertEquals(upstream.requests.length, before);
    assertEquals(
      (await ask({ body, claims: { scope: "notes:write" } })).status,
      200,
    );
  },
);

test(
  "the gateway answers /healthcheck and /readyz, and says in its metadata who issues tokens",
  { timeout },
  async () => {
    for (const path of ["/healthcheck", "/readyz"]) {
      const answer = await fetch(`${gateway.origin}${path}`);
      assertEquals([answer.status, await answer.text()], [200, "OK"]);
    }
    const { authorization_servers } = await (await fetch(
      `${gateway.origin}/.well-known/oauth-protected-resource/mcp`,
    )).json();
    assertEquals(authorization_servers, [issuer.identifier]);
  },
);

test("the gateway hands on the head of a stream and each event as they come", {
  timeout,
}, async () => {
  let to: Socket | undefined;
  await withAnswer((_received, socket) => {
    socket.write(EVENTS);
    to = socket;
  }, async () => {
    const { read, socket } = await byHand();
    await eventually(
      "the head",
      () => read().includes("\r\n\r\n") || undefined,
    );
    assertMatch(read(), /content-type: text\/event-stream/i);
    for (const event of ["data: 1", "data: 2"]) {
      assertEquals(read().includes(event), false);
      to!.write(piece(`${event}\n\n`));
      await eventually(event, () => read().includes(event) || undefined);
    }
    const closed = upstream.closed(1);
    socket.destroy();
    await closed;
  });
});

for (const ending of ["closes", "resets"] as const) {
  test(
    `a response that the upstream ${ending} halfway looks cut to the client`,
    { timeout },
    async () => {
      await withAnswer((_received, socket) => {
        socket.write(
          EVENTS + piece("data: 1\n\n"),
          () => ending === "closes" ? socket.end() : socket.resetAndDestroy(),
        );
      }, async () => {
        const { read, isClosed } = await byHand();
        await eventually("the end", () => isClosed() || undefined);
        assertMatch(read(), /^HTTP\/1\.1 200/);
        assertEquals(read().includes("0\r\n\r\n"), false);
      });
    },
  );
}

test(
  "the gateway answers 504 while the upstream hangs, and goes on afterwards",
  { timeout },
  async () => {
    await withAnswer(() => {}, async () => {
      assertEquals((await ask()).status, 504);
    });
    assertEquals((await ask()).status, 200);
  },
);

test("the gateway logs each decision and fault in a line, and no token", {
  timeout,
}, async () => {
  await withAnswer(
    (_received, socket) =>
      void socket.write(response("", { status: "401 No" })),
    async () => {
      assertEquals((await ask({ claims: { sub: "line\nfeed" } })).status, 502);
    },
  );
  const lines = await eventually("the log", () => {
    const found = gateway.stdout().trim().split("\n")
      .map((line) => JSON.parse(line));
    return found.some(({ reason }) => reason === "unauthorized")
      ? found
      : undefined;
  });
  const of = (outcome: string): Record<string, unknown> =>
    lines.findLast((line) => line.outcome === outcome) ?? {};
  assertEquals(of("accepted").subject, "line\nfeed");
  assertEquals(of("accepted").operations, ["tools/call whoami"]);
  assertEquals(of("failed").upstream, upstream.url);
  assertEquals(
    lines.some(({ reason }) => reason === "insufficient_scope"),
    true,
  );
  const written = gateway.stdout() + gateway.stderr();
  for (const token of issuer.tokens) {
    assertEquals(written.includes(token.split(".")[2]!), false);
  }
});

test(
  "two gateways with one secret know each other's sessions, and so does one that was started again",
  { timeout },
  async () => {
    const variables = {
      GATEWAY_SECRET: SECRET,
      MCP_RESOURCE: gateway.resource,
    };
    const claims = { sub: "ada", client_id: "tests" };
    const opened = await ask({ claims });
    const session = opened.headers.get("mcp-session-id") ?? "";
    assertEquals(session.includes(SESSION), false);
    const other = await startGateway(issuer, upstream.url, variables);
    try {
      const at = {
        ...other,
        resource: `${other.origin}/mcp`,
        token: gateway.token,
      };
      const headers = { "mcp-session-id": session };
      assertEquals((await ask({ at, headers, claims })).status, 200);
      assertEquals(
        valueOf(upstream.requests.at(-1)!.headers, "mcp-session-id"),
        SESSION,
      );
      const stranger = { sub: "eve", client_id: "tests" };
      assertEquals((await ask({ at, headers, claims: stranger })).status, 404);
      assertEquals((await ask({ headers, claims: stranger })).status, 404);
    } finally {
      await other.stop();
    }
  },
);

test(
  "a gateway that is told to end lets a stream end, takes no new request, and ends with 0",
  { timeout },
  async () => {
    let to: Socket | undefined;
    const own = await rawUpstream((_received, socket) => {
      socket.write(EVENTS + piece("data: 1\n\n"));
      to = socket;
    });
    const ending = await startGateway(issuer, own.url);
    try {
      const stream = await ask({ at: ending });
      const reader = stream.body!.getReader();
      await reader.read();
      ending.signal("SIGTERM");
      await eventually(
        "the port to be free",
        async () =>
          await fetch(`${ending.origin}/healthcheck`).then(
            () => undefined,
            () => true,
          ),
      );
      to!.end(`${piece("data: 2\n\n")}0\r\n\r\n`);
      let rest = "";
      for (
        let step = await reader.read();
        !step.done;
        step = await reader.read()
      ) {
        rest += new TextDecoder().decode(step.value);
      }
      assertMatch(rest, /data: 2\n\n$/);
      await eventually("its end", () => ending.ended() || undefined);
      assertEquals(ending.status(), 0);
    } finally {
      await ending.stop();
      own.close();
    }
  },
);

test(
  "a gateway that is told to end does so while a stream has no end, after its grace",
  { timeout },
  async () => {
    const own = await rawUpstream((_received, socket) =>
      void socket.write(EVENTS + piece("data: 1\n\n"))
    );
    const ending = await startGateway(issuer, own.url);
    try {
      const stream = await ask({ at: ending });
      const read = stream.text();
      const started = performance.now();
      ending.signal("SIGTERM");
      assertMatch(await read, /data: 1/); // whole, not cut
      await eventually("its end", () => ending.ended() || undefined);
      assertEquals(ending.status(), 0);
      const seconds = (performance.now() - started) / 1000;
      assert(seconds > 9 && seconds < 14, `${seconds} s`);
    } finally {
      await ending.stop();
      own.close();
    }
  },
);

test(
  "/readyz says when the upstream does not answer",
  { timeout },
  async () => {
    const own = await rawUpstream();
    own.close();
    const alone = await startGateway(issuer, own.url);
    try {
      const { status } = await fetch(`${alone.origin}/readyz`);
      assertEquals(status, 503);
      assertEquals((await fetch(`${alone.origin}/healthcheck`)).status, 200);
    } finally {
      await alone.stop();
    }
  },
);

for (
  const [why, line, variables] of [
    ["a variable is misspelt", /^Cannot use GATEWAY_X: .+\n$/, {
      GATEWAY_X: "",
    }],
    ["a value is bad", /^Cannot use PORT "x": .+\n$/, { PORT: "x" }],
    ["the file is not there", /^Cannot read nowhere\.json: .+\n$/, {
      GATEWAY_CONFIG: "nowhere.json",
    }],
    ["nothing is configured", /^Cannot start without an MCP server: .+\n$/, {}],
  ] as const
) {
  test(
    `the command ends with 1 and one line if ${why}`,
    { timeout },
    async () => {
      const { status, stdout, stderr } = await runExample(variables, COMMAND);
      assertEquals({ status, stdout }, { status: 1, stdout: "" });
      assertMatch(stderr, line);
    },
  );
}

test(
  "the command ends with 1 and names a policy that cannot be, and its file",
  { timeout },
  async () => {
    const circular = join(folder, "circular.json");
    writeFileSync(
      circular,
      JSON.stringify({ scopes: { implies: { a: ["b"], b: ["a"] } } }),
    );
    const { status, stderr } = await runExample({
      GATEWAY_UPSTREAM: upstream.url,
      MCP_AUTHORIZATION_SERVERS: issuer.identifier,
      GATEWAY_CONFIG: circular,
    }, COMMAND);
    assertEquals(status, 1);
    assertMatch(stderr, /^Cannot use scopes\.implies.+circular\.json\)\n$/);
  },
);

test("the command says where it cannot listen", { timeout }, async () => {
  const variables = {
    GATEWAY_UPSTREAM: upstream.url,
    MCP_AUTHORIZATION_SERVERS: issuer.identifier,
  };
  const { port } = new URL(gateway.origin);
  const used = await runExample({ ...variables, PORT: port }, COMMAND);
  assertEquals(used.status, 1);
  assertMatch(used.stderr, new RegExp(`Port ${port} is in use: .+\n$`));
  const nowhere = await runExample({
    ...variables,
    PORT: "20202",
    HOST: "192.0.2.1",
    GATEWAY_SECRET: SECRET,
  }, COMMAND);
  assertEquals(nowhere.status, 1);
  assertMatch(nowhere.stderr, /HOST="192\.0\.2\.1"/);
});

test(
  "--check asks the upstream and the issuer, and ends with what came of it",
  { timeout },
  async () => {
    const variables = {
      GATEWAY_UPSTREAM: upstream.url,
      MCP_AUTHORIZATION_SERVERS: issuer.identifier,
      GATEWAY_CONFIG: file,
    };
    const good = await runExample(variables, [...COMMAND, "--check"]);
    assertEquals(good.status, 0, good.stdout + good.stderr);
    assertMatch(good.stdout, /ok: the MCP server answers \(200\)/);
    assertMatch(
      good.stdout,
      /ok: http:\/\/localhost:\d+\/tenant1 publishes \d keys/,
    );
    assertMatch(good.stdout, /scopes: for tools\/call/);
    const bad = await runExample({
      ...variables,
      GATEWAY_UPSTREAM: "http://127.0.0.1:9/mcp",
      MCP_AUTHORIZATION_SERVERS: issuer.sibling.replace("tenant2", "nobody"),
    }, [...COMMAND, "--check"]);
    assertEquals(bad.status, 1);
    assertMatch(bad.stdout, /FAILED: the MCP server does not answer: /);
    assertMatch(bad.stdout, /FAILED: Cannot read the metadata of .*nobody/);
  },
);

test(
  "--help says what each flag and variable is for",
  { timeout },
  async () => {
    const { status, stdout } = await runExample({}, [...COMMAND, "--help"]);
    assertEquals(status, 0);
    for (
      const name of [
        "--upstream",
        "GATEWAY_UPSTREAM",
        "MCP_RESOURCE",
        "--check",
        "GATEWAY_SECRET",
        "PORT",
      ]
    ) {
      assertEquals(stdout.includes(name), true, name);
    }
    assertEquals(stdout.split("\n").every((line) => line.length <= 100), true);
  },
);

test("one gateway has several servers, each with tokens of its own", {
  timeout,
}, async () => {
  const several = join(folder, "several.json");
  const other = await rawUpstream();
  const port = `${await freePort()}`;
  const origin = `http://localhost:${port}`;
  const resources = [`${origin}/notes`, `${origin}/calendar`];
  writeFileSync(
    several,
    JSON.stringify({
      authorization_servers: [issuer.identifier],
      servers: [upstream, other].map(({ url }, i) => ({
        upstream: url,
        resource: resources[i],
      })),
    }),
  );
  const program = startProgram(COMMAND, {
    PORT: port,
    GATEWAY_CONFIG: several,
  });
  try {
    await eventually(
      "the gateway",
      async () =>
        (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok ||
        undefined,
    );
    const statuses: number[] = [];
    for (const audience of resources) {
      const authorization = `Bearer ${await issuer.token(audience)}`;
      for (const resource of resources) {
        const headers = { authorization, "content-type": "application/json" };
        const body = JSON.stringify(WHOAMI);
        const answer = await fetch(resource, { method: "POST", headers, body });
        statuses.push(answer.status);
      }
    }
    assertEquals(statuses, [200, 401, 401, 200]);
    assertEquals(
      other.requests.filter(({ method }) => method === "POST").length,
      1,
    );
  } finally {
    await program.stop();
    other.close();
  }
});

test(
  "two gateways with one secret accept each other's nonces, and hand on neither the token nor the proof",
  {
    timeout,
  },
  async () => {
    const port = `${await freePort()}`;
    const variables = {
      MCP_DPOP: "required",
      MCP_DPOP_NONCE: "1",
      MCP_RESOURCE: `http://localhost:${port}/mcp`,
      GATEWAY_SECRET: SECRET,
    };
    const one = await startGateway(issuer, upstream.url, {
      ...variables,
      PORT: port,
    });
    const other = await startGateway(issuer, upstream.url, variables);
    try {
      const url = one.resource;
      const holder = await testKeyHolder();
      const token = await one.token({ cnf: holder.cnf });
      const request = { url, method: "POST", token };
      const sent = async (
        at: Gateway,
        nonce?: string,
      ): Promise<Response> =>
        await fetch(`${at.origin}/mcp`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            ...await holder.headers({ ...request, nonce }),
          },
          body: JSON.stringify(WHOAMI),
        });
      const asked = await sent(one);
      assertMatch(
        asked.headers.get("www-authenticate") ?? "",
        /^DPoP error="use_dpop_nonce"/,
      );
      const nonce = asked.headers.get("dpop-nonce")!;
      assertEquals([asked.status, (await sent(one, nonce)).status], [401, 200]);
      assertEquals((await sent(other, nonce)).status, 200);
      const { headers } = upstream.requests.at(-1)!;
      assertEquals(valueOf(headers, "authorization"), undefined);
      assertEquals(valueOf(headers, "dpop"), undefined);
      const bearer = await ask({ at: one });
      assertEquals(bearer.status, 401);
    } finally {
      await one.stop();
      await other.stop();
    }
  },
);
