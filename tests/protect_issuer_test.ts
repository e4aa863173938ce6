import { assert, assertEquals, assertFalse } from "@std/assert";
import { test } from "node:test";
import { handleOAuthAuthorizationServerRequest } from "../src/discovery/issuer_mirror.ts";
import { protectResource } from "../src/protect_resource.ts";
import {
  type Answer,
  answerHtml,
  answerJson,
  answerNothing,
  answerRedirect,
  answerStatus,
  type TestIssuer,
  testIssuer,
  testKey,
  testNetwork,
} from "../src/testing/mod.ts";
import {
  ISSUER,
  KEY,
  METADATA,
  post,
  protect,
  type Protected,
  RESOURCE,
} from "./support/protected.ts";

const NEW_KEY = await testKey("ES256", "new");

/** The status of a request with a token of the issuer's present key. */
async function statusOf(
  { handle, issuer }: Protected,
  key = issuer.keys[0]!,
): Promise<number> {
  const token = await issuer.token({}, {}, key);
  return (await handle(post({ token }))).status;
}

/** How an issuer can be away. */
const outages: readonly (readonly [why: string, answer: Answer])[] = [
  ["refuses connections", answerNothing()],
  ["is broken", answerStatus(500)],
  ["asks for patience", answerStatus(429)],
  ["asks for a login", answerStatus(401)],
  ["answers with a page", answerHtml()],
  ["sends elsewhere", answerRedirect("https://elsewhere.example/")],
  ["says that it is another", answerJson({ issuer: "https://evil.example" })],
];

for (const [why, answer] of outages) {
  test(`protectResource() answers 503 without a challenge while the issuer ${why}, and 200 when it is back`, async () => {
    const self = protect();
    self.network.outage = answer;
    const token = await self.issuer.token();
    const response = await self.handle(post({ token }));
    assertEquals(response.status, 503);
    assertEquals(response.headers.get("retry-after"), "5");
    assertFalse(response.headers.has("www-authenticate"));
    assertEquals(await response.json(), {
      error: "temporarily_unavailable",
      error_description: "The authorization server cannot be reached",
    });
    const [decision] = self.decisions;
    assert(decision?.outcome === "unavailable");
    assert(decision.error.message.includes(ISSUER));
    assertEquals(self.calls, []);

    self.network.outage = undefined;
    assertEquals(await statusOf(self), 503);
    self.network.pass(5);
    assertEquals(await statusOf(self), 200);
  });
}

test("protectResource() rejects bad tokens without a request to the issuer, even an unreachable one", async () => {
  const { handle, issuer, network } = protect();
  network.outage = answerNothing();
  const tokens = [
    undefined,
    "malformed",
    await issuer.token({ exp: 1 }),
    await issuer.token({ aud: "https://elsewhere.example" }),
    await issuer.token({ iss: "https://evil.example" }),
    await issuer.token({ cnf: { jkt: "x" } }),
    await issuer.token({}, { typ: "dpop+jwt" }),
  ];
  for (const token of tokens) {
    const response = await handle(post(token === undefined ? {} : { token }));
    assertEquals(response.status, 401);
  }
  assertEquals(network.requests, []);
});

test("protectResource() asks the issuer once for a hundred first requests", async () => {
  const self = protect();
  const statuses = await Promise.all(
    Array.from({ length: 100 }, () => statusOf(self)),
  );
  assertEquals(new Set(statuses), new Set([200]));
  assertEquals(self.network.requests, [
    self.issuer.metadataUrl,
    self.issuer.jwksUrl,
  ]);
});

test("protectResource() takes a new key at its first token, and an old one until ten minutes after it was read", async () => {
  const self = protect();
  assertEquals(await statusOf(self), 200);
  self.issuer.keys = [KEY, NEW_KEY];
  self.network.pass(10);
  assertEquals(await statusOf(self, NEW_KEY), 200);
  self.issuer.keys = [NEW_KEY];
  self.network.pass(479);
  assertEquals(await statusOf(self, KEY), 200);
  self.network.pass(121);
  assertEquals(await statusOf(self, KEY), 401);
  assertEquals(await statusOf(self, NEW_KEY), 200);
});

test("protectResource() refuses a removed key after ten minutes, though every request had the same token", async () => {
  const self = protect();
  const token = await self.issuer.token({ exp: 1e12 });
  await self.handle(post({ token }));
  self.issuer.keys = [NEW_KEY];
  const statuses: number[] = [];
  for (let minute = 1; minute <= 10; minute++) {
    self.network.pass(60);
    statuses.push((await self.handle(post({ token }))).status);
    await self.network.idle();
  }
  assertEquals(statuses.at(-1), 401);
  assertEquals(statuses.slice(0, 7), Array(7).fill(200));
});

test("protectResource() goes on for an hour with the keys that it has, and then answers 503", async () => {
  const self = protect();
  assertEquals(await statusOf(self), 200);
  self.network.outage = answerNothing();
  for (const [seconds, status] of [[600, 200], [3599, 200], [1, 503]]) {
    self.network.pass(seconds!);
    assertEquals(await statusOf(self), status);
    await self.network.idle();
  }
});

test("protectResource() answers unknown keys with 401, and with 503 if the issuer is unreachable", async () => {
  const self = protect();
  await statusOf(self);
  assertEquals(await statusOf(self, NEW_KEY), 401);
  self.network.outage = answerNothing();
  for (const [seconds, status] of [[9, 401], [1, 503], [9, 503], [1, 503]]) {
    self.network.pass(seconds!);
    assertEquals(await statusOf(self, NEW_KEY), status);
    assertEquals(await statusOf(self, KEY), 200);
  }
  assertEquals(self.network.count(self.issuer.jwksUrl), 3);
});

test("protectResource() accepts one issuer's tokens while another issuer is unreachable", async () => {
  const other = "https://other.example";
  const self = protect({
    metadata: { ...METADATA, authorization_servers: [ISSUER, other] },
  });
  const second = await testIssuer({
    platform: self.network,
    issuer: other,
    audience: RESOURCE,
    keys: [NEW_KEY],
  });
  self.network.serve(self.issuer.metadataUrl, answerNothing());
  const token = await second.token();
  assertEquals((await self.handle(post({ token }))).status, 200);
  assertEquals(await statusOf(self), 503);
});

test("protectResource() takes no issuer's token by another's key, nor for another's audience", async () => {
  const other = "https://other.example";
  const { handle, issuer, network } = protect({
    metadata: { ...METADATA, authorization_servers: [ISSUER, other] },
    issuers: { [other]: { audience: "api://notes" } },
  });
  const second = await testIssuer({
    platform: network,
    issuer: other,
    audience: "api://notes",
    keys: [NEW_KEY],
  });
  const rows = [
    [issuer.token(), 200],
    [second.token(), 200],
    [issuer.token({ aud: "api://notes" }), 401],
    [second.token({ aud: RESOURCE }), 401],
    [second.token({ iss: ISSUER, aud: RESOURCE }), 401],
    [issuer.token({ iss: other, aud: "api://notes" }), 401],
  ] as const;
  for (const [token, status] of rows) {
    const response = await handle(post({ token: await token }));
    assertEquals(response.status, status);
  }
});

test("protectResource() keeps twenty issuers apart, each with its keys, its floods and its outages", async () => {
  const platform = testNetwork();
  const issuers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      testIssuer({
        issuer: `https://auth${i}.example`,
        audience: RESOURCE,
        platform,
      })),
  );
  const { handle } = protect({
    metadata: {
      ...METADATA,
      authorization_servers: issuers.map(({ issuer }) => issuer),
    },
    platform,
  });
  const verdicts = async (
    make: (issuer: TestIssuer, i: number) => Promise<string>,
  ): Promise<number[]> => {
    const answers = issuers.map(async (issuer, i) =>
      (await handle(post({ token: await make(issuer, i) }))).status
    );
    return await Promise.all(answers);
  };
  const all = (status: number): number[] => Array(20).fill(status);

  assertEquals(await verdicts((issuer) => issuer.token()), all(200));
  // They all call their keys by one name.
  const next = (i: number): string => issuers[(i + 1) % 20]!.issuer;
  assertEquals(
    await verdicts((issuer, i) => issuer.token({ iss: next(i) })),
    all(401),
  );
  for (const { jwksUrl } of issuers) assertEquals(platform.count(jwksUrl), 1);

  const [first, ...others] = issuers;
  first!.outage = answerNothing();
  for (let second = 0; second < 60; second++) {
    platform.pass(1);
    const token = await first!.token({}, { kid: `unknown-${second}` });
    await handle(post({ token }));
  }
  assertEquals(platform.count(first!.jwksUrl), 1 + 6);
  for (const { jwksUrl } of others) assertEquals(platform.count(jwksUrl), 1);
  await Promise.all(others.map((issuer) => issuer.rotate()));
  assertEquals(await verdicts((issuer) => issuer.token()), all(200));
});

test("protectResource() reads an issuer's metadata once for all that use one platform", async () => {
  const self = protect();
  const { network, issuer } = self;
  const second = protectResource(() => new Response("second"), {
    metadata: { ...METADATA, resource: "http://localhost:8787/second" },
    platform: network,
  });
  const mirror = "http://localhost:8787/.well-known/oauth-authorization-server";
  assertEquals(await statusOf(self), 200);
  assertEquals((await self.handle(new Request(mirror))).status, 200);
  assertEquals((await second(new Request(mirror))).status, 200);
  const token = await issuer.token({ aud: "http://localhost:8787/second" });
  const url = "http://localhost:8787/second";
  assertEquals((await second(post({ token, url }))).status, 200);
  const response = await handleOAuthAuthorizationServerRequest(
    new Request(mirror),
    { issuer: ISSUER, platform: network },
  );
  assertEquals(response.status, 200);
  assertEquals(network.count(issuer.metadataUrl), 1);
});

test("protectResource() hands its readings to the waitUntil that came with the request", async () => {
  const { handle, issuer, network } = protect();
  const work: Promise<unknown>[] = [];
  const platform = {
    waitUntil: (promise: Promise<unknown>) => void work.push(promise),
  };
  await handle(post({ token: await issuer.token() }), platform);
  assert(work.length > 0);
  work.length = 0;
  network.pass(480);
  await handle(post({ token: await issuer.token() }), platform);
  assertEquals(work.length, 2); // the keys, and the metadata that says where they are
  await Promise.all(work);
  assertEquals(network.count(issuer.jwksUrl), 2);
});
