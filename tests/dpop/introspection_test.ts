import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { dpop } from "../../src/dpop/mod.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { testIssuer, testKeyHolder } from "../../src/testing/mod.ts";
import { introspectionVerifier } from "../../src/tokens/introspection_verifier.ts";
import { assertChallenge } from "./world.ts";

const url = "https://notes.example.com/mcp";
const issuer = await testIssuer({
  issuer: "https://auth.example.com",
  audience: url,
});
const { platform } = issuer;
const holder = await testKeyHolder({ now: platform.now });
const { client_id, client_secret = "" } = issuer.client;
const options = {
  metadata: { resource: url, authorization_servers: [issuer.issuer] },
  platform,
  verifyAccessToken: introspectionVerifier({
    issuer: issuer.issuer,
    client: { client_id, client_secret },
    platform,
  }),
};
const guard = protectResource(() => new Response("Hello"), {
  ...options,
  dpop: dpop({ mode: "optional" }),
});

for (const token_type of [undefined, "DPoP", "dpop", "Bearer"]) {
  test(`dpop() verifies the binding of an opaque token of type ${token_type}, cached or not`, async () => {
    const token = issuer.opaqueToken({ cnf: holder.cnf, token_type });
    const { length } = issuer.introspections;
    for (let i = 0; i < 2; i++) {
      const headers = await holder.headers({ url, token });
      const request = (): Request => new Request(url, { headers });
      assertEquals((await guard(request())).status, 200);
      assertChallenge(
        await guard(request()),
        "dpop",
        401,
        "invalid_dpop_proof",
      );
    }
    const bearer = { authorization: `Bearer ${token}` };
    const response = await guard(new Request(url, { headers: bearer }));
    assertChallenge(response, "bearer", 401, "invalid_token");
    assertEquals(issuer.introspections.length, length + 1);
  });
}

test("an opaque token of type DPoP is rejected without dpop", async () => {
  const token = issuer.opaqueToken({ cnf: holder.cnf, token_type: "DPoP" });
  const handle = protectResource(() => new Response("Hello"), options);
  for (const scheme of ["Bearer", "DPoP"]) {
    const headers = { authorization: `${scheme} ${token}` };
    assertEquals((await handle(new Request(url, { headers }))).status, 401);
  }
});
