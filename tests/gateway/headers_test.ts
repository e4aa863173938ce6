import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { requestHeaders, responseHeaders } from "../../src/gateway/headers.ts";

const names = (headers: Headers): string[] => [...headers.keys()];

/** What a client may send, and why it stays at the gateway. */
const KEPT_FROM_UPSTREAM: readonly (readonly [
  why: string,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["the token", { authorization: "Bearer x" }],
  ["the token's proof", { dpop: "x" }],
  ["this origin's cookies", { cookie: "a=b" }],
  ["a proxy's credentials", { "proxy-authorization": "Basic x" }],
  ["what is between two connections", {
    connection: "keep-alive, x-mine",
    "x-mine": "1",
    "keep-alive": "timeout=5",
    te: "trailers",
    trailer: "x-late",
    upgrade: "websocket",
    "proxy-connection": "close",
    "http2-settings": "x",
  }],
  ["the framing of its body", { "content-length": "3" }],
  ["an expectation of the server", { expect: "100-continue" }],
  ["the name of the gateway", { host: "notes.example.com" }],
  ["where it says it comes from", {
    forwarded: "for=10.0.0.1",
    "x-forwarded-for": "10.0.0.1",
    "x-real-ip": "10.0.0.1",
    "x-client-ip": "10.0.0.1",
    "x-cluster-client-ip": "10.0.0.1",
    "client-ip": "10.0.0.1",
    "true-client-ip": "10.0.0.1",
    "cf-connecting-ip": "10.0.0.1",
    "fastly-client-ip": "10.0.0.1",
    "fly-client-ip": "10.0.0.1",
    "x-envoy-external-address": "10.0.0.1",
    "x-original-forwarded-for": "10.0.0.1",
  }],
  ["whom it says it is", {
    "x-forwarded-user": "admin",
    "x-forwarded-email": "admin@example.com",
    "x-forwarded-groups": "admins",
    "x-forwarded-preferred-username": "admin",
    "x-gatehouse-assertion": "x",
  }],
  ["whom it says it is, as other proxies do", {
    "remote-user": "admin",
    "x-remote-user": "admin",
    "x-auth-request-user": "admin",
    "x-authenticated-user": "admin",
    "x-webauth-user": "admin",
    "x-ssl-client-cert": "x",
    "cf-access-authenticated-user-email": "x",
    "x-amzn-oidc-identity": "x",
    "x-goog-authenticated-user-email": "x",
    "x-ms-client-principal-name": "x",
    "tailscale-user-login": "x",
    "oidc-claim-sub": "admin",
    "x-vouch-user": "admin",
    "x-userinfo": "x",
  }],
  ["whom it says it is, spelled as CGI reads it", {
    x_forwarded_user: "admin",
    "x-forwarded_user": "admin",
    "x.forwarded.user": "admin",
    "x_gatehouse-assertion": "x",
    remote_user: "admin",
    "x_mcp-param-user": "admin",
  }],
  ["a session by another spelling", { mcp_session_id: "x" }],
  ["another method or path than was judged", {
    "x-http-method-override": "DELETE",
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
  }],
  ["its page, which was judged", {
    origin: "https://app.example",
    referer: "https://app.example/",
    "sec-fetch-site": "cross-site",
  }],
];

for (const [why, headers] of KEPT_FROM_UPSTREAM) {
  test(`requestHeaders() keeps back ${why}`, () => {
    const sent = new Headers({ ...headers, accept: "*/*" });
    assertEquals(names(requestHeaders(sent)), ["accept", "accept-encoding"]);
  });
}

test("requestHeaders() passes on what MCP and applications send", () => {
  const sent = {
    accept: "application/json, text/event-stream",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "last-event-id": "7",
    "mcp-method": "tools/call",
    "mcp-name": "echo",
    "mcp-param-region_1": "eu",
    "mcp-protocol-version": "2026-07-28",
    "mcp-session-id": "s",
    traceparent: "00-0-0-00",
    "user-agent": "x",
    "x-custom": "y",
  };
  assertEquals(Object.fromEntries(requestHeaders(new Headers(sent))), sent);
});

/** What an upstream may send, and why no client receives it. */
const KEPT_FROM_CLIENTS: readonly (readonly [
  why: string,
  headers: Readonly<Record<string, string>>,
])[] = [
  ["cookies of this origin", { "set-cookie": "a=b" }],
  ["what the upstream is made of", { server: "x", "x-powered-by": "y" }],
  ["a challenge", { "www-authenticate": "Basic", "proxy-authenticate": "x" }],
  ["another URL", {
    location: "http://internal/",
    "content-location": "http://internal/",
    refresh: "0; url=http://internal/",
    "alt-svc": 'h3=":443"',
  }],
  ["rules of CORS", {
    "access-control-allow-origin": "https://evil.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "x",
  }],
  ["what is between two connections", {
    connection: "x-mine",
    "x-mine": "1",
    "transfer-encoding": "chunked",
    "keep-alive": "timeout=5",
  }],
  ["a length, which may be wrong", { "content-length": "3" }],
  ["orders for a proxy in front", {
    "x-accel-redirect": "/etc/passwd",
    "x-sendfile": "/etc/passwd",
  }],
  ["what it was told of the caller", {
    "x-forwarded-user": "ada",
    "x-gatehouse-assertion": "x",
  }],
  ["a promise for the whole origin", {
    "strict-transport-security": "max-age=1",
    "clear-site-data": "*",
    "nel": "{}",
    "report-to": "{}",
    "reporting-endpoints": 'default="https://other.example/"',
    "service-worker-allowed": "/",
  }],
];

for (const [why, headers] of KEPT_FROM_CLIENTS) {
  test(`responseHeaders() keeps back ${why}`, () => {
    const sent = new Headers({ ...headers, "content-type": "a/b" });
    const kept = responseHeaders(sent);
    assertEquals(names(kept), ["content-type"]);
  });
}

test("responseHeaders() passes on the rest", () => {
  const sent = {
    "cache-control": "no-cache",
    "content-type": "text/event-stream",
    "mcp-session-id": "s",
    "retry-after": "3",
    "x-accel-buffering": "no",
  };
  const kept = responseHeaders(new Headers(sent));
  assertEquals(Object.fromEntries(kept), sent);
});
