import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { test } from "node:test";
import { protectedResource } from "../../src/adapters/hono.ts";
import { dpop } from "../../src/dpop/mod.ts";
import { AccessTokenError } from "../../src/errors.ts";
import { testIssuer, testKeyHolder } from "../../src/testing/mod.ts";
import { assertChallenge } from "./world.ts";

const ORIGIN = "https://notes.example.com";
const issuer = await testIssuer({
  issuer: "https://auth.example.com",
  audience: `${ORIGIN}/v1/mcp`,
});
const holder = await testKeyHolder({ now: issuer.platform.now });
const token = await issuer.token({ cnf: holder.cnf });

function guarded(): ReturnType<typeof protectedResource> {
  return protectedResource({
    metadata: {
      resource: `${ORIGIN}/v1/mcp`,
      authorization_servers: [issuer.issuer],
    },
    platform: issuer.platform,
    dpop: dpop({ mode: "optional" }),
  });
}

const requests: readonly (readonly [
  why: string,
  mount: string,
  path: string,
  htu: string,
  status: number,
])[] = [
  ["the resource", "/v1/mcp/*", "/v1/mcp", "/v1/mcp", 200],
  ["a path below", "/v1/mcp/*", "/v1/mcp/a", "/v1/mcp/a", 200],
  ["the resource for a path below", "/v1/mcp/*", "/v1/mcp/a", "/v1/mcp", 401],
  [
    "the public path, of which a proxy strips a part",
    "/mcp/*",
    "/mcp/a",
    "/v1/mcp/a",
    200,
  ],
  ["the path behind such a proxy", "/mcp/*", "/mcp/a", "/mcp/a", 401],
  ["the public path, of which a proxy strips all", "*", "/a", "/v1/mcp/a", 200],
];

for (const [why, mount, path, htu, status] of requests) {
  test(`protectedResource() on ${mount} answers ${status} to a proof for ${why}`, async () => {
    const app = new Hono().use(mount, guarded()).all("*", (c) => c.text("in"));
    const url = `${ORIGIN}${path}`;
    const proof = await holder.proof({ url: `${ORIGIN}${htu}`, token });
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    const response = await app.fetch(new Request(url, { headers }));
    assertEquals(response.status, status);
  });
}

test("protectedResource() decides once on a request that meets it twice: the proof is used up", async () => {
  const resource = guarded();
  const app = new Hono().use("/v1/mcp", resource).use("/v1/mcp/*", resource)
    .all("*", (c) => c.text("in"));
  const url = `${ORIGIN}/v1/mcp`;
  const headers = await holder.headers({ url, token });
  const statuses = [];
  for (let i = 0; i < 2; i++) {
    statuses.push((await app.fetch(new Request(url, { headers }))).status);
  }
  assertEquals(statuses, [200, 401]);
});

test("protectedResource() asks for more scope in the scheme of the request, if a handler does", async () => {
  const app = new Hono().use("*", guarded()).all("*", () => {
    throw new AccessTokenError("insufficient_scope", { scope: ["a"] });
  });
  const url = `${ORIGIN}/v1/mcp`;
  const headers = await holder.headers({ url, token });
  const response = await app.fetch(new Request(url, { headers }));
  assertChallenge(response, "dpop", 403, "insufficient_scope");
});
