import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  authorizationServerMetadata,
  handleOAuthAuthorizationServerRequest,
  mayName,
  metadataUrls,
} from "../../src/discovery/issuer_mirror.ts";
import { AuthorizationServerError } from "../../src/errors.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import {
  type Answer,
  answerHtml,
  answerJson,
  answerNever,
  answerNothing,
  answerRedirect,
  answerStatus,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";

const ISSUER = "http://localhost:9000/tenant1";
const [RFC_8414, INSERTED, APPENDED] = metadataUrls(ISSUER) as [
  string,
  string,
  string,
];

/** What a client that asks the mirror is answered. */
function ask(
  network: TestNetwork,
  init: RequestInit = {},
  issuer: string = ISSUER,
): Promise<Response> {
  return handleOAuthAuthorizationServerRequest(
    new Request(
      "http://localhost:8787/.well-known/oauth-authorization-server",
      init,
    ),
    { issuer, platform: network },
  );
}

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
  test(`mayName() lets an issuer ${may ? "" : "not "}name ${why}`, () => {
    assertEquals(mayName(issuer, url), may);
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

/** What the first place answers, and why the next one is asked. */
const unusable: readonly (readonly [why: string, answer: Answer])[] = [
  ["nothing there", answerStatus(404)],
  ["a refusal", answerStatus(401)],
  ["a broken server", answerStatus(500)],
  ["a page", answerHtml()],
  ["no connection", answerNothing()],
  ["a list", answerJson([{ issuer: ISSUER }])],
  [
    "more than 256 KiB",
    () => Response.json({ issuer: ISSUER, x: "x".repeat(262_144) }),
  ],
  ["a redirect to a good document", answerRedirect(APPENDED)],
  ["no issuer", answerJson({ jwks_uri: "http://localhost:9000/evil" })],
  ["another issuer", answerJson({ issuer: "http://localhost:9000/tenant2" })],
  [
    "the issuer of the whole host",
    answerJson({
      issuer: "http://localhost:9000",
    }),
  ],
  ["the issuer with a slash", answerJson({ issuer: `${ISSUER}/` })],
  [
    "the issuer in other letters",
    answerJson({
      issuer: "http://LOCALHOST:9000/tenant1",
    }),
  ],
  [
    "a template in place of the issuer",
    answerJson({
      issuer: "http://localhost:9000/{tenantid}",
    }),
  ],
  ["a list in place of the issuer", answerJson({ issuer: [ISSUER] })],
];

for (const [why, answer] of unusable) {
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

  test(`handleOAuthAuthorizationServerRequest() answers 502 when all there is, is ${why}`, async () => {
    const network = testNetwork();
    network.outage = answer;
    const response = await ask(network);
    assertEquals(response.status, 502);
    assertEquals(await response.json(), {
      error: "temporarily_unavailable",
      error_description: "The authorization server's metadata cannot be read",
    });
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(response.headers.get("access-control-allow-origin"), "*");
    assertEquals(network.requests, metadataUrls(ISSUER));
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
  await ask(network);
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

test("handleOAuthAuthorizationServerRequest() mirrors the document, members that it does not know included", async () => {
  const document = {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    signed_metadata: "e30.e30.x",
    "x-vendor": { nested: [1, null, "é"] },
  };
  const network = testNetwork();
  network.serve(RFC_8414, answerJson(document));
  const response = await ask(network);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.headers.get("cache-control"), "public, max-age=300");
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
  assertEquals(await response.json(), document);
});

test("handleOAuthAuthorizationServerRequest() answers HEAD as GET, without the document", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerJson({ issuer: ISSUER }));
  const [get, head] = [
    await ask(network),
    await ask(network, { method: "HEAD" }),
  ];
  assertEquals(head.status, 200);
  assertEquals([...head.headers], [...get.headers]);
  assertEquals(await head.text(), "");
  network.outage = answerNothing();
  network.pass(86_400);
  assertEquals((await ask(network, { method: "HEAD" })).status, 502);
});

test("handleOAuthAuthorizationServerRequest() answers OPTIONS without asking the issuer", async () => {
  const network = testNetwork();
  const response = await ask(network, {
    method: "OPTIONS",
    headers: {
      origin: "https://inspector.example",
      "access-control-request-headers": "mcp-protocol-version",
    },
  });
  assertEquals(response.status, 204);
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
  assertEquals(
    response.headers.get("access-control-allow-methods"),
    "GET, HEAD, OPTIONS",
  );
  assertEquals(network.requests, []);
});

for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
  test(`handleOAuthAuthorizationServerRequest() answers ${method} with 405, without asking the issuer`, async () => {
    const network = testNetwork();
    const response = await ask(network, { method });
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "GET, HEAD, OPTIONS");
    assertEquals(await response.text(), "");
    assertEquals(network.requests, []);
  });
}

test("handleOAuthAuthorizationServerRequest() answers 502 while the issuer is away, and 200 when it is back", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerJson({ issuer: ISSUER }));
  network.outage = answerNothing();
  assertEquals((await ask(network)).status, 502);
  network.outage = undefined;
  network.pass(4.999);
  assertEquals((await ask(network)).status, 502);
  network.pass(0.001);
  assertEquals((await ask(network)).status, 200);
});

test("handleOAuthAuthorizationServerRequest() mirrors for 70 minutes, though the issuer is away", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerJson({ issuer: ISSUER }));
  await ask(network);
  network.outage = answerStatus(500);
  network.pass(4199.999);
  assertEquals((await ask(network)).status, 200);
  await network.idle();
  network.pass(0.001);
  assertEquals((await ask(network)).status, 502);
});

test("handleOAuthAuthorizationServerRequest() asks the issuer once in eight minutes, whoever asks", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerJson({ issuer: ISSUER }));
  await Promise.all(Array.from({ length: 100 }, () => ask(network)));
  network.pass(479.999);
  await ask(network);
  assertEquals(network.requests, [RFC_8414]);
});

test("handleOAuthAuthorizationServerRequest() hands its reading to the request's waitUntil", async () => {
  const network = testNetwork();
  network.serve(RFC_8414, answerJson({ issuer: ISSUER }));
  const work: Promise<unknown>[] = [];
  const response = await handleOAuthAuthorizationServerRequest(
    new Request("http://localhost:8787/"),
    { issuer: ISSUER, platform: network },
    { waitUntil: (promise) => void work.push(promise) },
  );
  assertEquals(response.status, 200);
  assertEquals(work.length, 1);
});

test("handleOAuthAuthorizationServerRequest() survives a document of any depth", async () => {
  const depth = 100_000;
  const network = testNetwork();
  network.serve(RFC_8414, () =>
    new Response(
      `{"issuer":"${ISSUER}","a":${"[".repeat(depth)}${"]".repeat(depth)}}`,
    ));
  const { status } = await ask(network);
  assert(status === 200 || status === 502, `answered ${status}`);
});

for (
  const issuer of [
    "http://as.example",
    "https://as.example?x",
    "https://as.example#x",
    "as.example",
    "",
  ]
) {
  test(`handleOAuthAuthorizationServerRequest() refuses ${JSON.stringify(issuer)} for an issuer`, async () => {
    const network = testNetwork();
    await assertRejects(() => ask(network, {}, issuer), TypeError, "issuer");
    assertThrows(
      () => authorizationServerMetadata(issuer, resolvePlatform(network)),
      TypeError,
    );
    assertEquals(network.requests, []);
  });
}
