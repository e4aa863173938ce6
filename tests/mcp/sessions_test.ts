import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { test } from "node:test";
import { RequestError } from "../../src/errors.ts";
import { type Sessions, sessionTable } from "../../src/mcp/sessions.ts";
import type { AuthInfo, ProtectedHandler } from "../../src/types.ts";
import {
  METADATA,
  protect,
  type Protected,
  RESOURCE,
} from "../support/protected.ts";

/** As the SDK's transport does it: a session is opened by a request without one, and its identifier comes with each answer. */
const stateful: ProtectedHandler = (request) => {
  const id = request.headers.get("mcp-session-id");
  if (request.method === "DELETE") return new Response();
  return new Response("Hello", {
    headers: { "mcp-session-id": id ?? crypto.randomUUID() },
  });
};

interface Ask {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request with a session, or with none. */
async function ask(
  { handle, issuer }: Protected,
  session: string | undefined,
  { claims = {}, method = "POST", headers = {} }: Ask = {},
): Promise<Response> {
  const authorization = `Bearer ${await issuer.token(claims)}`;
  return await handle(
    new Request(RESOURCE, {
      method,
      headers: {
        authorization,
        ...(session !== undefined && { "mcp-session-id": session }),
        ...headers,
      },
    }),
  );
}

async function open(self: Protected, options?: Ask): Promise<string> {
  const response = await ask(self, undefined, options);
  return response.headers.get("mcp-session-id")!;
}

/** Who brings the session that user-1 opened by client-1. */
const callers: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
  status: 200 | 404,
])[] = [
  ["its owner", {}, 200],
  ["its owner with another token", { jti: "another", scope: "more" }, 200],
  [
    "its owner by azp in place of client_id",
    { client_id: undefined, azp: "client-1" },
    200,
  ],
  ["another user", { sub: "user-2" }, 404],
  ["another client of its user", { client_id: "client-2" }, 404],
  ["no client of its user", { client_id: undefined }, 404],
  ["nobody, by the same client", { sub: undefined }, 404],
  ["a user of another spelling", { sub: "User-1" }, 404],
  ["a user whose name is a list", { sub: ["user-1"] }, 404],
  ["a user whose name ends where its client's begins", {
    sub: 'user-1"]client-1',
    client_id: undefined,
  }, 404],
];

for (const [why, claims, status] of callers) {
  for (const method of ["POST", "GET", "DELETE"]) {
    test(`protectResource() answers ${status} to the ${method} of ${why}`, async () => {
      const self = protect({}, stateful);
      const session = await open(self);
      const response = await ask(self, session, { claims, method });
      assertEquals(response.status, status);
      assertEquals(self.calls.length, status === 200 ? 2 : 1);
    });
  }
}

test("protectResource() keeps a session from its user's namesake at another issuer", async () => {
  const other = "http://localhost:9001";
  const self = protect({
    metadata: {
      ...METADATA,
      authorization_servers: [METADATA.authorization_servers[0]!, other],
    },
    verifyAccessToken: (token) => Promise.resolve(JSON.parse(atob(token))),
  }, stateful);
  const claims = { ...self.issuer.claims() };
  async function statusOf(iss: unknown, session?: string): Promise<Response> {
    const token = btoa(JSON.stringify({ ...claims, iss }));
    return await self.handle(
      new Request(RESOURCE, {
        headers: {
          authorization: `Bearer ${token}`,
          ...(session !== undefined && { "mcp-session-id": session }),
        },
      }),
    );
  }
  const session = (await statusOf(claims.iss)).headers.get("mcp-session-id")!;
  assertEquals((await statusOf(other, session)).status, 404);
  assertEquals((await statusOf(claims.iss, session)).status, 200);
});

test("protectResource() answers for another's session as a server does for one that never was", async () => {
  const self = protect({}, stateful);
  const session = await open(self);
  const response = await ask(self, session, { claims: { sub: "user-2" } });
  assertEquals(response.status, 404);
  assertFalse(response.headers.has("www-authenticate"));
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(await response.json(), {
    jsonrpc: "2.0",
    error: { code: -32001, message: "Session not found" },
    id: null,
  });
  const [, decision] = self.decisions;
  assertEquals(
    decision?.outcome === "refused" && decision.reason,
    "foreign_session",
  );
});

test("protectResource() tells another's session before it reads a body", async () => {
  const self = protect({
    scopes: { operations: { "tools/call": ["notes:write"] } },
  }, stateful);
  const session = await open(self);
  const token = await self.issuer.token({ sub: "user-2" });
  const headers = {
    authorization: `Bearer ${token}`,
    "mcp-session-id": session,
  };
  const request = new Request(RESOURCE, { method: "POST", headers, body: "{" });
  assertEquals((await self.handle(request)).status, 404);
  assertFalse(request.bodyUsed);
});

test("protectResource() judges the token first: a session is no credential", async () => {
  const self = protect({}, stateful);
  const session = await open(self);
  const expired = await ask(self, session, { claims: { exp: 1 } });
  assertEquals(expired.status, 401);
  const headers = { "mcp-session-id": session };
  const bare = await self.handle(new Request(RESOURCE, { headers }));
  assertEquals(bare.status, 401);
});

test("protectResource() leaves a session that nobody opened here to the handler", async () => {
  const self = protect({}, stateful);
  for (const session of ["elsewhere", "x".repeat(100_000), "constructor"]) {
    assertEquals((await ask(self, session)).status, 200);
    assertEquals(self.calls.at(-1)?.[0].headers.get("mcp-session-id"), session);
  }
});

test("protectResource() believes no session that a client made up, though the handler repeats it", async () => {
  const self = protect({}, stateful);
  const claims = { sub: "attacker" };
  await ask(self, "guessed", { claims });
  assertEquals((await ask(self, "guessed")).status, 200);
});

test("protectResource() leaves a session to whom it was given first", async () => {
  const self = protect(
    {},
    () => new Response(null, { headers: { "mcp-session-id": "the-same" } }),
  );
  await open(self);
  await open(self, { claims: { sub: "attacker" } });
  assertEquals((await ask(self, "the-same")).status, 200);
  const claims = { sub: "attacker" };
  assertEquals((await ask(self, "the-same", { claims })).status, 404);
});

test("protectResource() compares sessions exactly", async () => {
  const self = protect(
    {},
    () => new Response(null, { headers: { "mcp-session-id": "Session-1" } }),
  );
  await open(self);
  const claims = { sub: "user-2" };
  const statuses: number[] = [];
  for (const id of ["Session-1", " Session-1 ", "session-1", "Session-1,x"]) {
    statuses.push((await ask(self, id, { claims })).status);
  }
  // White space around a field's value is no part of it.
  assertEquals(statuses, [404, 404, 200, 200]);
});

/** What a request brings in answer to which the handler opens a session. */
const stale: readonly (readonly [why: string, session: string])[] = [
  ["a stale session", "stale"],
  ["an empty session", ""],
  ["white space", " "],
  ["a session that differs by one capital", "NEW"],
];

for (const [why, session] of stale) {
  test(`protectResource() binds a session that is opened in answer to ${why}`, async () => {
    const self = protect(
      {},
      () => new Response(null, { headers: { "mcp-session-id": "new" } }),
    );
    await ask(self, session);
    const claims = { sub: "user-2" };
    assertEquals((await ask(self, "new")).status, 200);
    assertEquals((await ask(self, "new", { claims })).status, 404);
  });
}

test("protectResource() binds a session that comes with an error", async () => {
  const headers = { "mcp-session-id": "new" };
  const self = protect({}, () => new Response(null, { status: 400, headers }));
  await ask(self, undefined);
  const claims = { sub: "user-2" };
  assertEquals((await ask(self, "new", { claims })).status, 404);
});

test("protectResource() binds no empty session", async () => {
  const self = protect(
    {},
    () => new Response(null, { headers: { "mcp-session-id": "" } }),
  );
  await ask(self, undefined);
  const claims = { sub: "user-2" };
  assertEquals((await ask(self, "", { claims })).status, 200);
});

const malformed: readonly (readonly [why: string, session: string])[] = [
  ["two sessions", "a, b"],
  ["one session twice", "a, a"],
  ["a space", "a b"],
  ["a tab", "a\tb"],
  ["a letter outside ASCII", "caf\u00e9"],
  ["a delete", "a\u007f"],
];

for (const [why, session] of malformed) {
  for (const anonymous of [false, true]) {
    test(`protectResource() answers 400 to ${why} in Mcp-Session-Id${anonymous ? ", without credentials too" : ""}`, async () => {
      const self = protect({ anonymous: () => new Response() }, stateful);
      const response = anonymous
        ? await self.handle(
          new Request(RESOURCE, { headers: { "mcp-session-id": session } }),
        )
        : await ask(self, session);
      assertEquals(response.status, 400);
      assertFalse(response.headers.has("www-authenticate"));
      assertEquals(self.calls, []);
      const [decision] = self.decisions;
      assertEquals(
        decision?.outcome === "refused" && decision.reason,
        "session_malformed",
      );
    });
  }
}

test("protectResource() answers 400 to two Mcp-Session-Id headers", async () => {
  const self = protect({}, stateful);
  const headers = new Headers({
    authorization: `Bearer ${await self.issuer.token()}`,
  });
  for (const id of ["a", "b"]) headers.append("mcp-session-id", id);
  const response = await self.handle(new Request(RESOURCE, { headers }));
  assertEquals(response.status, 400);
});

test("protectResource() passes on a session of every character that one may have", async () => {
  const self = protect({}, stateful);
  const session = Array.from(
    { length: 0x7e - 0x20 },
    (_, i) => String.fromCharCode(0x21 + i),
  ).join("");
  assertEquals((await ask(self, session)).status, 200);
});

/** What a DELETE does to a session that its owner opened. */
const deletions: readonly (readonly [
  why: string,
  status: number,
  claims: Readonly<Record<string, unknown>>,
  isForgotten: boolean,
])[] = [
  ["a DELETE that the handler takes", 204, {}, true],
  ["a DELETE that the handler does not allow", 405, {}, false],
  ["a DELETE by another user", 204, { sub: "user-2" }, false],
];

for (const [why, status, claims, isForgotten] of deletions) {
  test(`protectResource() ${isForgotten ? "forgets" : "keeps"} the owner after ${why}`, async () => {
    const self = protect(
      {},
      (request, context) =>
        request.method === "DELETE"
          ? new Response(null, { status })
          : stateful(request, context),
    );
    const session = await open(self);
    await ask(self, session, { claims, method: "DELETE" });
    const other = await ask(self, session, { claims: { sub: "user-3" } });
    assertEquals(other.status, isForgotten ? 200 : 404);
  });
}

test("protectResource() keeps a session from requests without credentials, where these are answered", async () => {
  const self = protect({
    anonymous: () =>
      new Response(null, { headers: { "mcp-session-id": "nobody's" } }),
  }, stateful);
  const session = await open(self);
  const anonymous = (id: string): Promise<Response> =>
    Promise.resolve(self.handle(
      new Request(RESOURCE, { headers: { "mcp-session-id": id } }),
    ));
  assertEquals((await anonymous(session)).status, 404);
  // What was opened without a caller has none: a client may log in and go on with it.
  assertEquals((await anonymous("nobody's")).status, 200);
  assertEquals((await ask(self, "nobody's")).status, 200);
});

test("two resources know nothing of each other's sessions", async () => {
  const [one, other] = [protect({}, stateful), protect({}, stateful)];
  const session = await open(one);
  const claims = { sub: "user-2" };
  assertEquals((await ask(other, session, { claims })).status, 200);
});

function caller(sub: string, clientId: string = "client"): AuthInfo {
  const extra = { iss: "https://auth.example.com", sub, claims: {} };
  return { token: "", clientId, scopes: [], extra };
}

/** Opens sessions of a user's, of which each has a client of its own. */
function flood(
  sessions: Sessions,
  sub: string,
  count: number,
  idOf: (i: number) => string = (i) => `${sub}-${i}`,
): void {
  for (let i = 0; i < count; i++) {
    const response = new Response(null, {
      headers: { "mcp-session-id": idOf(i) },
    });
    sessions.learn(new Request(RESOURCE), response, caller(sub, `client-${i}`));
  }
}

function isKept(sessions: Sessions, id: string): boolean {
  const headers = { "mcp-session-id": id };
  try {
    sessions.check(new Request(RESOURCE, { headers }), caller("nobody"));
    return false;
  } catch (error) {
    return error instanceof RequestError && error.reason === "foreign_session";
  }
}

test("learn() lets nobody end a session that was opened while he asked for that", () => {
  const sessions = sessionTable();
  flood(sessions, "user", 1);
  const headers = { "mcp-session-id": "user-0" };
  const request = new Request(RESOURCE, { method: "DELETE", headers });
  sessions.learn(request, new Response(), caller("attacker"));
  assert(isKept(sessions, "user-0"));
});

test("learn() records 8192 sessions, and forgets the least recently used for one more", () => {
  const sessions = sessionTable();
  flood(sessions, "user", 8192);
  const headers = { "mcp-session-id": "user-0" };
  sessions.check(
    new Request(RESOURCE, { headers }),
    caller("user", "client-0"),
  );
  flood(sessions, "other", 2);
  assertEquals(
    ["user-0", "user-1", "user-2", "user-3"].map((id) => isKept(sessions, id)),
    [true, false, false, true],
  );
});

/** The owner of the sessions of `flood`, written as one string, is this much longer than the subject. */
const OWNER_LENGTH = '["https://auth.example.com","","client-0"]'.length;

/** Names of a length that is still kept, and of one more. */
const names: readonly (readonly [
  why: string,
  idLength: number,
  subLength: number,
  isKept: boolean,
])[] = [
  ["an identifier that just fits", 1020 - OWNER_LENGTH, 4, true],
  ["an identifier of one character more", 1021 - OWNER_LENGTH, 4, false],
  ["a user of one character more", 1020 - OWNER_LENGTH, 5, false],
  ["an identifier that is too long", 8000, 4, false],
  ["a user that is too long", 36, 8000, false],
];

for (const [why, idLength, subLength, expected] of names) {
  test(`sessions are ${expected ? "" : "not "}remembered with ${why}`, () => {
    const sessions = sessionTable();
    const id = "x".repeat(idLength);
    flood(sessions, "u".repeat(subLength), 1, () => id);
    assertEquals(isKept(sessions, id), expected);
  });
}

test("check() throws what is refused with 404", () => {
  const sessions = sessionTable();
  flood(sessions, "user", 1);
  const headers = { "mcp-session-id": "user-0" };
  const request = new Request(RESOURCE, { headers });
  assertThrows(() => sessions.check(request), RequestError, "foreign_session");
});
