import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { dpop } from "../../src/dpop/mod.ts";
import { parseChallenges } from "../../src/http/www_authenticate.ts";
import { protectResource } from "../../src/protect_resource.ts";
import { testKeyHolder } from "../../src/testing/mod.ts";
import {
  ISSUER,
  METADATA,
  METADATA_URL,
  post,
  protect,
  RESOURCE,
} from "../support/protected.ts";
import { assertChallenge, dpopWorld } from "./world.ts";

const ALGS = 'DPoP algs="ES256 EdDSA Ed25519"';

for (const alg of ["ES256", "EdDSA", "Ed25519"]) {
  test(`dpop() accepts a bound token with a proof of ${alg}`, async () => {
    const { network, issuer, handle, calls } = await dpopWorld();
    const holder = await testKeyHolder({ alg, now: network.now });
    const token = await issuer.token({ cnf: holder.cnf });
    const headers = await holder.headers({ url: RESOURCE, token });
    const response = await handle(new Request(RESOURCE, { headers }));
    assertEquals([response.status, await response.text()], [200, "Hello"]);
    assertEquals(calls[0]?.[1].authInfo.token, token);
  });
}

for (const method of ["GET", "POST", "DELETE"]) {
  test(`dpop() needs a new proof for each ${method} of a cached token`, async () => {
    const { send, proof } = await dpopWorld();
    assertEquals((await send({ method })).status, 200);
    const again = await proof({ method });
    assertEquals((await send({ method, proof: again })).status, 200);
    assertChallenge(
      await send({ method, proof: again }),
      "dpop",
      401,
      "invalid_dpop_proof",
    );
    assertChallenge(
      await send({ method, proof: null }),
      "dpop",
      401,
      "invalid_dpop_proof",
    );
  });
}

test("dpop() in optional mode accepts an unbound token as Bearer", async () => {
  const { issuer, send } = await dpopWorld();
  const token = await issuer.token();
  const response = await send({ scheme: "Bearer", token, proof: null });
  assertEquals(response.status, 200);
});

const bound: readonly (readonly [what: string, cnf: unknown])[] = [
  ["the client's key", "own"],
  ["nothing", {}],
  ["a key and a certificate", { jkt: "own", "x5t#S256": "x" }],
  ["a certificate", { "x5t#S256": "x" }],
  ["a key that is a number", { jkt: 1 }],
  ["a key in a list", { jkt: ["own"] }],
  ["a key that is empty", { jkt: "" }],
  ["a list", ["own"]],
  ["a string", "own-string"],
  ["null", null],
  ["a JWK", { jwk: { kty: "EC" } }],
];

for (const [what, cnf] of bound) {
  for (const mode of ["optional", "required"] as const) {
    for (const scheme of ["Bearer", "DPoP"]) {
      if (cnf === "own" && scheme === "DPoP") continue;
      test(`dpop() in ${mode} mode rejects a token that is bound to ${what} as ${scheme}`, async () => {
        const { holder, issuer, send, calls, decisions } = await dpopWorld({
          mode,
        });
        const { jkt } = holder.cnf;
        const token = await issuer.token({
          cnf: cnf === "own"
            ? holder.cnf
            : JSON.parse(JSON.stringify(cnf).replaceAll('"own"', `"${jkt}"`)),
        });
        const response = await send({ scheme, token });
        const isBearer = scheme === "Bearer" && mode === "optional";
        assertChallenge(
          response,
          isBearer ? "bearer" : "dpop",
          401,
          mode === "required" && scheme === "Bearer"
            ? undefined
            : "invalid_token",
        );
        assertEquals(calls.length, 0);
        if (scheme === "Bearer") return;
        const decision = decisions.at(-1);
        assert(decision?.outcome === "refused");
        assertEquals(
          decision.reason,
          cnf !== null && typeof cnf === "object" && "jkt" in cnf &&
            cnf.jkt === ""
            ? "wrong_binding"
            : "unsupported_confirmation",
        );
      });
    }
  }
}

test("dpop() rejects a bound token as Bearer without a proof, once the token is cached too", async () => {
  const { send, decisions } = await dpopWorld();
  await send();
  const response = await send({ scheme: "Bearer", proof: null });
  assertChallenge(response, "bearer", 401, "invalid_token");
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  assertEquals(decision.reason, "wrong_binding");
});

test("dpop() rejects an unbound token in the scheme DPoP", async () => {
  const { issuer, send, decisions } = await dpopWorld();
  const response = await send({ token: await issuer.token() });
  assertChallenge(response, "dpop", 401, "invalid_token");
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  assertEquals(decision.reason, "wrong_binding");
});

test("dpop() rejects a token with the proof of another key", async () => {
  const { network, token, send } = await dpopWorld();
  const thief = await testKeyHolder({ now: network.now });
  const proof = await thief.proof({ url: RESOURCE, method: "POST", token });
  const response = await send({ proof });
  assertChallenge(response, "dpop", 401, "invalid_token");
});

test("dpop() in required mode rejects Bearer before it verifies the token", async () => {
  const { network, send, issuer } = await dpopWorld({ mode: "required" });
  const token = await issuer.token();
  const response = await send({ scheme: "Bearer", token, proof: null });
  assertChallenge(response, "dpop", 401, undefined);
  assertEquals(network.requests.length, 0);
});

test("without dpop, a bound token is rejected in both schemes, and nothing is offered", async () => {
  const { handle, issuer } = protect();
  const holder = await testKeyHolder({ now: Date.now });
  const token = await issuer.token({ cnf: holder.cnf });
  for (const scheme of ["Bearer", "DPoP"]) {
    const headers = {
      authorization: `${scheme} ${token}`,
      dpop: await holder.proof({ url: RESOURCE, method: "POST", token }),
    };
    const response = await handle(post({ headers }));
    assertEquals(response.status, 401);
    const field = response.headers.get("www-authenticate") ?? "";
    assertEquals(parseChallenges(field).map(({ scheme }) => scheme), [
      "bearer",
    ]);
  }
  assertEquals(await metadataOf(handle), {
    ...METADATA,
    bearer_methods_supported: ["header"],
  });
});

test("dpop() is in the metadata", async () => {
  const algorithms = ["ES256", "PS256"] as const;
  for (const mode of ["optional", "required"] as const) {
    const { handle } = protect({ dpop: dpop({ mode, algorithms }) });
    assertEquals(await metadataOf(handle), {
      ...METADATA,
      bearer_methods_supported: ["header"],
      dpop_signing_alg_values_supported: ["ES256", "PS256"],
      ...(mode === "required" && { dpop_bound_access_tokens_required: true }),
    });
  }
});

test("dpop() offers both schemes to a request without credentials, or DPoP alone", async () => {
  const bearer = `Bearer resource_metadata="${METADATA_URL}"`;
  const fields = {
    optional: `${bearer}, ${ALGS}`,
    required:
      `DPoP resource_metadata="${METADATA_URL}", algs="ES256 EdDSA Ed25519"`,
  };
  for (const mode of ["optional", "required"] as const) {
    const { handle } = await dpopWorld({ mode });
    for (const headers of [{}, { authorization: "Basic YTpi" }]) {
      const response = await handle(post({ headers }));
      assertEquals(response.status, 401);
      assertEquals(response.headers.get("www-authenticate"), fields[mode]);
    }
  }
});

test("dpop() writes an error in the challenge of the request's scheme, and offers the other one without it", async () => {
  const { issuer, send } = await dpopWorld();
  const token = await issuer.token({ exp: 1 });
  const words =
    `error="invalid_token", resource_metadata="${METADATA_URL}", error_description="The access token is expired or not yet valid"`;
  assertEquals(
    (await send({ scheme: "Bearer", token })).headers.get("www-authenticate"),
    `Bearer ${words}, ${ALGS}`,
  );
  assertEquals(
    (await send({ token })).headers.get("www-authenticate"),
    `DPoP ${words}, algs="ES256 EdDSA Ed25519"`,
  );
});

test("dpop() asks for more scope in the scheme of the request", async () => {
  const { issuer, send, holder } = await dpopWorld({}, {
    scopes: { required: ["notes:write"] },
  });
  const unbound = await issuer.token({ scope: "notes:read" });
  const bearer = await send({ scheme: "Bearer", token: unbound });
  const words =
    `error="insufficient_scope", scope="notes:write", resource_metadata="${METADATA_URL}"`;
  assertEquals(bearer.status, 403);
  const field = bearer.headers.get("www-authenticate") ?? "";
  assertStringIncludes(field, `Bearer ${words}`);
  assertEquals(parseChallenges(field).length, 1);
  const token = await issuer.token({
    scope: "notes:read",
    cnf: holder.cnf,
  });
  const response = await send({ token });
  assertChallenge(response, "dpop", 403, "insufficient_scope");
  assertStringIncludes(
    response.headers.get("www-authenticate") ?? "",
    `DPoP ${words}`,
  );
});

test("dpop() tells of two credentials in both challenges", async () => {
  const { token, handle } = await dpopWorld();
  const headers = { authorization: `Bearer ${token}, DPoP ${token}` };
  const response = await handle(post({ headers }));
  assertEquals(response.status, 400);
  const field = response.headers.get("www-authenticate") ?? "";
  assertEquals(
    parseChallenges(field).map(({ scheme, params }) => [scheme, params.error]),
    [["bearer", "invalid_request"], ["dpop", "invalid_request"]],
  );
});

test("dpop() keeps the token and the proof out of the response and of the decision", async () => {
  const { token, proof, send, decisions } = await dpopWorld();
  const sent = await proof({ method: "GET" });
  const response = await send({ proof: sent });
  const answer = JSON.stringify([...response.headers]) + await response.text();
  const decision = decisions.at(-1);
  assert(decision?.outcome === "refused");
  const said = `${answer}${JSON.stringify(decision)}${decision.error.stack}`;
  assert(!said.includes(token) && !said.includes(sent));
});

test("dpop() lets pages send proofs, and read nonces and challenges", async () => {
  const { handle, send } = await dpopWorld({ nonce: {} }, {
    cors: { origins: ["https://app.example"] },
  });
  const headers = {
    origin: "https://app.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, dpop",
  };
  const preflight = await handle(
    new Request(RESOURCE, { method: "OPTIONS", headers }),
  );
  assertEquals(preflight.status, 204);
  assert(
    preflight.headers.get("access-control-allow-headers")?.includes("DPoP"),
  );
  const response = await send({ headers: { origin: "https://app.example" } });
  assertEquals(response.status, 401);
  const exposed = response.headers.get("access-control-expose-headers") ?? "";
  assertStringIncludes(exposed, "DPoP-Nonce");
  assertStringIncludes(exposed, "WWW-Authenticate");
});

test("a slow body does not use the proof twice, and the binding is checked again", async () => {
  let cnf: unknown;
  let introspections = 0;
  const { holder, proof, handle, network, calls } = await dpopWorld({}, {
    scopes: { operations: { "tools/call": [] } },
    verifyAccessToken: () => {
      const iat = network.now() / 1000;
      introspections++;
      return Promise.resolve(
        { iss: ISSUER, aud: RESOURCE, exp: iat + 60, cnf },
      );
    },
  });
  for (
    const [again, status] of [[holder.cnf, 200], [{ jkt: "x" }, 401]] as const
  ) {
    cnf = holder.cnf;
    introspections = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller): void {
        network.pass(5);
        cnf = again;
        controller.enqueue(new TextEncoder().encode("{}"));
        controller.close();
      },
    }, { highWaterMark: 0 });
    const request = new Request(RESOURCE, {
      method: "POST",
      body,
      duplex: "half",
      headers: {
        "content-type": "application/json",
        authorization: "DPoP opaque",
        dpop: await proof({ token: "opaque" }),
      },
    } as RequestInit);
    const response = await handle(request);
    assertEquals([response.status, introspections], [status, 2]);
  }
  assertEquals(calls.length, 1);
});

test("protectResource() takes for dpop only what dpop() returns", () => {
  let message = "";
  try {
    protectResource(() => new Response(), {
      metadata: METADATA,
      dpop: { mode: "optional" } as never,
    });
  } catch (error) {
    message = `${error}`;
  }
  assertStringIncludes(message, "dpop() of @gatehouse/mcp-auth/dpop");
});

async function metadataOf(
  handle: (request: Request) => Response | Promise<Response>,
): Promise<unknown> {
  return await (await handle(new Request(METADATA_URL))).json();
}
