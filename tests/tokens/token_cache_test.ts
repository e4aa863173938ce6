import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { AccessTokenError, jwtVerifier } from "../../mod.ts";
import { tokenCache } from "../../src/tokens/token_cache.ts";
import {
  type TestIssuer,
  testIssuer,
  testKey,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";

const ISSUER = "https://auth.example.com";
const first = await testKey("ES256", "first");
const second = await testKey("ES256", "second");

/** As long as an access token, with a signature's end of its own. */
function token(name: string): string {
  return `${"x".repeat(500)}.${name.padStart(86, "-")}`;
}
const BYTES_EACH = 512 + 3 * token("").length;

test("get() knows a token that was set, and no other", () => {
  const cache = tokenCache<number>(10 * BYTES_EACH);
  cache.set(token("a"), 1);
  assertEquals(cache.get(token("a")), 1);
  assertEquals(cache.get(token("b")), undefined);
});

test("get() compares the whole token: another with the same signature is not it", () => {
  const cache = tokenCache<number>(10 * BYTES_EACH);
  cache.set(token("a"), 1);
  const other = token("a").replace("xxx", "xyx");
  assertEquals(cache.get(other), undefined);
});

test("set() replaces the value of a token", () => {
  const cache = tokenCache<number>(10 * BYTES_EACH);
  for (const value of [1, 2, 3]) {
    cache.set(token("a"), value);
    assertEquals(cache.get(token("a")), value);
  }
});

test("set() evicts the least recently used tokens beyond the bound", () => {
  const cache = tokenCache<number>(8 * BYTES_EACH);
  cache.set(token("used"), -1);
  for (let i = 0; i < 1000; i++) {
    cache.set(token(`${i}`), i);
    assertEquals(cache.get(token("used")), -1);
  }
  const kept = Array.from({ length: 1000 }, (_, i) => i)
    .filter((i) => cache.get(token(`${i}`)) !== undefined);
  assertEquals(kept, [993, 994, 995, 996, 997, 998, 999]);
});

test("set() holds nothing of a token that is larger than the bound", () => {
  const cache = tokenCache<number>(BYTES_EACH - 1);
  cache.set(token("a"), 1);
  assertEquals(cache.get(token("a")), undefined);
});

test("set() counts the characters of a value that are not its token's own", () => {
  const cache = tokenCache<number>(2 * BYTES_EACH);
  cache.set(token("a"), 1);
  cache.set(token("b"), 2, token("").length); // about as much again
  assertEquals(cache.get(token("a")), undefined);
  assertEquals(cache.get(token("b")), 2);
});

test("jwtVerifier() caches only tokens that it verified: others evict none", async () => {
  const { issuer, network } = await verified();
  const good = await issuer.token();
  const verify = jwtVerifier({
    authorization_servers: [ISSUER],
    platform: network,
    tokenCacheBytes: 4 * (512 + 3 * good.length),
  });
  const claims = await verify(good);
  for (let i = 0; i < 20; i++) {
    const end = good.length - 20;
    const forged = good.slice(0, end) + `${i}`.padStart(19, "A") + "A";
    await assertRejects(() => verify(forged), AccessTokenError);
    await assertRejects(() => verify(`${i}`), AccessTokenError);
  }
  assert(await verify(good) === claims);
});

/** A verifier whose signature checks can be told: the issuer's token is changed and must be refused. */
async function verified(): Promise<{
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
  readonly verify: ReturnType<typeof jwtVerifier>;
  readonly token: string;
}> {
  const network = testNetwork();
  const issuer = await testIssuer({
    platform: network,
    issuer: ISSUER,
    audience: "https://notes.example.com/mcp",
    keys: [first, second],
  });
  const verify = jwtVerifier({
    authorization_servers: [ISSUER],
    platform: network,
  });
  const token = await issuer.token({ exp: 1_800_100_000 });
  await verify(token);
  return { network, issuer, verify, token };
}

test("jwtVerifier() gives the claims of a remembered token, the same object", async () => {
  const { network, verify, token } = await verified();
  assert(await verify(token) === await verify(token));
  const uncached = jwtVerifier({
    authorization_servers: [ISSUER],
    tokenCacheBytes: null,
    platform: network,
  });
  assert(await uncached(token) !== await uncached(token));
});

test("jwtVerifier() refuses a remembered token with another signature", async () => {
  const { verify, token } = await verified();
  const at = token.length - 50;
  const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") +
    token.slice(at + 1);
  await assertRejects(() => verify(changed), AccessTokenError, "bad_signature");
});

/** When the key that signed a remembered token is gone from the issuer, and what has happened since. */
const removals: [
  why: string,
  pass: (network: TestNetwork, use: () => Promise<unknown>) => Promise<void>,
][] = [
  ["after idling", (network) => Promise.resolve(network.pass(601))],
  ["under constant use", async (network, use) => {
    for (let seconds = 0; seconds < 601; seconds += 20) {
      network.pass(20);
      await use().catch(() => undefined);
      await network.idle();
    }
  }],
];
for (const [why, pass] of removals) {
  test(`jwtVerifier() forgets a token with its key, once the keys are over age ${why}`, async () => {
    const { network, issuer, verify, token } = await verified();
    issuer.keys = [second];
    await pass(network, () => verify(token));
    await assertRejects(() => verify(token), AccessTokenError, "unknown_key");
  });
}

test("jwtVerifier() takes a remembered token for an hour while its issuer is away, and not after", async () => {
  const { network, verify, token } = await verified();
  network.outage = () => new Response(null, { status: 500 });
  network.pass(599);
  await verify(token);
  await network.idle();
  network.pass(3600);
  await verify(token);
  await network.idle();
  network.pass(2);
  await assertRejects(() => verify(token), Error, "Cannot read");
});

for (const bytes of [0, -1, NaN, "8" as unknown as number]) {
  test(`jwtVerifier() refuses tokenCacheBytes ${JSON.stringify(bytes)}, and says what to use`, () => {
    assertThrows(
      () =>
        jwtVerifier({
          authorization_servers: [ISSUER],
          tokenCacheBytes: bytes,
        }),
      TypeError,
      "use a positive number, or null",
    );
  });
}
