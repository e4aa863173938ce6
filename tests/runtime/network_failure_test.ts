import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { networkFailure } from "../../src/runtime/network_failure.ts";

const failed = (cause: unknown): Error =>
  new TypeError("fetch failed", { cause });
const coded = (code: string, message = ""): Error =>
  Object.assign(new Error(message), { code });
const named = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name });

/** What each runtime was seen to throw, and what is made of it. */
const rows: readonly (readonly [
  why: string,
  error: unknown,
  told: string | undefined,
])[] = [
  [
    "Node.js: nobody listens",
    failed(coded("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1")),
    "connection refused",
  ],
  [
    "Node.js: nobody listens on any of a host's addresses",
    failed({ code: "", errors: [coded("ECONNREFUSED")] }),
    "connection refused",
  ],
  [
    "Deno: nobody listens",
    failed(
      new Error(
        "error sending request for url (https://h/): client error (Connect): tcp connect error: Connection refused (os error 111)",
      ),
    ),
    "connection refused",
  ],
  [
    "Bun: nobody listens",
    coded("ECONNREFUSED", "Unable to connect"),
    "connection refused",
  ],
  [
    "Deno: no permission",
    named(
      "NotCapable",
      'Requires net access to "auth.example:443", run again with the --allow-net flag',
    ),
    "Deno has no permission, run with --allow-net=auth.example:443",
  ],
  ["Node.js: no such name", failed(coded("ENOTFOUND")), "host not found"],
  [
    "Deno: no such name",
    failed(
      new Error(
        "error sending request for url (https://h/): client error (Connect): dns error: failed to lookup address information",
      ),
    ),
    "host not found",
  ],
  ["no route", failed(coded("EHOSTUNREACH")), "host unreachable"],
  [
    "Node.js: a certificate of its own",
    failed(coded("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate")),
    "TLS failed: self-signed certificate",
  ],
  [
    "Deno: a certificate of its own",
    failed(
      new Error(
        "error sending request for url (https://h/): client error (Connect): invalid peer certificate: UnknownIssuer",
      ),
    ),
    "TLS failed: invalid peer certificate: UnknownIssuer",
  ],
  [
    "Deno: no TLS at all",
    failed(
      new Error(
        "error sending request for url (https://h/): client error (Connect): tls handshake eof",
      ),
    ),
    "TLS failed: tls handshake eof",
  ],
  ["no response", new DOMException("", "TimeoutError"), "no response in time"],
  [
    "Node.js: no connection in time",
    failed(coded("UND_ERR_CONNECT_TIMEOUT")),
    "no response in time",
  ],
  [
    "Node.js: hung up",
    failed(coded("UND_ERR_SOCKET", "other side closed")),
    "connection closed",
  ],
  [
    "Deno: hung up",
    failed(new Error("Connection reset by peer (os error 104)")),
    "connection closed",
  ],
  [
    "workerd: hung up",
    new Error("Network connection lost."),
    "connection closed",
  ],
  [
    "Node.js: a port of something else",
    failed(new Error("bad port")),
    "fetch blocks this port",
  ],
  [
    "Deno: a port of something else",
    new TypeError("Fetch failed: Requests to port 22 are blocked"),
    "fetch blocks this port",
  ],
  ["something else", failed(new Error("?")), "no connection: ?"],
  [
    "Deno: something else",
    failed(
      new Error(
        "error sending request for url (https://h/): client error (Connect): ?",
      ),
    ),
    "no connection: ?",
  ],
  [
    "Deno: TLS where there is none",
    failed(
      new Error(
        "client error (Connect): received corrupt message of type InvalidContentType",
      ),
    ),
    "TLS failed: client error (Connect): received corrupt message of type InvalidContentType",
  ],
  [
    "a browser",
    new TypeError("Failed to fetch"),
    "no connection: Failed to fetch",
  ],
  [
    "an error that is none of the network's",
    new TypeError("x is not a function"),
    undefined,
  ],
  [
    "a code in a message",
    new Error("Set CLIENT_CERT or ECONNREFUSED"),
    undefined,
  ],
  ["no error", "ECONNREFUSED", undefined],
  ["nothing", null, undefined],
  [
    "members that are no strings",
    { name: Symbol(), code: 1, message: {} },
    undefined,
  ],
];

for (const [why, error, told] of rows) {
  test(`networkFailure() says why no response came: ${why}`, () => {
    assertEquals(networkFailure(error), told);
  });
}

test("networkFailure() says it without control characters, and ends", () => {
  const error = coded("CERT_HAS_EXPIRED", `\u001b[31m${"x".repeat(1000)}`);
  const told = networkFailure(error)!;
  assertEquals(told.slice(0, 24), "TLS failed: \\u{1b}[31mxx");
  assertEquals(told.length < 500, true);
});

/** An error below so many others. */
function below(count: number, error: Error): Error {
  let outer = error;
  for (let i = 0; i < count; i++) outer = new Error("?", { cause: outer });
  return outer;
}

test("networkFailure() reads an error and four causes, and no more", () => {
  const refused = coded("ECONNREFUSED");
  assertEquals(networkFailure(below(4, refused)), "connection refused");
  assertEquals(networkFailure(below(5, refused)), undefined);
});

test("networkFailure() reads 500 characters of each message", () => {
  const after = (length: number): Error =>
    new Error(`${"x".repeat(length)} connection refused`);
  // The name, the brackets and the spaces between them count too.
  const rest = "Error [] ".length + " connection refused".length;
  assertEquals(networkFailure(after(500 - rest)), "connection refused");
  assertEquals(networkFailure(after(501 - rest)), undefined);
});

test("networkFailure() ends where causes do not", () => {
  let reads = 0;
  const endless = {
    get cause(): unknown {
      if (++reads > 100) throw new Error("It follows causes without end");
      return endless;
    },
  };
  assertEquals(networkFailure(endless), undefined);
});
