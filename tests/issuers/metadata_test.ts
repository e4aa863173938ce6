import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { test } from "node:test";
import { AuthorizationServerError } from "../../src/errors.ts";
import {
  authorizationServerMetadata,
  isTrustedUrl,
  metadataUrls,
} from "../../src/issuers/metadata.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import {
  answerJson,
  answerNever,
  answerStatus,
  testNetwork,
} from "../../src/testing/mod.ts";
import { unusableMetadata } from "../support/unusable_metadata.ts";

const ISSUER = "http://localhost:9000/tenant1";
const [RFC_8414, INSERTED, APPENDED] = metadataUrls(ISSUER) as [
  string,
  string,
  string,
];

/** An issuer, and where its metadata may be. */
const places: readonly (readonly [
  why: string,
  issuer: string,
  urls: readonly string[],
])[] = [
  ["an issuer without a path", "https://as.example", [
    "https://as.example/.well-known/oauth-authorization-server",
    "https://as.example/.well-known/openid-configuration",
  ]],
  ["an issuer with a slash for its path, as Auth0's", "https://as.example/", [
    "https://as.example/.well-known/oauth-authorization-server",
    "https://as.example/.well-known/openid-configuration",
  ]],
  ["an issuer with a path", "https://as.example/tenant1", [
    "https://as.example/.well-known/oauth-authorization-server/tenant1",
    "https://as.example/.well-known/openid-configuration/tenant1",
    "https://as.example/tenant1/.well-known/openid-configuration",
  ]],
  ["an issuer with a path that ends in a slash", "https://as.example/t/1/", [
    "https://as.example/.well-known/oauth-authorization-server/t/1",
    "https://as.example/.well-known/openid-configuration/t/1",
    "https://as.example/t/1/.well-known/openid-configuration",
  ]],
  ["an issuer with a port", "http://localhost:9000/tenant1", [
    "http://localhost:9000/.well-known/oauth-authorization-server/tenant1",
    "http://localhost:9000/.well-known/openid-configuration/tenant1",
    "http://localhost:9000/tenant1/.well-known/openid-configuration",
  ]],
  ["an issuer in capitals, to the byte", "https://AS.example/T%2f1", [
    "https://AS.example/.well-known/oauth-authorization-server/T%2f1",
    "https://AS.example/.well-known/openid-configuration/T%2f1",
    "https://AS.example/T%2f1/.well-known/openid-configuration",
  ]],
];

for (const [why, issuer, urls] of places) {
  test(`metadataUrls() has RFC 8414 first for ${why}`, () => {
    assertEquals(metadataUrls(issuer), urls);
  });
}

/** Whether an issuer may name a URL. */
const names: readonly (readonly [
  why: string,
  issuer: string,
  url: unknown,
  may: boolean,
])[] = [
  ["https", "https://as.example", "https://as.example/jwks", true],
  ["https elsewhere", "https://as.example", "https://keys.example/jwks", true],
  ["https from http", "http://localhost:9000", "https://keys.example/", true],
  [
    "http on this machine, where it is itself",
    "http://localhost:9000",
    "http://127.0.0.1:9001/jwks",
    true,
  ],
  ["http", "https://as.example", "http://as.example/jwks", false],
  [
    "http on this machine, where it is not itself",
    "https://as.example",
    "http://localhost:9000/jwks",
    false,
  ],
  [
    "http on this machine, though it is there by https",
    "https://localhost:9000",
    "http://localhost:9000/jwks",
    false,
  ],
  [
    "http elsewhere, though it is on this machine",
    "http://localhost:9000",
    "http://169.254.169.254/",
    false,
  ],
  [
    "http on a host that begins like this machine",
    "http://localhost:9000",
    "http://localhost.evil.example/",
    false,
  ],
  [
    "http with this machine for a user's name",
    "http://localhost:9000",
    "http://localhost:9000@evil.example/",
    false,
  ],
  [
    "a URL with a password",
    "https://as.example",
    "https://u:p@as.example/",
    false,
  ],
  ["a URL with a user", "https://as.example", "https://u@as.example/", false],
  ["a file", "http://localhost:9000", "file:///etc/passwd", false],
  ["a relative URL", "https://as.example", "/jwks", false],
  ["nothing", "https://as.example", undefined, false],
  ["a list", "https://as.example", ["https://as.example/jwks"], false],
];

for (const [why, issuer, url, may] of names) {
  test(`isTrustedUrl() lets an issuer ${may ? "" : "not "}name ${why}`, () => {
    assertEquals(isTrustedUrl(issuer, url), may);
  });
}

for (
  const [place, url] of [["first", RFC_8414], ["second", INSERTED], [
    "third",
    APPENDED,
  ]] as const
) {
  test(`authorizationServerMetadata() finds metadata at the ${place} place, and asks no further`, async () => {
    const network = testNetwork();
    for (const other of metadataUrls(ISSUER)) {
      network.serve(other, answerStatus(404));
    }
    network.serve(url, answerJson({ issuer: ISSUER, place }));
    const metadata = authorizationServerMetadata(
      ISSUER,
      resolvePlatform(network),
    );
    assertEquals(await metadata.get(), { issuer: ISSUER, place });
    const urls = metadataUrls(ISSUER);
    assertEquals(network.requests, urls.slice(0, urls.indexOf(url) + 1));
  });
}

for (const [why, answer] of unusableMetadata) {
  test(`authorizationServerMetadata() goes on to the next place after ${why}`, async () => {
    const network = testNetwork();
    network.serve(RFC_8414, answer);
    network.serve(INSERTED, answerJson({ issuer: ISSUER, place: "second" }));
    const metadata = authorizationServerMetadata(
      ISSUER,
      resolvePlatform(network),
    );
    assertEquals(await metadata.get(), { issuer: ISSUER, place: "second" });
    assertEquals(network.requests, [RFC_8414, INSERTED]);
  });
}

test("authorizationServerMetadata() says of every place why it is of no use", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerStatus(500));
  network.serve(INSERTED, answerJson({ issuer: "https://other.example" }));
  const metadata = authorizationServerMetadata(
    ISSUER,
    resolvePlatform(network),
  );
  const { message } = await assertRejects(
    () => metadata.get(),
    AuthorizationServerError,
  );
  assertEquals(
    message,
    `Cannot read the metadata of ${ISSUER}: Cannot read ${RFC_8414}: answered 500; ` +
      `Cannot use ${INSERTED}: its issuer is not ${ISSUER}; ` +
      `Cannot read ${APPENDED}: answered 404`,
  );
});

test("authorizationServerMetadata() gives each place 5 s, and all together 8 s", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, () => {
    network.pass(5);
    throw new DOMException("Signal timed out.", "TimeoutError");
  });
  network.serve(INSERTED, () => {
    network.pass(2.98);
    throw new DOMException("Signal timed out.", "TimeoutError");
  });
  network.serve(APPENDED, answerNever()); // gets 0.02 s
  const metadata = authorizationServerMetadata(
    ISSUER,
    resolvePlatform(network),
  );
  const begun = performance.now();
  await assertRejects(() => metadata.get(), AuthorizationServerError);
  assertEquals(network.requests, metadataUrls(ISSUER));
  assert(performance.now() - begun < 2000);
});

test("authorizationServerMetadata() asks no further after 8 s", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, () => {
    network.pass(8);
    throw new TypeError("Connection reset");
  });
  const metadata = authorizationServerMetadata(
    ISSUER,
    resolvePlatform(network),
  );
  await assertRejects(() => metadata.get(), AuthorizationServerError);
  assertEquals(network.requests, [RFC_8414]);
});

test("authorizationServerMetadata() gives every place a signal to end by", async () => {
  const network = testNetwork();
  const signals: unknown[] = [];
  network.outage = (_, { signal }) => {
    signals.push(signal);
    return new Response(null, { status: 404 });
  };
  const metadata = authorizationServerMetadata(
    ISSUER,
    resolvePlatform(network),
  );
  await assertRejects(() => metadata.get(), AuthorizationServerError);
  assertEquals(signals.length, 3);
  assert(signals.every((signal) => signal instanceof AbortSignal));
});

test("authorizationServerMetadata() is one for each issuer and platform", () => {
  const platform = resolvePlatform(testNetwork());
  const metadata = authorizationServerMetadata(ISSUER, platform);
  assert(metadata === authorizationServerMetadata(ISSUER, platform));
  assertFalse(metadata === authorizationServerMetadata(`${ISSUER}/`, platform));
  assertFalse(
    metadata ===
      authorizationServerMetadata(ISSUER, resolvePlatform(testNetwork())),
  );
});

test("authorizationServerMetadata() holds 256 issuers, and forgets the first for one more", () => {
  const platform = resolvePlatform(testNetwork());
  const first = authorizationServerMetadata("https://as.example/0", platform);
  for (let i = 1; i < 256; i++) {
    authorizationServerMetadata(`https://as.example/${i}`, platform);
  }
  assert(
    first === authorizationServerMetadata("https://as.example/0", platform),
  );
  const last = authorizationServerMetadata("https://as.example/256", platform);
  assert(
    last === authorizationServerMetadata("https://as.example/256", platform),
  );
  assertFalse(
    first === authorizationServerMetadata("https://as.example/0", platform),
  );
});
