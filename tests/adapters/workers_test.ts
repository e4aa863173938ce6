import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { readFile } from "node:fs/promises";
import { after, beforeEach, test } from "node:test";
import {
  bindSessions,
  type ProtectedWorker,
  protectWorker,
  type WorkerContext,
} from "../../src/adapters/workers.ts";
import type { Runtime } from "../../src/runtime/platform.ts";
import type { ProtectedResourceOptions } from "../../src/options.ts";
import type { AuthContext } from "../../src/types.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  type TestIssuer,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { testCache } from "../support/shared_cache.ts";
import {
  callOf,
  ISSUER,
  KEY,
  METADATA,
  post,
  RESOURCE,
} from "../support/protected.ts";

/** The bindings of an environment. */
interface Env {
  readonly MCP_RESOURCE: string;
}

const ENV: Env = { MCP_RESOURCE: RESOURCE };

/** What a Worker was called with. */
type Call = Parameters<ProtectedWorker<Env>["fetch"]>;

/** A context that keeps what is handed to `waitUntil`, which like the true one works on no other object. */
class TestContext implements WorkerContext {
  readonly #work: Promise<unknown>[] = [];
  props: unknown = {};
  get work(): readonly Promise<unknown>[] {
    return this.#work;
  }
  waitUntil(promise: Promise<unknown>): void {
    this.#work.push(promise);
  }
}

interface Isolate {
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
  readonly calls: readonly Call[];
  /** The environments for which the options were asked. */
  readonly environments: readonly Env[];
  readonly fetch: (
    request: Request,
    env?: Env,
    ctx?: WorkerContext,
  ) => Promise<Response>;
}

/** An isolate, whose Worker says `Hello`. */
function isolate(
  options: Partial<ProtectedResourceOptions> = {},
  platform: Runtime = {},
): Isolate {
  const network = testNetwork();
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  const calls: Call[] = [];
  const environments: Env[] = [];
  const { fetch, now } = network;
  const worker = protectWorker<Env>({
    fetch(...call): Response {
      calls.push(call);
      return new Response("Hello");
    },
  }, (env) => {
    environments.push(env);
    return {
      metadata: { ...METADATA, resource: env.MCP_RESOURCE },
      platform: { fetch, now, ...platform },
      ...options,
    };
  });
  return {
    network,
    issuer,
    calls,
    environments,
    fetch: (request, env = ENV, ctx = new TestContext()) =>
      worker.fetch(request, env, ctx),
  };
}

/** What all isolates of a place share: its named caches, and the zone's own. */
let named = new Map<string, ReturnType<typeof testCache>>();
const FAKE_CACHES = {
  get default(): never {
    throw new Error("The zone's cache is not for this");
  },
  open(name: string): Promise<unknown> {
    const cache = named.get(name) ?? testCache();
    named.set(name, cache);
    return Promise.resolve(cache);
  },
};

const runtimes = Object.getOwnPropertyDescriptor(globalThis, "caches");

function setCaches(value: unknown): void {
  named = new Map();
  Object.defineProperty(globalThis, "caches", {
    value,
    configurable: true,
    writable: true,
  });
}

beforeEach(() => setCaches(FAKE_CACHES));
after(() => {
  if (runtimes === undefined) Reflect.deleteProperty(globalThis, "caches");
  else Object.defineProperty(globalThis, "caches", runtimes);
});

test("protectWorker() asks for the options once for each environment", async () => {
  const { environments, fetch, issuer } = isolate();
  const other = { ...ENV };
  const token = await issuer.token();
  for (const env of [ENV, other, ENV, other]) {
    assertEquals((await fetch(post({ token }), env)).status, 200);
  }
  assertEquals(environments.length, 2);
  assertStrictEquals(environments[0], ENV);
  assertStrictEquals(environments[1], other);
});

test("protectWorker() reads the environment's bindings", async () => {
  const { fetch } = isolate();
  const env = { MCP_RESOURCE: "https://notes.example.com/mcp" };
  const response = await fetch(
    new Request(
      "https://notes.example.com/.well-known/oauth-protected-resource/mcp",
    ),
    env,
  );
  assertEquals((await response.json()).resource, env.MCP_RESOURCE);
});

test("protectWorker() throws with each request what cannot be used", async () => {
  const { fetch } = isolate();
  const env = { MCP_RESOURCE: "notes.example.com" };
  await assertRejects(() => fetch(post(), env), TypeError);
  await assertRejects(() => fetch(post(), env), TypeError);
});

/** What is exported in place of a Worker or of its options, by mistake. */
const unusable: readonly (readonly [
  why: string,
  message: string,
  make: () => unknown,
])[] = [
  [
    "a Worker without fetch",
    "Cannot use fetch of the worker: give a function",
    () => protectWorker({ scheduled: null } as never, () => ({} as never)),
  ],
  [
    "no Worker",
    "Cannot use fetch of the worker: give a function",
    () => protectWorker(undefined as never, () => ({} as never)),
  ],
  [
    "options that are no function of the environment",
    "Cannot use options: give a function",
    () =>
      protectWorker(
        { fetch: () => new Response() },
        { metadata: METADATA } as never,
      ),
  ],
];

for (const [why, message, make] of unusable) {
  test(`protectWorker() refuses ${why} when it is set up, not at the first request`, () => {
    assertThrows(make, TypeError, message);
  });
}

test("protectWorker() hands the request, its environment, its context and the caller on", async () => {
  const { calls, fetch, issuer } = isolate({
    scopes: { operations: { "tools/call": { "*": ["notes:read"] } } },
  });
  const ctx = new TestContext();
  const token = await issuer.token({ scope: "notes:read" });
  const body = callOf("list_notes");
  const response = await fetch(post({ token, body }), ENV, ctx);
  assertEquals(await response.text(), "Hello");
  const [request, env, given, context] = calls[0]!;
  assertEquals(await request.json(), body);
  assertStrictEquals(env, ENV);
  assertStrictEquals(given, ctx);
  assertEquals(context.authInfo.token, token);
  assertEquals(context.parsedBody, body);
});

test("protectWorker() tells ctx.props who calls, in what a Durable Object can store", async () => {
  const { fetch, issuer, network } = isolate();
  const ctx = new TestContext();
  const token = await issuer.token({ scope: "notes:read notes:write" });
  await fetch(post({ token }), ENV, ctx);
  const props = structuredClone(ctx.props);
  assertEquals(props, {
    iss: ISSUER,
    sub: "user-1",
    clientId: "client-1",
    scopes: ["notes:read", "notes:write"],
    expiresAt: network.now() / 1000 + 300,
  });
  assertFalse(JSON.stringify(props).includes(token.split(".")[2]!));
});

test("protectWorker() makes up nobody where a token names nobody", async () => {
  const { fetch, issuer } = isolate();
  const ctx = new TestContext();
  const token = await issuer.token({ sub: undefined, client_id: undefined });
  await fetch(post({ token }), ENV, ctx);
  const { sub, clientId } = ctx.props as Record<string, unknown>;
  assertEquals([sub, clientId], [undefined, ""]);
});

test("protectWorker() gives a handler a moment when its client has left", async () => {
  const { calls, fetch, issuer } = isolate();
  const ctx = new TestContext();
  const left = new AbortController();
  const token = await issuer.token();
  const { signal } = left;
  await fetch(new Request(post({ token }), { signal }), ENV, ctx);
  await Promise.all(ctx.work);
  const before = ctx.work.length;
  assertFalse(calls[0]![0].signal.aborted);
  left.abort();
  assert(calls[0]![0].signal.aborted);
  assertEquals(ctx.work.length, before + 1);
  await ctx.work.at(-1);
});

/** What never reaches a protected Worker. */
const refused: readonly (readonly [why: string, request: Request])[] = [
  ["a request without a token", post()],
  ["a request with a bad token", post({ token: "invalid" })],
  [
    "a request for a public document",
    new Request("http://localhost:8787/.well-known/oauth-protected-resource"),
  ],
  ["a request elsewhere", new Request("http://localhost:8787/healthcheck")],
];

for (const [why, request] of refused) {
  test(`protectWorker() keeps ${why} from the Worker, and ctx.props as it was`, async () => {
    const { calls, fetch } = isolate();
    const ctx = new TestContext();
    const { props } = ctx;
    await fetch(request, ENV, ctx);
    assertEquals(calls, []);
    assertStrictEquals(ctx.props, props);
  });
}

/** What `agents` and `partyserver` read in a Durable Object, and what they may read tomorrow. */
const STEERING = [
  "x-agents-lifecycle-props",
  "X-Agents-Anything",
  "x-cf-agents-subagent-url",
  "x-cf-agents-a",
  "cf-mcp-method",
  "Cf-Mcp-Message",
  "x-partykit-props",
  "x-partykit-room",
  "x-partykit-namespace",
  "x-partykit-jurisdiction",
  "x-channels-identity",
];

/** What begins almost like that. */
const ORDINARY = [
  "x-agent",
  "x-agents",
  "x-cf-agent",
  "cf-mcp",
  "my-cf-mcp-method",
  "cf-connecting-ip",
  "mcp-session-id",
  "mcp-method",
];

function namesOf(request: Request | undefined): string[] {
  return [...request!.headers.keys()].filter((name) =>
    [...STEERING, ...ORDINARY].some((other) => other.toLowerCase() === name)
  );
}

test("protectWorker() removes the headers that steer an agent, and no others", async () => {
  const { calls, fetch, issuer } = isolate();
  const headers = Object.fromEntries(
    [...STEERING, ...ORDINARY].map((name) => [name, "x"]),
  );
  const body = callOf("whoami");
  await fetch(post({ token: await issuer.token(), headers, body }));
  const [request] = calls[0]!;
  assertEquals(namesOf(request), ORDINARY.toSorted());
  assertEquals([request.method, request.url], ["POST", RESOURCE]);
  assertEquals(await request.json(), body);
});

for (const handler of ["anonymous", "otherwise"] as const) {
  test(`protectWorker() removes the headers that steer an agent before ${handler} too`, async () => {
    let given: Request | undefined;
    const { fetch } = isolate({
      [handler](request: Request): Response {
        given = request;
        return new Response("OK");
      },
    });
    const url = handler === "anonymous" ? RESOURCE : "http://localhost:8787/";
    const headers = Object.fromEntries(STEERING.map((name) => [name, "x"]));
    await fetch(post({ url, headers }));
    assertEquals(namesOf(given), []);
  });
}

test("protectWorker() hands on a request without them as it is", async () => {
  const { calls, fetch, issuer } = isolate();
  const request = post({ token: await issuer.token() });
  await fetch(request);
  assertStrictEquals(calls[0]![0], request);
});

test("protectWorker() hands the context to otherwise", async () => {
  let given: unknown;
  const { fetch } = isolate({
    otherwise(_, platform): Response {
      given = platform;
      return new Response("OK");
    },
  });
  const ctx = new TestContext();
  await fetch(new Request("http://localhost:8787/healthcheck"), ENV, ctx);
  assertStrictEquals(given, ctx);
});

test("protectWorker() reads the issuer's keys by ctx.waitUntil, at first and in the background", async () => {
  const { fetch, issuer, network } = isolate();
  const [first, later] = [new TestContext(), new TestContext()];
  const token = await issuer.token({ exp: network.now() / 1000 + 3600 });
  await fetch(post({ token }), ENV, first);
  assert(first.work.length > 0);
  network.pass(500);
  await fetch(post({ token }), ENV, later);
  assert(later.work.length > 0);
  await Promise.all(later.work);
  assertEquals(network.count(issuer.jwksUrl), 2);
});

/** The key of a document in the Cache API, which is on the Worker's own host. */
const keyOf = (url: string): string =>
  `${new URL(RESOURCE).origin}/gatehouse/${encodeURIComponent(url)}`;

test("protectWorker() lets isolates share what the issuer publishes, in a cache of their own", async () => {
  const [one, two] = [isolate(), isolate()];
  const token = await one.issuer.token();
  for (const { fetch } of [one, two]) {
    assertEquals((await fetch(post({ token }))).status, 200);
  }
  assertEquals(one.network.requests, [
    one.issuer.metadataUrl,
    one.issuer.jwksUrl,
  ]);
  assertEquals(two.network.requests, []);
  assertEquals([...named.keys()], ["gatehouse"]);
  const { match } = named.get("gatehouse")!;
  for (const url of [one.issuer.metadataUrl, one.issuer.jwksUrl]) {
    assert(await match(keyOf(url)) !== undefined, url);
    assertStrictEquals(await match(url), undefined, url);
  }
});

test("protectWorker() shares what the issuer publishes where the options say cache: undefined", async () => {
  const { fetch, issuer } = isolate({}, { cache: undefined });
  const response = await fetch(post({ token: await issuer.token() }));
  assertEquals(response.status, 200);
  assert(
    await named.get("gatehouse")?.match(keyOf(issuer.jwksUrl)) !== undefined,
  );
});

test("protectWorker() does without a cache where there is none", async () => {
  setCaches(undefined);
  const { fetch, issuer } = isolate();
  const response = await fetch(post({ token: await issuer.token() }));
  assertEquals(response.status, 200);
});

test("protectWorker() takes the options' own cache before that", async () => {
  const cache = testCache();
  const { fetch, issuer } = isolate({}, { cache });
  await fetch(post({ token: await issuer.token() }));
  assert(await cache.match(issuer.jwksUrl) !== undefined);
  assertEquals([...named.keys()], []);
});

/** A namespace whose objects say by which calls they were found. */
class TestNamespace {
  readonly #path: string;
  constructor(path = "") {
    this.#path = path;
  }
  newUniqueId(): string {
    return `${this.#path}unique`;
  }
  idFromName(name: string): string {
    return `${this.#path}${name}`;
  }
  get(id: string, options?: { readonly locationHint: string }): string {
    return `${this.#path}object ${id} ${options?.locationHint}`;
  }
  jurisdiction(name: string): TestNamespace {
    return new TestNamespace(`${this.#path}${name}/`);
  }
}

interface AgentEnv extends Env {
  readonly NOTES_AGENT: TestNamespace;
  readonly OTHER: TestNamespace;
}

const AGENT_ENV: AgentEnv = {
  ...ENV,
  NOTES_AGENT: new TestNamespace(),
  OTHER: new TestNamespace(),
};

/** What an agent is called with, for a caller with these claims. */
async function callAgent(
  claims: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly request: Request;
  readonly env: AgentEnv;
  readonly ctx: WorkerContext;
  readonly context: AuthContext;
  readonly token: string;
}> {
  const network = testNetwork();
  const issuers = [ISSUER, "http://localhost:9001"].map((issuer) =>
    publishIssuer(network, { issuer, audience: RESOURCE, keys: [KEY] })
  );
  const calls: Parameters<ProtectedWorker<AgentEnv>["fetch"]>[] = [];
  const worker = protectWorker<AgentEnv>(
    bindSessions({
      fetch(...call): Response {
        calls.push(call);
        return new Response("Hello");
      },
    }, "NOTES_AGENT"),
    () => ({
      metadata: {
        ...METADATA,
        authorization_servers: issuers.map(({ issuer }) => issuer),
      },
      platform: { fetch: network.fetch, now: network.now },
    }),
  );
  const token = await issuers[0]!.token(claims);
  const body = callOf("whoami");
  const answer = await worker.fetch(
    post({ token, body, headers }),
    AGENT_ENV,
    new TestContext(),
  );
  assertEquals(await answer.text(), "Hello");
  const [request, env, ctx, context] = calls[0]!;
  return { request, env, ctx, context, token };
}

const SESSION = "streamable-http:0123456789abcdef";

/** The name of a session's object. */
async function nameFor(
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { env } = await callAgent(claims);
  return env.NOTES_AGENT.idFromName(SESSION);
}

test("bindSessions() finds a caller's session again with another token", async () => {
  const name = await nameFor({ scope: "notes:read", jti: "1" });
  assertEquals(await nameFor({ scope: "notes:write", jti: "2" }), name);
});

/** Callers that are not the one of the other tests. */
const others: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
])[] = [
  ["user", { sub: "user-2" }],
  ["client", { client_id: "client-2" }],
  ["issuer", { iss: "http://localhost:9001" }],
  ["user, who is nobody", { sub: undefined }],
  ["client, which is none", { client_id: undefined }],
  ["division of the same letters", { sub: "user-1client", client_id: "-1" }],
  ["user who is called like both", {
    sub: 'user-1","client-1',
    client_id: undefined,
  }],
];

for (const [why, claims] of others) {
  test(`bindSessions() finds nobody's session for another ${why}`, async () => {
    assertNotEquals(await nameFor(claims), await nameFor());
  });
}

test("bindSessions() tells nothing of the caller in an object's name, which an agent can still divide", async () => {
  const [kind, session, owner, ...more] = (await nameFor()).split(":");
  assertEquals(`${kind}:${session}`, SESSION);
  assert(/^[0-9a-f]{64}$/.test(owner!));
  assertEquals(more, []);
});

test("bindSessions() binds the sessions of a jurisdiction too", async () => {
  const { env } = await callAgent();
  const name = env.NOTES_AGENT.jurisdiction("eu").idFromName(SESSION);
  assertEquals(name, `eu/${await nameFor()}`);
});

test("bindSessions() gets objects as the namespace does", async () => {
  const { NOTES_AGENT } = (await callAgent()).env;
  assertEquals(NOTES_AGENT.newUniqueId(), "unique");
  assertEquals(
    NOTES_AGENT.get("x", { locationHint: "weur" }),
    "object x weur",
  );
});

test("bindSessions() leaves the other bindings, the context and the environment as they are", async () => {
  const own = AGENT_ENV.NOTES_AGENT;
  const { context, ctx, env, token } = await callAgent();
  assertStrictEquals(env.OTHER, AGENT_ENV.OTHER);
  assertEquals(env.MCP_RESOURCE, RESOURCE);
  assertStrictEquals(AGENT_ENV.NOTES_AGENT, own);
  assertEquals((ctx.props as { sub: string }).sub, "user-1");
  assertEquals(context.authInfo.token, token);
});

test("bindSessions() keeps the token from the object", async () => {
  const { request } = await callAgent({}, { "mcp-session-id": "s1" });
  assertFalse(request.headers.has("authorization"));
  assertEquals(request.headers.get("mcp-session-id"), "s1");
  assertEquals(request.method, "POST");
  assertEquals(await request.json(), callOf("whoami"));
});

for (const example of ["workers", "workers-agent", "bridge-workers"]) {
  test(`examples/${example} fetches from hosts of its own zone as everybody does`, async () => {
    const file = `../../examples/${example}/wrangler.jsonc`;
    const wrangler = await readFile(new URL(file, import.meta.url), "utf8");
    const [, flags = "[]"] =
      /"compatibility_flags":\s*(\[[^\]]*\])/.exec(wrangler) ?? [];
    assert(JSON.parse(flags).includes("global_fetch_strictly_public"));
  });
}
