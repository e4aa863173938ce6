/** An option that is `undefined` is as one that is left out: programs hand on what they were not given. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  lambdaAuthorizer,
  toLambdaHandler,
} from "../src/adapters/aws_lambda.ts";
import { toRouteHandlers } from "../src/adapters/vercel.ts";
import { withCors } from "../src/http/cors.ts";
import type { ProtectedResourceOptions } from "../src/options.ts";
import { protectResource } from "../src/protect_resource.ts";
import { protectResources } from "../src/protect_resources.ts";
import { publishIssuer } from "../src/testing/issuer.ts";
import { testIssuer, testNetwork } from "../src/testing/mod.ts";
import { introspectionVerifier } from "../src/tokens/introspection_verifier.ts";
import { jwtVerifier } from "../src/tokens/jwt_verifier.ts";
import type { AccessTokenVerifier } from "../src/types.ts";
import { ISSUER, KEY, METADATA, post, RESOURCE } from "./support/protected.ts";

const network = testNetwork();
const issuer = publishIssuer(network, {
  issuer: ISSUER,
  audience: RESOURCE,
  keys: [KEY],
  metadata: undefined,
  client: undefined,
  platform: undefined,
});
const platform = { ...network, cache: undefined, waitUntil: undefined };
const options: ProtectedResourceOptions = {
  metadata: {
    ...METADATA,
    scopes_supported: undefined,
    resource_name: undefined,
  },
  issuers: undefined,
  verifyAccessToken: undefined,
  dpop: undefined,
  scopes: undefined,
  anonymous: undefined,
  clockToleranceSeconds: undefined,
  tokenCacheBytes: undefined,
  maxBodyBytes: undefined,
  path: undefined,
  cors: undefined,
  mirror: undefined,
  otherwise: undefined,
  onDecision: undefined,
  platform,
};

/** Options of a resource, nested ones among them. */
const resources: readonly (readonly [
  what: string,
  options: ProtectedResourceOptions,
])[] = [
  ["every option", options],
  ["every member of an issuer's rules", {
    ...options,
    issuers: {
      [ISSUER]: {
        audience: undefined,
        typ: undefined,
        algorithms: undefined,
        jwks_uri: undefined,
        claims: undefined,
      },
    },
  }],
  ["every member of the scope policy", {
    ...options,
    scopes: {
      initial: undefined,
      required: undefined,
      operations: undefined,
      implies: undefined,
      authentication: undefined,
      lists: undefined,
    },
  }],
  ["every member of what is nested in the scope policy", {
    ...options,
    scopes: {
      implies: { "notes:write": undefined },
      authentication: {
        required: { acr_values: undefined, max_age: undefined },
        operations: undefined,
      },
    },
  }],
  ["every member of cors", {
    ...options,
    cors: {
      origins: undefined,
      hosts: undefined,
      allowHeaders: undefined,
      exposeHeaders: undefined,
      maxAgeSeconds: undefined,
    },
  }],
  ["the mirror's platform", {
    ...options,
    mirror: { issuer: ISSUER, platform: undefined },
  }],
];

for (const [what, given] of resources) {
  test(`protectResource() takes undefined for ${what}`, async () => {
    const handle = protectResource(() => new Response("Hello"), given);
    const token = await issuer.token();
    assertEquals((await handle(post({ token }))).status, 200);
    assertEquals((await handle(post())).status, 401);
    const document = await handle(
      new Request(
        "http://localhost:8787/.well-known/oauth-protected-resource/mcp",
      ),
    );
    assertEquals(await document.json(), {
      ...METADATA,
      bearer_methods_supported: ["header"],
    });
    const mirror = await handle(
      new Request(
        "http://localhost:8787/.well-known/oauth-authorization-server",
      ),
    );
    assertEquals((await mirror.json()).issuer, ISSUER);
  });
}

test("a platform whose fetch and now are undefined has the runtime's own", async () => {
  const own = await testIssuer({
    issuer: "https://auth.example.com",
    audience: RESOURCE,
    keys: undefined,
    metadata: undefined,
    client: { client_id: "notes", client_secret: undefined, key: undefined },
    platform: undefined,
  });
  const handle = protectResource(() => new Response("Hello"), {
    metadata: { ...METADATA, authorization_servers: [own.issuer] },
    platform: { fetch: own.platform.fetch, now: undefined },
  });
  const iat = Math.floor(Date.now() / 1000);
  const token = await own.token({ iat, exp: iat + 60 });
  assertEquals((await handle(post({ token }))).status, 200);
  const here = protectResource(() => new Response("Hello"), {
    metadata: { ...METADATA, authorization_servers: [own.issuer] },
    platform: { fetch: undefined, now: own.platform.now },
  });
  const { fetch } = globalThis;
  globalThis.fetch = own.platform.fetch as typeof fetch;
  try {
    const response = await here(post({ token: await own.token() }));
    assertEquals(response.status, 200);
  } finally {
    globalThis.fetch = fetch;
  }
});

/** Verifiers by themselves. */
const verifiers: readonly (readonly [
  what: string,
  verifier: AccessTokenVerifier,
])[] = [
  [
    "jwtVerifier()",
    jwtVerifier({
      authorization_servers: [ISSUER],
      issuers: undefined,
      tokenCacheBytes: undefined,
      platform: network,
    }),
  ],
  [
    "introspectionVerifier()",
    introspectionVerifier({
      issuer: ISSUER,
      client: {
        client_id: issuer.client.client_id,
        client_secret: issuer.client.client_secret!,
        method: undefined,
      },
      introspection_endpoint: undefined,
      audience: undefined,
      claims: undefined,
      cacheSeconds: undefined,
      platform: network,
    }),
  ],
];

for (const [what, verifier] of verifiers) {
  test(`${what} takes undefined for every option`, async () => {
    assertEquals((await verifier(await issuer.token())).sub, "user-1");
  });
}

test("protectResources() takes undefined for otherwise", async () => {
  const handle = protectResources([[() => new Response("Hello"), options]], {
    otherwise: undefined,
  });
  const elsewhere = new Request("http://localhost:8787/elsewhere");
  assertEquals((await handle(elsewhere)).status, 404);
});

test("withCors() takes undefined for every option", async () => {
  const handle = withCors(() => new Response("Hello"), {
    origins: undefined,
    hosts: undefined,
    allowHeaders: undefined,
    exposeHeaders: undefined,
    maxAgeSeconds: undefined,
  });
  const headers = { origin: "https://app.example.com" };
  const response = await handle(new Request(RESOURCE, { headers }));
  assertEquals(response.headers.get("access-control-allow-origin"), "*");
});

test("lambdaAuthorizer() takes undefined for every option", async () => {
  const { verifyAccessToken, clockToleranceSeconds, tokenCacheBytes } = options;
  const authorize = lambdaAuthorizer({
    metadata: METADATA,
    issuers: undefined,
    verifyAccessToken,
    clockToleranceSeconds,
    tokenCacheBytes,
    scopes: undefined,
    refusals: undefined,
    answer: undefined,
    onDecision: undefined,
    platform,
  });
  const event = {
    version: "2.0",
    routeArn: "arn:aws:execute-api:eu-west-1:1:api/stage/POST/mcp",
    rawPath: "/mcp",
    headers: { authorization: `Bearer ${await issuer.token()}` },
    requestContext: { http: { method: "POST" } },
  };
  assertEquals((await authorize(event)).isAuthorized, true);
});

test("the adapters take undefined for every option", async () => {
  const { GET } = toRouteHandlers(() => new Response("Hello"), {
    waitUntil: undefined,
  });
  assertEquals((await GET(new Request(RESOURCE))).status, 200);
  const handler = toLambdaHandler(() => new Response("Hello"));
  assertEquals((await handler({})).statusCode, 400);
});
