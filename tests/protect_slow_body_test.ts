import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Decision } from "../src/decisions.ts";
import type { ProtectedResourceOptions } from "../src/options.ts";
import { protectResource } from "../src/protect_resource.ts";
import { publishIssuer } from "../src/testing/issuer.ts";
import { type TestIssuer, testNetwork } from "../src/testing/mod.ts";
import { introspectionVerifier } from "../src/tokens/introspection_verifier.ts";
import type { Handler } from "../src/types.ts";
import {
  callOf,
  ISSUER,
  KEY,
  METADATA,
  post,
  protect,
  type Protected,
  RESOURCE,
} from "./support/protected.ts";

const SCOPES = { operations: { "tools/call": { "*": [] } } };

/** A call whose body arrives when something has happened. */
function slow(
  token: string,
  happens: () => unknown,
  headers: Readonly<Record<string, string>> = {},
): Request {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      await happens();
      controller.enqueue(new TextEncoder().encode(JSON.stringify(callOf("a"))));
      controller.close();
    },
  }, { highWaterMark: 0 });
  return new Request(RESOURCE, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "authorization": `Bearer ${token}`,
      ...headers,
    },
    body,
    duplex: "half",
  } as RequestInit);
}

const refused: readonly (readonly [
  why: string,
  claims: (now: number) => Readonly<Record<string, unknown>>,
  happens: (world: Protected) => unknown,
  reason: string,
  options?: Partial<ProtectedResourceOptions>,
])[] = [
  [
    "expires",
    (now) => ({ exp: now + 60 }),
    ({ network }) => network.pass(91),
    "expired",
  ],
  [
    "expires within a moment",
    (now) => ({ exp: now - 29.5 }),
    ({ network }) => network.pass(0.5),
    "expired",
  ],
  [
    "is not valid yet, when the clock is set back",
    (now) => ({ nbf: now, iat: undefined }),
    ({ network }) => network.pass(-31),
    "not_yet_valid",
  ],
  [
    "was issued in the future, when the clock is set back",
    (now) => ({ nbf: undefined, iat: now }),
    ({ network }) => network.pass(-31),
    "not_yet_valid",
  ],
  [
    "is of a login that becomes too old",
    (now) => ({ auth_time: now }),
    ({ network }) => network.pass(91),
    "insufficient_user_authentication",
    {
      scopes: {
        ...SCOPES,
        authentication: {
          operations: { "tools/call": { "*": { max_age: 60 } } },
        },
      },
    },
  ],
  [
    "loses its key",
    (now) => ({ exp: now + 3600 }),
    async ({ network, issuer }) => {
      await issuer.rotate();
      network.pass(601);
    },
    "unknown_key",
  ],
];

for (const [why, claims, happens, reason, options] of refused) {
  test(`protectResource() refuses a token that ${why} before the body is there`, async () => {
    const world = protect({ scopes: SCOPES, ...options });
    const { network, issuer, handle, decisions, calls } = world;
    const token = await issuer.token(claims(network.now() / 1000));
    const response = await handle(slow(token, () => happens(world)));
    assertEquals(response.status, 401);
    assertEquals(response.headers.has("www-authenticate"), true);
    assertEquals(reasonOf(decisions.at(-1)), reason);
    assertEquals(calls.length, 0);
  });
}

const opaque: readonly (readonly [
  why: string,
  claims: Readonly<Record<string, unknown>>,
  happens: (issuer: TestIssuer, token: string) => void,
  reason: string,
])[] = [
  ["revoked", {}, (issuer, token) => {
    issuer.revoke(token);
    issuer.platform.pass(30);
  }, "inactive_token"],
  ["revoked, and tells no end", { exp: undefined }, (issuer, token) => {
    issuer.revoke(token);
    issuer.platform.pass(30);
  }, "inactive_token"],
  ["expired", {}, ({ platform }) => platform.pass(331), "inactive_token"],
];

for (const [why, claims, happens, reason] of opaque) {
  test(`protectResource() refuses an opaque token that is ${why} before the body is there`, async () => {
    const { issuer, handle, decisions, calls } = protectOpaque();
    const token = issuer.opaqueToken(claims);
    const response = await handle(slow(token, () => happens(issuer, token)));
    assertEquals([response.status, reasonOf(decisions.at(-1))], [401, reason]);
    assertEquals(calls(), 0);
  });
}

test("protectResource() accepts an opaque token without an end that its issuer vouches for when the body is there", async () => {
  const { issuer, handle, calls } = protectOpaque();
  const token = issuer.opaqueToken({ exp: undefined });
  const request = slow(token, () => issuer.platform.pass(100));
  assertEquals((await handle(request)).status, 200);
  assertEquals([calls(), issuer.introspections.length], [1, 2]);
});

test("protectResource() refuses a session that another caller opens before the body is there", async () => {
  const session = { "mcp-session-id": "s" };
  const { issuer, handle, decisions, calls } = protect(
    { scopes: SCOPES },
    () => new Response("Hello", { headers: session }),
  );
  const [owner, stranger] = [
    await issuer.token({ sub: "owner" }),
    await issuer.token({ sub: "stranger" }),
  ];
  const request = slow(
    stranger,
    () => handle(post({ token: owner, body: callOf("a") })),
    session,
  );
  assertEquals((await handle(request)).status, 404);
  assertEquals(reasonOf(decisions.at(-1)), "foreign_session");
  assertEquals(calls.length, 1);
});

test("protectResource() calls a verifier once, unless the body takes a second", async () => {
  for (
    const [seconds, times] of [[0, 1], [0.999, 1], [1, 2], [-1, 2]] as const
  ) {
    const { issuer, network } = protect();
    const claims = issuer.claims();
    let count = 0;
    const handle = protectResource(() => new Response(), {
      metadata: METADATA,
      scopes: SCOPES,
      platform: network,
      verifyAccessToken: () => {
        count++;
        return Promise.resolve(claims);
      },
    });
    const response = await handle(slow("a", () => network.pass(seconds)));
    assertEquals([response.status, count], [200, times]);
  }
});

function protectOpaque(): {
  readonly issuer: TestIssuer;
  readonly handle: Handler;
  readonly decisions: readonly Decision[];
  calls(): number;
} {
  const issuer = publishIssuer(testNetwork(), {
    issuer: ISSUER,
    audience: RESOURCE,
    keys: [KEY],
  });
  const { platform } = issuer;
  const client = { client_id: "resource-server", client_secret: "secret" };
  const decisions: Decision[] = [];
  let calls = 0;
  const handle = protectResource(() => {
    calls++;
    return new Response();
  }, {
    metadata: METADATA,
    scopes: SCOPES,
    platform,
    verifyAccessToken: introspectionVerifier({
      issuer: ISSUER,
      client,
      platform,
    }),
    onDecision: (decision) => void decisions.push(decision),
  });
  return { issuer, handle, decisions, calls: () => calls };
}

function reasonOf(decision: Decision | undefined): string | undefined {
  return decision?.outcome === "refused" ? decision.reason : decision?.outcome;
}
