import { assertEquals, assertThrows } from "@std/assert";
import { SignJWT } from "jose";
import { test } from "node:test";
import { handleOAuthAuthorizationServerRequest } from "../src/discovery/issuer_mirror.ts";
import { metadataUrls } from "../src/issuers/metadata.ts";
import {
  formatChallenge,
  parseChallenges,
} from "../src/http/www_authenticate.ts";
import { credentialsReader } from "../src/http/credentials.ts";
import {
  handleOAuthProtectedResourceRequest,
  protectedResourceMetadataUrl,
} from "../src/discovery/resource_metadata.ts";
import { protectResource } from "../src/protect_resource.ts";
import type { AuthInfo } from "../src/types.ts";
import {
  answerJson,
  testIssuer,
  type TestKey,
  testKey,
  testNetwork,
} from "../src/testing/mod.ts";
import {
  ACCESS_TOKEN_EXAMPLES,
  type AccessTokenExample,
} from "./vectors/access_tokens.ts";
import { CHALLENGE_EXAMPLES } from "./vectors/challenges.ts";
import {
  CREDENTIALS_EXAMPLES,
  type CredentialsExample,
} from "./vectors/credentials.ts";
import { SIGNED_EXAMPLES } from "./vectors/jws.ts";
import {
  AUTHORIZATION_SERVER_METADATA,
  ISSUER_URLS,
  RESOURCE_METADATA,
  RESOURCE_URLS,
} from "./vectors/metadata.ts";
import { type Verdict, verdictOf } from "./vectors/verdict.ts";

for (const [where, what, verdict, jws, ...keys] of SIGNED_EXAMPLES) {
  test(`checkSignature() on ${where}, ${what}: ${verdict}`, async () => {
    assertEquals(await verdictOf(jws, { keys }), verdict);
  });
}

for (const example of ACCESS_TOKEN_EXAMPLES) {
  const { where, what, verdict, caller } = example;
  test(`protectResource() on ${where}, ${what}: ${verdict}`, async () => {
    const seen = await seenBy(example);
    assertEquals(seen.verdict, verdict);
    if (caller === undefined) return;
    const { clientId, scopes, extra } = seen.authInfo!;
    assertEquals({ clientId, scopes }, caller);
    assertEquals(extra?.["sub"], example.claims["sub"]);
  });
}

for (const [where, what, field, challenges] of CHALLENGE_EXAMPLES) {
  if (challenges === null) {
    test(`parseChallenges() refuses ${where}, ${what}`, () => {
      assertThrows(() => parseChallenges(field), SyntaxError);
    });
  } else {
    test(`parseChallenges() reads ${where}, ${what}`, () => {
      assertEquals(entriesOf(parseChallenges(field)), entriesOf(challenges));
      const written = challenges.map(formatChallenge).join(", ");
      assertEquals(entriesOf(parseChallenges(written)), entriesOf(challenges));
    });
  }
}

for (const example of CREDENTIALS_EXAMPLES) {
  const { where, what, token = "", reason } = example;
  const verb = reason === undefined ? "reads" : "refuses";
  test(`credentialsReader() ${verb} ${where}, ${what}`, () => {
    const read = credentialsReader()(requestOf(example));
    assertEquals([read.token, read.reason], [token, reason]);
  });
}

for (const [what, resource, url] of RESOURCE_URLS) {
  test(`protectedResourceMetadataUrl() on RFC 9728 §3.1, ${what}`, () => {
    assertEquals(protectedResourceMetadataUrl(resource), url);
  });
}

for (const [what, issuer, ...urls] of ISSUER_URLS) {
  test(`metadataUrls() on RFC 8414 §3.1, ${what}`, () => {
    assertEquals(metadataUrls(issuer), urls);
  });
}

test("handleOAuthProtectedResourceRequest() on RFC 9728 §3.2", async () => {
  const response = handleOAuthProtectedResourceRequest(
    new Request(RESOURCE_URLS[0]![2]!),
    RESOURCE_METADATA,
  );
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(await response.json(), {
    ...RESOURCE_METADATA,
    bearer_methods_supported: ["header"],
  });
});

test("handleOAuthAuthorizationServerRequest() on RFC 8414 §3.2", async () => {
  const { issuer } = AUTHORIZATION_SERVER_METADATA;
  const platform = testNetwork();
  platform.serve(
    metadataUrls(issuer)[0]!,
    answerJson(AUTHORIZATION_SERVER_METADATA),
  );
  const response = await handleOAuthAuthorizationServerRequest(
    new Request("https://resource.example.com/x"),
    { issuer, platform },
  );
  assertEquals(response.status, 200);
  assertEquals(await response.json(), AUTHORIZATION_SERVER_METADATA);
});

const keys = new Map<string, Promise<TestKey>>();

function keyFor(alg: string): Promise<TestKey> {
  const key = keys.get(alg) ?? testKey(alg);
  keys.set(alg, key);
  return key;
}

/** What becomes of a token that says what the RFC shows, and is signed by an issuer of ours. */
async function seenBy(
  { header, claims, issuer, resource, now }: AccessTokenExample,
): Promise<{ readonly verdict: Verdict; readonly authInfo?: AuthInfo }> {
  const network = testNetwork();
  network.pass(now - network.now() / 1000);
  const { privateKey, jwk } = await keyFor(header.alg);
  const kid = `${header["kid"] ?? "x"}`;
  const keys = [{ alg: header.alg, kid, privateKey, jwk: { ...jwk, kid } }];
  await testIssuer({ platform: network, issuer, audience: resource, keys });
  const token = await new SignJWT(claims).setProtectedHeader(header)
    .sign(privateKey);
  let authInfo: AuthInfo | undefined;
  let verdict: Verdict = "accepted";
  const handle = protectResource((_, context) => {
    authInfo = context.authInfo;
    return new Response();
  }, {
    metadata: { resource, authorization_servers: [issuer] },
    platform: network,
    onDecision(decision): void {
      if ("reason" in decision) verdict = decision.reason as Verdict;
    },
  });
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await handle(new Request(resource, { headers }));
  assertEquals(status, verdict === "accepted" ? 200 : 401);
  return authInfo === undefined ? { verdict } : { verdict, authInfo };
}

function requestOf(
  { fields = [], url = "https://server.example.com/resource", body }:
    CredentialsExample,
): Request {
  const headers = new Headers();
  for (const field of fields) headers.append("authorization", field);
  return new Request(
    url,
    body === undefined ? { headers } : { headers, method: "POST", body },
  );
}

/** Parameters have no prototype, so they are compared by what they hold. */
function entriesOf(
  challenges: readonly ReturnType<typeof parseChallenges>[number][],
): unknown {
  return challenges.map(({ scheme, params }) => [
    scheme,
    Object.entries(params),
  ]);
}
