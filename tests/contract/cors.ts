/**
 * Who may speak to the server from a browser. The resource is on loopback, so that is: pages of this machine, by
 * a name of this machine.
 *
 * @module
 */
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import type { Answer, Expectation, Server } from "./expectation.ts";
import {
  assertAddsNothing,
  assertChallenge,
  assertNoChallenge,
  callTool,
  MESSAGE_FIELDS,
  post,
  toolCall,
  toolText,
} from "./messages.ts";
import { send } from "./wire.ts";

const INSPECTOR = "http://localhost:6274";

/** What browser clients send that the Fetch standard does not let every page send. */
const REQUEST_FIELDS: readonly string[] = [
  "authorization",
  "content-type",
  "mcp-protocol-version",
  "mcp-session-id",
  "mcp-method",
  "mcp-name",
  "mcp-param-x",
  "last-event-id",
];
const EXPOSED_FIELDS: readonly string[] = [
  "www-authenticate",
  "mcp-session-id",
  "mcp-protocol-version",
  "retry-after",
];

const LOOPBACK_ORIGINS: readonly string[] = [
  "http://localhost:3000",
  "https://localhost",
  "http://127.0.0.1:6274",
  "http://[::1]:5173",
  "http://app.localhost:8080",
];

const OTHER_ORIGINS: readonly (readonly [why: string, origin: string])[] = [
  ["another site", "https://evil.example"],
  ["a sandboxed frame or a file", "null"],
  ["a site whose name begins like ours", "http://localhost.evil.example"],
  ["a site whose name ends like ours", "http://evillocalhost:3000"],
  [
    "a site whose name begins like our address",
    "http://127.0.0.1.evil.example",
  ],
  ["a machine beside this one", "http://192.168.0.1:8080"],
  ["a list of origins", `${INSPECTOR}, https://evil.example`],
  ["no origin at all", "evil"],
];

const OWN_HOSTS: readonly string[] = [
  "localhost",
  "127.0.0.1",
  "[::1]",
  "LOCALHOST",
];

const OTHER_HOSTS: readonly (readonly [why: string, host: string])[] = [
  ["a name that points here", "evil.example"],
  ["a name that begins like ours", "localhost.evil.example"],
  ["a name that begins like our address", "127.0.0.1.evil.example"],
  ["a name that ends like ours", "evillocalhost"],
  ["another machine's address", "192.168.0.1"],
  ["another machine's IPv6 address", "[2001:db8::1]"],
];

/** Requests whose answers are about something else, and must be seen by a page all the same. */
const ANSWERS: readonly (readonly [
  what: string,
  status: number,
  ask: (server: Server, headers: Record<string, string>) => Promise<Answer>,
])[] = [
  [
    "the 401 to no token",
    401,
    (server, headers) => post(server, toolCall("whoami"), { headers }),
  ],
  [
    "the 401 to a bad token",
    401,
    (server, headers) =>
      post(server, toolCall("whoami"), { headers, token: "bad" }),
  ],
  [
    "the 400 to two tokens",
    400,
    async (server, headers) =>
      callTool(server, "whoami", {
        headers,
        token: await server.token(""),
        target: `${server.resource}?access_token=x`,
      }),
  ],
  [
    "the 403 to too little scope",
    403,
    async (server, headers) =>
      callTool(server, "list_notes", {
        headers,
        token: await server.token(""),
      }),
  ],
  [
    "a tool's answer",
    200,
    async (server, headers) =>
      callTool(server, "whoami", { headers, token: await server.token("") }),
  ],
  [
    "the 400 to what is not JSON",
    400,
    async (server, headers) =>
      post(server, "{", { headers, token: await server.token("") }),
  ],
  [
    "the 405 to GET",
    405,
    async (server, headers) =>
      server.fetch(server.resource, {
        headers: {
          ...headers,
          accept: "text/event-stream",
          authorization: `Bearer ${await server.token("")}`,
        },
      }),
  ],
  [
    "the 404 to another path",
    404,
    (server, headers) => server.fetch("/nothing", { headers }),
  ],
  [
    "the 404 to another document",
    404,
    (server, headers) => server.fetch("/.well-known/nothing", { headers }),
  ],
  [
    "the 404 to another spelling of the resource",
    404,
    (server, headers) => server.fetch("/MCP", { method: "POST", headers }),
  ],
];

export const cors: readonly Expectation[] = [
  ...REQUEST_FIELDS.map((field): Expectation => ({
    name: `CORS: a page of this machine may send ${field}`,
    check: (server): Promise<void> => assertAllows(server, [field]),
  })),
  {
    name: "CORS: a page of this machine may send all of these fields at once",
    check: (server): Promise<void> => assertAllows(server, REQUEST_FIELDS),
  },
  {
    name: "CORS: a page may not send whatever it asks for",
    check: async (server): Promise<void> => {
      const { headers } = await preflight(server, INSPECTOR, [
        "x-forwarded-host",
        "mcp-param-",
        "cookie",
      ]);
      const allowed = listOf(headers, "access-control-allow-headers");
      for (const field of ["x-forwarded-host", "mcp-param-", "cookie", "*"]) {
        assertFalse(allowed.includes(field), field);
      }
    },
  },
  {
    name: "CORS: no page may send cookies",
    check: async (server): Promise<void> => {
      for (
        const { headers } of [
          await preflight(server, INSPECTOR, ["authorization"]),
          await post(server, {}, { headers: { origin: INSPECTOR } }),
        ]
      ) assertEquals(headers.get("access-control-allow-credentials"), null);
    },
  },
  {
    name: "CORS: a preflight below the resource is answered like one for it",
    check: async (server): Promise<void> => {
      const { status } = await preflight(server, INSPECTOR, [], "/mcp/below");
      assertEquals(status, 204);
    },
  },
  ...ANSWERS.map(([what, status, ask]): Expectation => ({
    name: `CORS: a page can see ${what}`,
    check: async (server): Promise<void> => {
      const answer = await ask(server, { origin: INSPECTOR });
      const isGateways = status === 400 &&
        answer.headers.has("www-authenticate") &&
        server.platform.challenges === "gateway";
      assertEquals(answer.status, isGateways ? 401 : status, answer.body);
      assertVisible(answer, INSPECTOR);
    },
  })),
  ...LOOPBACK_ORIGINS.map((origin): Expectation => ({
    name: `CORS: a page at ${origin} is let in`,
    check: async (server): Promise<void> => {
      const { status, headers } = await preflight(server, origin, []);
      assertEquals(status, 204);
      assertOrigin(headers, origin);
      const token = await server.token("");
      const request = { token, headers: { origin } };
      const answer = await callTool(server, "whoami", request);
      toolText(answer);
      assertVisible(answer, origin);
    },
  })),
  ...OTHER_ORIGINS.flatMap(([why, origin]): Expectation[] => [
    {
      name:
        `CORS: the Origin ${origin} (${why}) is refused, whatever its token`,
      check: (server): Promise<void> =>
        assertAddsNothing(server, async (token) => {
          for (const bearer of [undefined, "bad", token]) {
            const answer = await callTool(server, "add_note", {
              args: { text: "from elsewhere" },
              headers: { origin },
              token: bearer,
            });
            if (bearer === token || isProgram(server)) {
              assertForbidden(answer, origin);
            } else assertChallenge(answer, server, { status: 401 });
          }
        }),
    },
    {
      name: `CORS: the Origin ${origin} (${why}) is refused its preflight`,
      check: async (server): Promise<void> =>
        assertForbidden(
          await preflight(server, origin, ["authorization"]),
          origin,
        ),
    },
  ]),
  ...OWN_HOSTS.map((name): Expectation => ({
    name: `CORS: the Host ${name} is ours`,
    check: async (server): Promise<void> => {
      const { port } = new URL(server.resource);
      const answer = await sendTo(server, `${name}:${port}`);
      toolText(answer);
    },
  })),
  ...OTHER_HOSTS.map(([why, host]): Expectation => ({
    name: `CORS: the Host ${host} (${why}) is refused: DNS can be made to lie`,
    check: async (server): Promise<void> => {
      const { port } = new URL(server.resource);
      assertForbidden(await sendTo(server, host));
      assertForbidden(await sendTo(server, `${host}:${port}`));
      assertForbidden(await send(server, { host, method: "OPTIONS" }));
      const bare = await send(server, { host });
      if (isProgram(server)) assertForbidden(bare);
      else assertChallenge(bare, server, { status: 401 });
    },
  })),
];

/** Whether the program sees requests without a token. */
function isProgram({ platform }: Server): boolean {
  return platform.challenges === "program";
}

/** What a browser asks before it lets a page send a POST. */
function preflight(
  server: Server,
  origin: string,
  fields: readonly string[],
  target: string = server.resource,
): Promise<Answer> {
  return server.fetch(target, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": fields.join(","),
      "sec-fetch-mode": "cors",
    },
  });
}

/** Calls a tool that every token may call, by another name of the server. */
async function sendTo(server: Server, host: string): Promise<Answer> {
  return await send(server, {
    host,
    fields: [
      ...Object.entries(MESSAGE_FIELDS),
      ["Authorization", `Bearer ${await server.token("")}`],
    ],
    body: JSON.stringify(toolCall("whoami")),
  });
}

async function assertAllows(
  server: Server,
  fields: readonly string[],
): Promise<void> {
  const answer = await preflight(server, INSPECTOR, fields);
  assertNoChallenge(answer, 204);
  const { headers, body } = answer;
  assertEquals(body, "");
  assertOrigin(headers, INSPECTOR);
  const allowed = listOf(headers, "access-control-allow-headers");
  for (const field of fields) assert(allowed.includes(field), field);
  const methods = listOf(headers, "access-control-allow-methods");
  for (const method of ["get", "post", "delete"]) {
    assert(methods.includes(method), method);
  }
  assertMatch(headers.get("access-control-max-age") ?? "", /^\d+$/);
}

/** Asserts that a page at an origin can see an answer, and the fields it needs. */
function assertVisible({ headers }: Answer, origin: string): void {
  assertOrigin(headers, origin);
  const exposed = listOf(headers, "access-control-expose-headers");
  for (const field of EXPOSED_FIELDS) {
    assert(exposed.includes(field) || exposed.includes("*"), field);
  }
}

function assertOrigin(headers: Headers, origin: string): void {
  const allowed = headers.get("access-control-allow-origin");
  if (allowed === "*") return;
  assertEquals(allowed, origin);
  assert(listOf(headers, "vary").includes("origin"), "Vary lacks Origin");
}

/** Asserts a plain no, which no page can see and no token would change. */
function assertForbidden(answer: Answer, origin?: string): void {
  assertNoChallenge(answer, 403);
  const body = JSON.parse(answer.body) as object;
  assertFalse("id" in body, "an error that answers no message has no id");
  if (origin === undefined) return;
  const allowed = answer.headers.get("access-control-allow-origin");
  assertFalse(allowed === origin || allowed === "*", `${allowed}`);
}

function listOf(headers: Headers, name: string): readonly string[] {
  return (headers.get(name) ?? "").toLowerCase().split(",")
    .map((item) => item.trim());
}
