import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { test } from "node:test";
import { firstOf, jwtVerifier } from "../../mod.ts";
import {
  type ApiKey,
  apiKeyVerifier,
  type ApiKeyVerifierOptions,
  createApiKey,
} from "../../src/api_keys/mod.ts";
import { AccessTokenError } from "../../src/errors.ts";
import type { AccessTokenVerifier } from "../../src/types.ts";
import {
  callOf,
  ISSUER,
  post,
  protect,
  RESOURCE,
} from "../support/protected.ts";

const { key, sha256 } = await createApiKey("notes_");
const next = await createApiKey("notes_");

/** The clock of `protect()` says the middle of January 2027. */
const KEY: ApiKey = {
  id: "report-2027",
  client: "report",
  sha256,
  scopes: ["notes:read"],
  expires: "2027-06-30",
};

const OPTIONS: ApiKeyVerifierOptions = {
  prefix: "notes_",
  keys: [KEY],
  issuer: ISSUER,
  resource: RESOURCE,
};

/** The status of a call, and why it was rejected. */
async function judge(
  token: string,
  options: Partial<ApiKeyVerifierOptions> = {},
  after: readonly AccessTokenVerifier[] = [],
): Promise<readonly unknown[]> {
  const { handle, decisions } = protect({
    verifyAccessToken: firstOf(
      apiKeyVerifier({ ...OPTIONS, ...options }),
      ...after,
    ),
  });
  const { status } = await handle(post({ token }));
  const [decision] = decisions;
  return decision?.outcome === "refused" ? [status, decision.reason] : [status];
}

test("createApiKey() makes keys of 256 bits, with the hash that openssl prints", async () => {
  const made = await Promise.all(
    Array.from({ length: 50 }, () => createApiKey("ab_")),
  );
  assertEquals(new Set(made.map(({ key }) => key)).size, 50);
  for (const { key, sha256 } of made) {
    assertMatch(key, /^ab_[\w-]{43}$/);
    const { createHash } = await import("node:crypto");
    assertEquals(sha256, createHash("sha256").update(key).digest("hex"));
  }
});

test("apiKeyVerifier() accepts a key, as a client of the issuer", async () => {
  const { handle, calls, decisions } = protect({
    verifyAccessToken: apiKeyVerifier(OPTIONS),
    scopes: {
      operations: {
        "tools/call": { "*": ["notes:read"], add: ["notes:write"] },
      },
    },
  });
  const good = await handle(post({ token: key, body: callOf("list") }));
  assertEquals(good.status, 200);
  const [, { authInfo }] = calls[0]!;
  const { clientId, scopes, expiresAt, resource, extra } = authInfo;
  assertEquals([clientId, scopes, expiresAt, resource?.href], [
    "key:report",
    ["notes:read"],
    Date.UTC(2027, 5, 30) / 1000,
    RESOURCE,
  ]);
  assertEquals([extra?.iss, extra?.sub], [ISSUER, "key:report"]);
  assertEquals((extra?.claims as { jti: string }).jti, "report-2027");
  const refused = await handle(post({ token: key, body: callOf("add") }));
  assertEquals(refused.status, 403);
  assertMatch(
    refused.headers.get("www-authenticate") ?? "",
    /^Bearer error="insufficient_scope", scope="notes:write"/,
  );
  assert(!JSON.stringify(decisions).includes(key));
});

/** Tokens, and what becomes of them. */
const judged: readonly (readonly [
  why: string,
  token: string,
  options: Partial<ApiKeyVerifierOptions>,
  result: readonly unknown[],
])[] = [
  ["a key", key, {}, [200]],
  ["a hash in capitals", key, {
    keys: [{ ...KEY, sha256: sha256.toUpperCase() }],
  }, [200]],
  ["another key", next.key, {}, [401, "unknown_key"]],
  ["the hash itself", `notes_${sha256}`, {}, [401, "unknown_key"]],
  ["a key in other letters", `notes_${key.slice(6).toUpperCase()}`, {}, [
    401,
    "unknown_key",
  ]],
  ["a key and a letter", `${key}a`, {}, [401, "unknown_key"]],
  ["a part of a key", key.slice(0, -1), {}, [401, "unknown_key"]],
  ["a prefix in other letters", `Notes_${key.slice(6)}`, {}, [
    401,
    "malformed_token",
  ]],
  ["the prefix of another service", `dates_${key.slice(6)}`, {}, [
    401,
    "malformed_token",
  ]],
  ["an expired key", key, { keys: [{ ...KEY, expires: "2026-12-31" }] }, [
    401,
    "expired",
  ]],
  ["a time in UTC", key, {
    keys: [{ ...KEY, expires: "2027-12-31T12:00:00Z" }],
  }, [200]],
  [
    "another resource's key",
    key,
    { resource: "https://dates.example.com/mcp" },
    [401, "wrong_audience"],
  ],
  ["a key for several resources", key, {
    resource: ["https://dates.example.com/mcp", RESOURCE],
  }, [200]],
  ["the key of an issuer that is not trusted", key, {
    issuer: "https://other.example",
  }, [401, "untrusted_issuer"]],
  ["a key before its replacement ends", key, {
    keys: [KEY, { ...KEY, id: "next", sha256: next.sha256 }],
  }, [200]],
  ["its replacement", next.key, {
    keys: [KEY, { ...KEY, id: "next", sha256: next.sha256 }],
  }, [200]],
];

for (const [why, token, options, result] of judged) {
  test(`apiKeyVerifier() judges ${why}: ${result.join(" ")}`, async () => {
    assertEquals(await judge(token, options), result);
  });
}

test("apiKeyVerifier() accepts no key that could be guessed, even if its hash is configured", async () => {
  const { createHash } = await import("node:crypto");
  const hashed = (key: string): string =>
    createHash("sha256").update(key).digest("hex");
  for (
    const [length, status] of [[31, 401], [32, 200], [256, 200], [
      257,
      401,
    ]] as const
  ) {
    const token = `notes_${"a".repeat(length)}`;
    const keys = [{ ...KEY, sha256: hashed(token) }];
    const [was, reason] = await judge(token, { keys });
    assertEquals([was, reason], [
      status,
      status === 401 ? "unknown_key" : undefined,
    ], `${length}`);
  }
});

test("firstOf() passes nothing with the prefix to the verifiers behind apiKeyVerifier(), and a JWT always", async () => {
  const passed: string[] = [];
  const record: AccessTokenVerifier = (token) => {
    passed.push(token);
    return Promise.reject(new AccessTokenError("inactive_token"));
  };
  const jwt = await protect().issuer.token();
  const dotted = `notes_${"a".repeat(40)}.${"b".repeat(40)}.${"c".repeat(40)}`;
  for (
    const token of [
      key,
      next.key,
      "notes_",
      "notes_short",
      `${key}${"a".repeat(300)}`,
      `${key}.`,
      `${key}...`,
      `${key}=`,
      `${key}/~+`,
      `${key}.${key}`,
    ]
  ) {
    await judge(token, {}, [record]);
  }
  assertEquals(passed, []);
  for (const token of [jwt, dotted, "opaque", "eyJ_not_a_jwt"]) {
    await judge(token, {}, [record]);
  }
  assertEquals(passed, [jwt, dotted, "opaque", "eyJ_not_a_jwt"]);
});

test("firstOf() accepts keys and JWTs of the same issuer, as different callers", async () => {
  const { network, issuer } = protect();
  const { handle, calls } = protect({
    platform: network,
    verifyAccessToken: firstOf(
      apiKeyVerifier(OPTIONS),
      jwtVerifier({ authorization_servers: [ISSUER], platform: network }),
    ),
  });
  // A user who has chosen the name of a key's client.
  for (
    const token of [
      key,
      await issuer.token({ sub: "report", client_id: "report" }),
    ]
  ) {
    assertEquals((await handle(post({ token }))).status, 200);
  }
  const callers = calls.map(([, { authInfo }]) => [
    authInfo.extra?.sub,
    authInfo.clientId,
  ]);
  assertEquals(callers, [["key:report", "key:report"], ["report", "report"]]);
});

test("apiKeyVerifier() keeps its keys when the list changes later", async () => {
  const keys = [{ ...KEY }];
  const verify = apiKeyVerifier({ ...OPTIONS, keys });
  keys[0]!.scopes = ["notes:admin"] as never;
  keys.length = 0;
  assertEquals((await verify(key)).scope, "notes:read");
  await assertRejects(() => verify(next.key), AccessTokenError);
});

/** Configurations that cannot be used, and what to change. The last key of each list is at fault. */
const CANARY = key;
const faults: readonly (readonly [change: object, message: string])[] = [
  [{ prefix: undefined }, "prefix: write 2 to 31 letters"],
  [{ prefix: "notes" }, "prefix: write 2 to 31 letters"],
  [{ prefix: "a.b_" }, "prefix: write 2 to 31 letters"],
  [{ prefix: "_" }, "prefix: write 2 to 31 letters"],
  [{ keys: undefined }, "keys: list at least one key"],
  [{ keys: [] }, "keys: list at least one key"],
  [{ keys: {} }, "keys: list at least one key"],
  [{ keys: [CANARY] }, 'keys[0]: write an object, such as { id: "report-2027"'],
  [{ keys: [KEY, { ...KEY, id: undefined }] }, "keys[1].id: write 1 to 128"],
  [{ keys: [{ ...KEY, id: "a b" }] }, "keys[0].id: write 1 to 128"],
  [{ keys: [{ ...KEY, client: "" }] }, "keys[0].client: write 1 to 128"],
  [
    { keys: [{ ...KEY, sha256: CANARY }] },
    "keys[0].sha256: write the 64 hexadecimal digits",
  ],
  [
    { keys: [{ ...KEY, sha256: undefined }] },
    "keys[0].sha256: write the 64 hexadecimal digits",
  ],
  [
    { keys: [{ ...KEY, key: CANARY }] },
    "keys[0].key: did you mean sha256, the hash of the key?",
  ],
  [
    { keys: [{ ...KEY, scopes: undefined }] },
    "keys[0].scopes: write an array of scopes",
  ],
  [
    { keys: [{ ...KEY, scopes: "notes:read" }] },
    "keys[0].scopes: write an array of scopes",
  ],
  [{ keys: [{ ...KEY, scopes: ["a b"] }] }, 'scope "a b" in keys[0].scopes'],
  [
    { keys: [{ ...KEY, expires: undefined }] },
    "keys[0].expires: write a day or a time in UTC",
  ],
  [
    { keys: [{ ...KEY, expires: "never" }] },
    "keys[0].expires: write a day or a time in UTC",
  ],
  [
    { keys: [{ ...KEY, expires: "2027-02-30" }] },
    "keys[0].expires: write a day or a time in UTC",
  ],
  [
    { keys: [{ ...KEY, expires: "2027-06-30T12:00:00" }] },
    "keys[0].expires: write a day or a time in UTC",
  ],
  [
    { keys: [{ ...KEY, expiresAt: 1 }] },
    "keys[0].expiresAt: did you mean expires?",
  ],
  [
    { keys: [KEY, { ...KEY, sha256: next.sha256 }] },
    "keys[1].id: keys[0] has the same",
  ],
  [
    { keys: [KEY, { ...KEY, id: "b", sha256: sha256.toUpperCase() }] },
    "keys[1].sha256: keys[0] has the same",
  ],
  [{ issuer: undefined }, "issuer: write a string"],
  [{ resource: undefined }, "resource: write a string"],
  [{ resource: [] }, "resource: write a string"],
  [{ audience: RESOURCE }, "audience: did you mean resource?"],
];

for (const [change, message] of faults) {
  test(`apiKeyVerifier() refuses ${message}`, () => {
    let error: unknown;
    try {
      apiKeyVerifier({ ...OPTIONS, ...change });
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof TypeError);
    assertEquals(
      error.message.slice(0, `Cannot use ${message}`.length),
      `Cannot use ${message}`,
    );
    assert(!error.message.includes(CANARY));
  });
}
