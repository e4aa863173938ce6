import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { handleOAuthAuthorizationServerRequest } from "../../src/discovery/issuer_mirror.ts";
import {
  authorizationServerMetadata,
  metadataUrls,
} from "../../src/issuers/metadata.ts";
import { resolvePlatform } from "../../src/runtime/platform.ts";
import {
  answerJson,
  answerNothing,
  answerStatus,
  type TestNetwork,
  testNetwork,
} from "../../src/testing/mod.ts";
import { unusableMetadata } from "../support/unusable_metadata.ts";

const ISSUER = "http://localhost:9000/tenant1";
const [RFC_8414 = ""] = metadataUrls(ISSUER);

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

for (const [why, answer] of unusableMetadata) {
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

test("handleOAuthAuthorizationServerRequest() answers 502 while the issuer is unreachable, and 200 afterwards", async () => {
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

test("handleOAuthAuthorizationServerRequest() mirrors for 70 minutes while the issuer is unreachable", async () => {
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

test("handleOAuthAuthorizationServerRequest() requests the issuer's metadata once in eight minutes, for any number of clients", async () => {
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

test("handleOAuthAuthorizationServerRequest() reads no metadata by http from another host, unless that is allowed", async () => {
  const network = testNetwork();
  const metadata_url = "http://keycloak:8080/metadata";
  network.serve(metadata_url, answerJson({ issuer: ISSUER }));
  const mirror = (allowHttp?: true): Promise<Response> =>
    handleOAuthAuthorizationServerRequest(
      new Request("http://localhost:8787/"),
      { issuer: ISSUER, metadata_url, allowHttp, platform: network },
    );
  await assertRejects(() => mirror(), TypeError, "Cannot use metadata_url");
  assertEquals(network.requests, []);
  assertEquals((await mirror(true)).status, 200);
});
