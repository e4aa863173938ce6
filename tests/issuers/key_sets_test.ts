import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { exportJWK, generateKeyPair } from "jose";
import { test } from "node:test";
import {
  AccessTokenError,
  AuthorizationServerError,
} from "../../src/errors.ts";
import { type KeySet, keySet } from "../../src/issuers/key_sets.ts";
import { resolvePlatform, type Runtime } from "../../src/runtime/platform.ts";
import { publishIssuer } from "../../src/testing/issuer.ts";
import {
  type Answer,
  answerJson,
  answerNever,
  answerNothing,
  answerStatus,
  type TestIssuer,
  testKey,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { metadataUrls } from "../../src/issuers/metadata.ts";
import { testCache } from "../support/shared_cache.ts";

const ISSUER = "http://localhost:9000/tenant1";
const FIRST = await testKey("ES256", "first");
const SECOND = await testKey("ES256", "second");
const ED = await testKey("EdDSA", "ed");

interface Setup {
  readonly network: TestNetwork;
  readonly issuer: TestIssuer;
  readonly keys: KeySet;
}

function setup(platform: Runtime = {}, jwksUri?: string): Setup {
  const network = testNetwork();
  const issuer = publishIssuer(network, {
    issuer: ISSUER,
    audience: "http://localhost:8787/mcp",
    keys: [FIRST],
  });
  const resolved = resolvePlatform({ ...network, ...platform });
  return {
    network,
    issuer,
    keys: keySet({ issuer: ISSUER, jwks_uri: jwksUri }, resolved),
  };
}

/** How many keys are found, or why none. */
async function find(
  keys: KeySet,
  kid: string | undefined,
  alg: string = "ES256",
): Promise<string | number> {
  try {
    const { candidates } = await keys.find({
      alg,
      ...(kid !== undefined && { kid }),
    });
    return candidates.length;
  } catch (error) {
    return error instanceof AccessTokenError
      ? error.reason
      : error instanceof AuthorizationServerError
      ? "away"
      : `${error}`;
  }
}

test("keySet() makes no request", () => {
  assertEquals(setup().network.requests, []);
});

test("find() asks the issuer's metadata where its keys are", async () => {
  const { network, issuer, keys } = setup();
  assertEquals(await find(keys, "first"), 1);
  assertEquals(network.requests, [issuer.metadataUrl, issuer.jwksUrl]);
});

test("find() needs no metadata if the jwks_uri is configured", async () => {
  const { network, keys } = setup({}, "https://keys.example.com/jwks");
  network.serve(
    "https://keys.example.com/jwks",
    answerJson({ keys: [SECOND.jwk] }),
  );
  assertEquals(await find(keys, "second"), 1);
  assertEquals(network.requests, ["https://keys.example.com/jwks"]);
});

test("find() gives a key for verifying with its algorithm, and for nothing else", async () => {
  const { keys } = setup();
  const { candidates: [key] } = await keys.find({ alg: "ES256", kid: "first" });
  assertEquals(key?.type, "public");
  assertEquals(key?.usages, ["verify"]);
});

/** A key that a set has, and for which header it is no use. */
const unusable: readonly (readonly [
  why: string,
  jwk: Readonly<Record<string, unknown>>,
  kid: string | undefined,
])[] = [
  ["a key of another name", { ...FIRST.jwk, kid: "other" }, "first"],
  ["a key without a name", { ...FIRST.jwk, kid: undefined }, "first"],
  ["a key whose name differs in case", { ...FIRST.jwk, kid: "FIRST" }, "first"],
  ["a key for another algorithm", { ...FIRST.jwk, alg: "ES384" }, "first"],
  ["a key of another type", { ...ED.jwk, alg: undefined }, "ed"],
  ["a key for encryption", { ...FIRST.jwk, use: "enc" }, "first"],
  ["a key for encryption, of no name", { ...FIRST.jwk, use: "enc" }, undefined],
  ["a key that must not verify", { ...FIRST.jwk, key_ops: ["sign"] }, "first"],
  ["a secret", { kty: "oct", k: "c2VjcmV0", kid: "first" }, "first"],
  ["a key without its coordinates", { kty: "EC", kid: "first" }, "first"],
];

for (const [why, jwk, kid] of unusable) {
  test(`find() does not take ${why}`, async () => {
    const { network, issuer, keys } = setup();
    network.serve(issuer.jwksUrl, answerJson({ keys: [jwk] }));
    assertEquals(await find(keys, kid), "unknown_key");
  });
}

test("find() does not take a private key that an issuer let out", async () => {
  const { network, issuer, keys } = setup();
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...await exportJWK(privateKey), kid: "first", alg: "ES256" };
  network.serve(issuer.jwksUrl, answerJson({ keys: [jwk] }));
  assertEquals(await find(keys, "first"), "unknown_key");
});

test("find() gives every candidate for a token that names no key", async () => {
  const { issuer, keys } = setup();
  issuer.keys = [FIRST, ED, SECOND];
  assertEquals(await find(keys, undefined), 2);
  assertEquals(await find(keys, undefined, "EdDSA"), 1);
});

test("find() gives every key where several have one name", async () => {
  const { network, issuer, keys } = setup();
  const twin = { ...SECOND.jwk, kid: "first" };
  network.serve(issuer.jwksUrl, answerJson({ keys: [FIRST.jwk, twin] }));
  assertEquals(await find(keys, "first"), 2);
});

/** What an issuer's metadata says of its keys, and why nobody follows it. */
const jwksUris: readonly (readonly [why: string, jwks_uri: unknown])[] = [
  ["says nothing of", undefined],
  ["has a relative URL for", "/tenant1/jwks"],
  ["has a list of URLs for", ["https://keys.example.com/jwks"]],
  ["has http on another host for", "http://keys.example.com/jwks"],
  ["has http on a private host for", "http://169.254.169.254/jwks"],
  ["has a file for", "file:///etc/passwd"],
  ["has data for", "data:application/json,{}"],
  [
    "has more characters than a URL may have for",
    `https://keys.example.com/${"a".repeat(8192)}`,
  ],
  [
    "has a host that takes a runtime long for",
    `https://a${"\u05b0\u0300\u0316".repeat(200)}/`,
  ],
];

for (const [why, jwks_uri] of jwksUris) {
  test(`find() asks for no keys where the metadata ${why} them`, async () => {
    const { network, issuer, keys } = setup();
    network.serve(
      issuer.metadataUrl,
      answerJson({ issuer: ISSUER, jwks_uri }),
    );
    const error = await assertRejects(
      () => keys.find({ alg: "ES256", kid: "first" }),
      AuthorizationServerError,
    );
    assertStringIncludes(error.message, "jwks_uri");
    // Another document may say what is missing in this one, and nothing against what is in it.
    const urls = metadataUrls(ISSUER);
    assertEquals(
      network.requests,
      jwks_uri === undefined ? urls : urls.slice(0, 1),
    );
  });
}

/** What is answered for the keys, and why it is of no use. */
const answers: readonly (readonly [why: string, answer: Answer])[] = [
  ["an object without keys", answerJson({})],
  ["keys that are no list", answerJson({ keys: {} })],
  ["keys that are no objects", answerJson({ keys: ["first"] })],
  ["a broken server", answerStatus(500)],
  ["no connection", answerNothing()],
];

for (const [why, answer] of answers) {
  test(`find() takes ${why} for the issuer's failure, and tries again in 5 s`, async () => {
    const { network, issuer, keys } = setup();
    network.serve(issuer.jwksUrl, answer);
    assertEquals(await find(keys, "first"), "away");
    network.serve(issuer.jwksUrl, answerJson({ keys: [FIRST.jwk] }));
    network.pass(4.999);
    assertEquals(await find(keys, "first"), "away");
    assertEquals(network.count(issuer.jwksUrl), 1);
    network.pass(0.001);
    assertEquals(await find(keys, "first"), 1);
  });

  test(`find() shares nothing with other instances that it cannot use (${why})`, async () => {
    const { network, issuer, keys } = setup({ cache: testCache() });
    network.serve(issuer.jwksUrl, answer);
    assertEquals(await find(keys, "first"), "away");
    network.serve(issuer.jwksUrl, answerJson({ keys: [FIRST.jwk] }));
    network.pass(5);
    assertEquals(await find(keys, "first"), 1);
  });
}

test("find() knows no key in an empty set", async () => {
  const { issuer, keys } = setup();
  issuer.keys = [];
  assertEquals(await find(keys, "first"), "unknown_key");
  assertEquals(await find(keys, undefined), "unknown_key");
});

test("find() asks once for a hundred cold callers", async () => {
  const { network, issuer, keys } = setup();
  const found = await Promise.all(
    Array.from({ length: 100 }, () => find(keys, "first")),
  );
  assertEquals(new Set(found), new Set([1]));
  assertEquals(network.requests, [issuer.metadataUrl, issuer.jwksUrl]);
});

test("find() asks again for a key that is new, once 10 s have passed", async () => {
  const { network, issuer, keys } = setup();
  assertEquals(await find(keys, "first"), 1);
  issuer.keys = [SECOND];
  network.pass(9.999);
  assertEquals(await find(keys, "second"), "unknown_key");
  network.pass(0.001);
  assertEquals(await find(keys, "second"), 1);
  assertEquals(network.count(issuer.jwksUrl), 2);
  assertEquals(await find(keys, "first"), "unknown_key");
});

test("find() asks at most once in 10 s, whatever the flood of unknown keys", async () => {
  const { network, issuer, keys } = setup();
  await find(keys, "first");
  for (let second = 0; second < 60; second++) {
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, i) => find(keys, `no-${second}-${i}`)),
    );
    assertEquals(new Set(found), new Set(["unknown_key"]));
    assertEquals(await find(keys, "first"), 1);
    network.pass(1);
  }
  assertEquals(network.count(issuer.jwksUrl), 6);
  assertEquals(network.count(issuer.metadataUrl), 1);
});

test("find() makes at most one request in 10 s for unknown keys while the issuer is unreachable, and throws an AuthorizationServerError", async () => {
  const { network, issuer, keys } = setup();
  await find(keys, "first");
  network.outage = answerNothing();
  for (let second = 1; second <= 60; second++) {
    network.pass(1);
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, i) => find(keys, `no-${second}-${i}`)),
    );
    assertEquals(
      new Set(found),
      new Set([second < 10 ? "unknown_key" : "away"]),
    );
    assertEquals(await find(keys, "first"), 1);
  }
  assertEquals(network.count(issuer.jwksUrl), 1 + 6);
});

test("find() still finds a known key when a reading for an unknown one fails", async () => {
  const { network, keys } = setup();
  await find(keys, "first");
  network.pass(10);
  network.outage = answerStatus(500);
  assertEquals(await find(keys, "second"), "away");
  assertEquals(await find(keys, "first"), 1);
});

/** How a process spends the ten minutes after which a removed key must be refused. */
const tenMinutes: readonly (readonly [why: string, everySeconds: number])[] = [
  ["idle", 600],
  ["asked once a minute", 60],
  ["asked every second", 1],
];

for (const [why, everySeconds] of tenMinutes) {
  test(`find() gives a removed key no longer than ten minutes (${why})`, async () => {
    const { network, issuer, keys } = setup();
    await find(keys, "first");
    issuer.keys = [SECOND];
    for (let passed = everySeconds; passed < 600; passed += everySeconds) {
      network.pass(everySeconds);
      await find(keys, "first");
      await network.idle();
    }
    network.pass(everySeconds);
    assertEquals(await find(keys, "first"), "unknown_key");
    assertEquals(await find(keys, "second"), 1);
  });
}

test("find() returns known keys for an hour more while the issuer is unreachable, and none after", async () => {
  const { network, keys } = setup();
  await find(keys, "first");
  network.outage = answerNothing();
  for (const seconds of [480, 120, 3599.999]) {
    network.pass(seconds);
    assertEquals(await find(keys, "first"), 1);
    await network.idle();
  }
  network.pass(0.001);
  assertEquals(await find(keys, "first"), "away");
  network.outage = undefined;
  network.pass(5);
  assertEquals(await find(keys, "first"), 1);
});

test("find() follows an issuer whose metadata names another jwks_uri", async () => {
  const { network, issuer, keys } = setup();
  await find(keys, "first");
  const moved = "http://localhost:9000/moved/jwks";
  network.serve(
    issuer.metadataUrl,
    answerJson({ issuer: ISSUER, jwks_uri: moved }),
  );
  network.serve(moved, answerJson({ keys: [SECOND.jwk] }));
  network.pass(600);
  assertEquals(await find(keys, "second"), 1);
  assertEquals(await find(keys, "first"), "unknown_key");
});

test("find() gives metadata and keys 8 s together", async () => {
  const { network, issuer, keys } = setup();
  network.serve(issuer.metadataUrl, () => {
    network.pass(7.98);
    return Response.json({ issuer: ISSUER, jwks_uri: issuer.jwksUrl });
  });
  network.serve(issuer.jwksUrl, answerNever()); // gets 0.02 s
  const begun = performance.now();
  const error = await assertRejects(
    () => keys.find({ alg: "ES256", kid: "first" }),
    AuthorizationServerError,
  );
  assertEquals((error.cause as Error).name, "TimeoutError");
  assert(performance.now() - begun < 2000);
});

test("find() hands its readings to the request's waitUntil", async () => {
  const { network, keys } = setup();
  const work: Promise<unknown>[] = [];
  const request = {
    waitUntil: (promise: Promise<unknown>) => void work.push(promise),
  };
  await keys.find({ alg: "ES256", kid: "first" }, request);
  assertNotEquals(work.length, 0);
  work.length = 0;
  network.pass(480);
  await keys.find({ alg: "ES256", kid: "first" }, request);
  assertNotEquals(work.length, 0);
  await Promise.all(work);
  work.length = 0;
  network.pass(10);
  await assertRejects(() => keys.find({ alg: "ES256", kid: "x" }, request));
  assertNotEquals(work.length, 0);
});

const PLATFORM = resolvePlatform(testNetwork());
const other = resolvePlatform(testNetwork());
/** Whose keys are asked for beside those of ISSUER at its own `jwks_uri`. */
const askers: readonly (readonly [
  why: string,
  args: Parameters<typeof keySet>,
  isSame: boolean,
])[] = [
  ["the same issuer", [{ issuer: ISSUER }, PLATFORM], true],
  ["another issuer", [{ issuer: `${ISSUER}x` }, PLATFORM], false],
  ["another place", [
    { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
    PLATFORM,
  ], false],
  ["other metadata", [
    { issuer: ISSUER, metadata_url: `${ISSUER}/jwks` },
    PLATFORM,
  ], false],
  ["another platform", [{ issuer: ISSUER }, other], false],
];

for (const [why, args, isSame] of askers) {
  test(`keySet() is ${isSame ? "one" : "not one"} for ${why}`, () => {
    const set = keySet({ issuer: ISSUER }, PLATFORM);
    assertEquals(keySet(...args) === set, isSame);
  });
}

test("keySet() holds 256 sets for a platform, and forgets the first for one more", () => {
  const platform = resolvePlatform(testNetwork());
  const sets = Array.from(
    { length: 257 },
    (_, i) => keySet({ issuer: `https://as.example/${i}` }, platform),
  );
  const isHeld = (i: number): boolean =>
    keySet({ issuer: `https://as.example/${i}` }, platform) === sets[i];
  assertEquals([256, 1, 0].map(isHeld), [true, true, false]);
});

test("find() takes the keys that another instance read, for as long as its own", async () => {
  const cache = testCache();
  const { network, issuer, keys } = setup({ cache });
  await find(keys, "first");
  network.pass(479);
  const other = keySet(
    { issuer: ISSUER },
    resolvePlatform({ ...network, cache }),
  );
  assertEquals(await find(other, "first"), 1);
  assertEquals(network.requests, [issuer.metadataUrl, issuer.jwksUrl]);
  issuer.keys = [SECOND];
  network.pass(121);
  assertEquals(await find(other, "first"), "unknown_key");
  assertEquals(await find(other, "second"), 1);
});

test("find() asks the issuer for an unknown key, though another instance has just read", async () => {
  const cache = testCache();
  const { network, issuer, keys } = setup({ cache });
  await find(keys, "first");
  network.pass(10);
  const other = keySet(
    { issuer: ISSUER },
    resolvePlatform({ ...network, cache }),
  );
  await find(other, "first");
  issuer.keys = [FIRST, SECOND];
  network.pass(10);
  assertEquals(await find(other, "second"), 1);
  assertEquals(network.count(issuer.jwksUrl), 2);
});

test("find() needs no cache that works", async () => {
  const cache = testCache();
  cache.broken = true;
  const { keys } = setup({ cache });
  assertEquals(await find(keys, "first"), 1);
});

test("find() hands the metadata's own reading to the request's waitUntil too", async () => {
  const { network, keys } = setup({ waitUntil: () => {} });
  const header = { alg: "ES256", kid: "first" };
  await keys.find(header);
  network.pass(480);
  const work: Promise<unknown>[] = [];
  const waitUntil = (promise: Promise<unknown>): void =>
    void work.push(promise);
  await keys.find(header, { waitUntil });
  await Promise.all(work);
  assertEquals(work.length, 2); // the keys, and the metadata that says where they are
});

for (const jwks_uri of [undefined, "http://keys.example.com/jwks"]) {
  test(`find() follows metadata that is mended after 5 s (jwks_uri was ${jwks_uri})`, async () => {
    const { network, issuer, keys } = setup();
    const mended = { issuer: ISSUER, jwks_uri: issuer.jwksUrl };
    network.serve(issuer.metadataUrl, answerJson({ ...mended, jwks_uri }));
    assertEquals(await find(keys, "first"), "away");
    network.serve(issuer.metadataUrl, answerJson(mended));
    network.pass(4.999);
    assertEquals(await find(keys, "first"), "away");
    assertEquals(network.count(issuer.metadataUrl), 1);
    network.pass(0.001);
    assertEquals(await find(keys, "first"), 1);
    assertEquals(network.count(issuer.metadataUrl), 2);
  });
}
