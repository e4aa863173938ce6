/**
 * The headers that may cross the gateway, in each direction. Those of one connection stay on it
 * ({@link https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 | RFC 9110 §7.6.1}).
 *
 * @module
 */

const HOP_BY_HOP: readonly string[] = [
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

const NOT_FROM_CLIENTS = new Set([
  ...HOP_BY_HOP,
  "host", // the upstream's, which `fetch` writes
  "content-length", // written anew, with the body
  "expect", // answered by the server in front
  "accept-encoding",
  "authorization",
  "dpop",
  "cookie", // this origin's, where the upstream sets none
  // The guard has judged these; the upstream is asked by no browser.
  "origin",
  "referer",
  // By these the upstream would read another method, path or scheme than the guard did.
  "front-end-https",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
  "forwarded",
]);

/** By these a proxy tells a server who calls, or from where. The server may still trust them. */
const IDENTITY = new RegExp(
  "^(?:" + [
    "cf-access-",
    "cf-connecting-ip",
    "client-ip$",
    "fastly-client-ip$",
    "fly-client-ip$",
    "impersonate-",
    "oidc-",
    "remote-",
    "sec-",
    "ssl-client-",
    "tailscale-",
    "true-client-ip$",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-authenticated-",
    "x-authentik-",
    "x-client-cert",
    "x-client-ip$",
    "x-cluster-client-ip$",
    "x-consumer-",
    "x-envoy-",
    "x-forwarded-",
    "x-gatehouse-",
    "x-goog-authenticated-",
    "x-goog-iap-",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-original-forwarded-for$",
    "x-pomerium-",
    "x-real-ip$",
    "x-remote-",
    "x-ssl-client-",
    "x-userinfo$",
    "x-vouch-",
    "x-webauth-",
  ].join("|") + ")",
);

/** Many servers read `_`, `.` and others as `-`, so a name with one could stand for a header that was judged or removed. */
const NAME = /^[a-z\d-]+$/;
/** MCP makes these of a tool's parameters, so their names are anything. */
const PARAMETER_NAME = /^mcp-param-/;

/** The headers of a client's request that go on. */
export function requestHeaders(received: Headers): Headers {
  const dropped = connectionOptions(received);
  const headers = new Headers();
  for (const [name, value] of received) {
    if (
      (NAME.test(name) || PARAMETER_NAME.test(name)) &&
      !NOT_FROM_CLIENTS.has(name) && !IDENTITY.test(name) && !dropped.has(name)
    ) headers.append(name, value);
  }
  // Compression would save nothing beside the server, and runtimes differ in what they can undo.
  headers.set("accept-encoding", "identity");
  return headers;
}

const NOT_FROM_UPSTREAM = new Set([
  ...HOP_BY_HOP,
  "content-length", // runtimes pass on a wrong one
  "set-cookie",
  "server",
  "x-powered-by",
  // The gateway alone says who may come in, and where this origin is.
  "www-authenticate",
  "authentication-info",
  "proxy-authentication-info",
  "alt-svc",
  "clear-site-data",
  "content-location",
  "dpop-nonce",
  "location",
  "nel",
  "refresh",
  "report-to",
  "reporting-endpoints",
  "service-worker-allowed",
  "strict-transport-security",
]);

/** CORS, and what a proxy in front would take for an order. */
const ORDERS =
  /^(?:access-control-|x-accel-(?!buffering$)|x-sendfile|x-gatehouse-|x-forwarded-)/;

/** The headers of the upstream's response that go on. */
export function responseHeaders(received: Headers): Headers {
  const dropped = connectionOptions(received);
  const headers = new Headers();
  for (const [name, value] of received) {
    if (
      !NOT_FROM_UPSTREAM.has(name) && !ORDERS.test(name) && !dropped.has(name)
    ) headers.append(name, value);
  }
  return headers;
}

/** The headers that `Connection` names. */
function connectionOptions(headers: Headers): ReadonlySet<string> {
  const options = headers.get("connection")?.toLowerCase().split(",") ?? [];
  return new Set(options.map((option) => option.trim()));
}
