import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { after, test } from "node:test";
import type { Members } from "../../src/testing/mod.ts";
import { gate, type Gated, SECRET } from "./gated.ts";
import {
  type RawUpstream,
  rawUpstream,
  response,
  valueOf,
} from "./raw_upstream.ts";

const OTHER_SECRET = "ffffffffffffffffffffffffffffffff";
const ID = "session-of-the-upstream";
const FIELD = "mcp-session-id";

/** An upstream that opens a session, and says its identifier in every answer, as the SDK's does. */
const upstream: RawUpstream = await rawUpstream((_received, socket) =>
  void socket.write(response("{}", { headers: [`Mcp-Session-Id: ${ID}`] }))
);
after(() => upstream.close());

function instance(...secrets: string[]): Promise<Gated> {
  return gate(upstream.url, secrets.length === 0 ? {} : { secrets });
}

async function open(gated: Gated, claims: Members = {}): Promise<string> {
  return (await gated.ask({ claims })).headers.get(FIELD) ?? "";
}

function lastSession(): string | undefined {
  return valueOf(upstream.requests.at(-1)?.headers ?? [], FIELD);
}

test("forwardTo() seals the identifier of a session, and opens it for its owner", async () => {
  const gated = await instance(SECRET);
  const sealed = await open(gated);
  assertMatch(sealed, /^[!-~]+$/);
  assertEquals(sealed.includes(ID), false);
  const answer = await gated.ask({ headers: { [FIELD]: sealed } });
  assertEquals(lastSession(), ID);
  assertEquals(answer.headers.get(FIELD), sealed);
});

test("forwardTo() opens a session at another instance with the same secret, and after the secret was replaced", async () => {
  const sealed = await open(await instance(SECRET));
  for (const secrets of [[SECRET], [OTHER_SECRET, SECRET]]) {
    const { ask } = await instance(...secrets);
    const { status } = await ask({ headers: { [FIELD]: sealed } });
    assertEquals([status, lastSession()], [200, ID]);
  }
});

test("forwardTo() seals the same session differently each time", async () => {
  const gated = await instance(SECRET);
  assertNotEquals(await open(gated), await open(gated));
});

/** What a client may bring in place of a session of its own. */
const FOREIGN: readonly (readonly [
  why: string,
  make: () => string | Promise<string>,
])[] = [
  ["the upstream's identifier", () => ID],
  [
    "a session of another user",
    async () => await open(await instance(SECRET), { sub: "user-2" }),
  ],
  [
    "a session of the user by another client",
    async () => await open(await instance(SECRET), { client_id: "client-2" }),
  ],
  [
    "a session of the user by a client without a name",
    async () => await open(await instance(SECRET), { client_id: undefined }),
  ],
  [
    "a session that another secret sealed",
    async () => await open(await instance(OTHER_SECRET)),
  ],
  ["a sealed session that was changed", async () => {
    const sealed = await open(await instance(SECRET));
    return sealed.replace(/.$/, (last) => last === "A" ? "Q" : "A");
  }],
  [
    "a sealed session that was cut",
    async () => (await open(await instance(SECRET))).slice(0, -2),
  ],
  ["two sessions", async () => {
    const sealed = await open(await instance(SECRET));
    return `${sealed}, ${sealed}`;
  }],
  ["a sealed session in Base64's other alphabet", async () => {
    for (;;) {
      const sealed = await open(await instance(SECRET));
      const other = sealed.replaceAll("-", "+").replaceAll("_", "/");
      if (other !== sealed) return other;
    }
  }],
  ["a sealed session and its padding", async () => {
    return `${await open(await instance(SECRET))}=`;
  }],
  ["a length that Base64 does not have", () => "aaaaa"],
  ["too much", () => "a".repeat(100_000)],
];

for (const [why, make] of FOREIGN) {
  test(`forwardTo() refuses ${why}, and asks nobody`, async () => {
    const gated = await instance(SECRET);
    const id = await make();
    const before = upstream.requests.length;
    const answer = await gated.ask({ headers: { [FIELD]: id } });
    // The guard itself refuses two values, with 400.
    assertEquals(answer.status, why === "two sessions" ? 400 : 404);
    assertEquals(upstream.requests.length, before);
  });
}

test("forwardTo() leaves out the session that a client of MCP 2026-07-28 makes up: there is none", async () => {
  const { ask } = await instance(SECRET);
  const headers = { [FIELD]: "made-up", "mcp-protocol-version": "2026-07-28" };
  assertEquals((await ask({ headers })).status, 200);
  assertEquals(lastSession(), undefined);
});

for (const version of ["2025-11-25", "9", "2026-07-28, 2025-11-25", ""]) {
  test(`forwardTo() still has sessions with the version ${JSON.stringify(version)}`, async () => {
    const { ask } = await instance(SECRET);
    const headers = { [FIELD]: "made-up", "mcp-protocol-version": version };
    assertEquals((await ask({ headers })).status, 404);
  });
}

test("forwardTo() takes an empty identifier for none", async () => {
  const { ask } = await instance(SECRET);
  assertEquals((await ask({ headers: { [FIELD]: "" } })).status, 200);
  assertEquals(lastSession(), undefined);
});

test("forwardTo() leaves identifiers as they are where there is no secret", async () => {
  const gated = await instance();
  assertEquals(await open(gated), ID);
});

test("forwardTo() ends a session that its owner ends", async () => {
  const gated = await instance(SECRET);
  const sealed = await open(gated);
  await gated.ask({ method: "DELETE", headers: { [FIELD]: sealed } });
  const { method } = upstream.requests.at(-1)!;
  assertEquals([method, lastSession()], ["DELETE", ID]);
});
