import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { test } from "node:test";
import { accepted, refused } from "../src/decisions.ts";
import {
  AccessTokenError,
  AuthorizationServerError,
  RequestError,
} from "../src/errors.ts";
import { answerNothing } from "../src/testing/mod.ts";
import { callOf, ISSUER, post, protect } from "./support/protected.ts";

const SCOPES = {
  operations: { "tools/call": { "*": [], purge_notes: ["notes:admin"] } },
};

test("accepted() tells who the caller is and what was asked, without the token", () => {
  const decision = accepted(
    {
      token: "the.access.token",
      clientId: "client-1",
      scopes: ["a"],
      extra: { iss: ISSUER, sub: "user-1", claims: { jti: "x" } },
    },
    [{ method: "tools/call", name: "whoami" }],
  );
  assertEquals(decision, {
    outcome: "accepted",
    issuer: ISSUER,
    subject: "user-1",
    clientId: "client-1",
    scopes: ["a"],
    operations: [{ method: "tools/call", name: "whoami" }],
  });
});

test("refused() tells the reason, the status and the error", () => {
  const error = new AccessTokenError("expired");
  assertEquals(refused(error, 401), {
    outcome: "refused",
    reason: "expired",
    status: 401,
    error,
  });
  const request = new RequestError("body_too_large");
  assertEquals(refused(request, 413), {
    outcome: "refused",
    reason: "body_too_large",
    status: 413,
    error: request,
  });
});

test("refused() tells of an issuer that is away as of nobody's fault", () => {
  const error = new AuthorizationServerError("away");
  assertEquals(refused(error, 503), { outcome: "unavailable", error });
});

test("onDecision is told of an accepted request before its handler runs", async () => {
  const { handle, issuer, decisions } = protect(
    { scopes: SCOPES },
    () => new Response(`${decisions.length}`),
  );
  const token = await issuer.token({ scope: "notes:read" });
  const response = await handle(post({ token, body: callOf("whoami") }));
  assertEquals(await response.text(), "1");
  assertEquals(decisions, [{
    outcome: "accepted",
    issuer: ISSUER,
    subject: "user-1",
    clientId: "client-1",
    scopes: ["notes:read"],
    operations: [{ method: "tools/call", name: "whoami" }],
  }]);
});

test("onDecision is told of every operation of a batch", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  const body = [
    callOf("a"),
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 1, result: {} },
    callOf("b"),
  ];
  await handle(post({ token: await issuer.token(), body }));
  const [decision] = decisions;
  assert(decision?.outcome === "accepted");
  assertEquals(decision.operations, [
    { method: "tools/call", name: "a" },
    { method: "notifications/initialized" },
    { method: "tools/call", name: "b" },
  ]);
});

test("onDecision is told why a request was refused: more than its client is", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  await handle(post());
  await handle(post({ token: await issuer.token({ aud: "x" }) }));
  await handle(
    post({ token: await issuer.token(), body: callOf("purge_notes") }),
  );
  await handle(post({ headers: { origin: "https://evil.example" } }));
  const told = decisions.map((decision) =>
    decision.outcome === "refused" ? [decision.reason, decision.status] : []
  );
  assertEquals(told, [
    ["no_credentials", 401],
    ["wrong_audience", 401],
    ["insufficient_scope", 403],
    ["origin_not_allowed", 403],
  ]);
});

test("onDecision is told of a request without credentials before it is answered", async () => {
  const { handle, decisions } = protect({
    anonymous: () => new Response(`${decisions.length}`),
  });
  const response = await handle(post());
  assertEquals(await response.text(), "1");
  assertEquals(decisions, [{ outcome: "anonymous" }]);
});

test("onDecision is told no params of an operation, which may be secret", async () => {
  const { handle, issuer, decisions } = protect({ scopes: SCOPES });
  const body = {
    method: "tools/call",
    params: { name: "a", arguments: { password: "CANARY" } },
  };
  await handle(post({ token: await issuer.token(), body }));
  assertEquals(decisions.length, 1);
  assertFalse(JSON.stringify(decisions).includes("CANARY"));
});

test("onDecision is told of what could not be decided", async () => {
  const { handle, issuer, network, decisions } = protect();
  network.outage = answerNothing();
  await handle(post({ token: await issuer.token() }));
  const [decision] = decisions;
  assert(decision?.outcome === "unavailable");
  assertInstanceOf(decision.error, AuthorizationServerError);
});

test("onDecision is told of a refusal that the handler throws", async () => {
  const { handle, issuer, decisions } = protect({}, () => {
    throw new AccessTokenError("insufficient_user_authentication");
  });
  await handle(post({ token: await issuer.token() }));
  assertEquals(
    decisions.map(({ outcome }) => outcome),
    ["accepted", "refused"],
  );
});

test("onDecision is told nothing of public documents, preflights and other paths", async () => {
  const { handle, decisions } = protect();
  for (
    const path of [
      "/.well-known/oauth-protected-resource/mcp",
      "/.well-known/oauth-authorization-server",
      "/elsewhere",
    ]
  ) await handle(new Request(`http://localhost:8787${path}`));
  await handle(
    new Request("http://localhost:8787/mcp", { method: "OPTIONS" }),
  );
  assertEquals(decisions, []);
});

test("onDecision's own errors are thrown on", async () => {
  const broken = new Error("log is full");
  const { handle, calls, issuer } = protect({
    onDecision: () => {
      throw broken;
    },
  });
  const token = await issuer.token();
  for (const request of [post(), post({ token })]) {
    assertEquals(
      await assertRejects(async () => await handle(request)),
      broken,
    );
  }
  assertEquals(calls.length, 0);
});
