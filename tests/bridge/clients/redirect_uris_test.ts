import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { redirectRules } from "../../../src/bridge/clients/redirect_uris.ts";
import { withParameters } from "../../../src/bridge/flow/authorization_response.ts";

const rules = redirectRules({ issuer: "https://notes.example" });
const local = redirectRules({ issuer: "http://localhost:8787" });

test("these redirect URIs may be registered", () => {
  for (
    const uri of [
      "https://client.example/callback",
      "https://client.example",
      "https://Client.example/callback?tenant=1",
      "https://client.example:8443/callback",
      "http://127.0.0.1/callback",
      "http://127.0.0.1:33418",
      "http://[::1]:1/",
      "http://localhost/callback",
      "cursor://anysphere.cursor-retrieval/oauth/user-notes/callback",
      "vscode://vscode.github-authentication/did-authenticate",
      "https://notes.example:8443/callback",
    ]
  ) assertEquals(rules.read(uri) !== undefined, true, uri);
});

test("these redirect URIs may not", () => {
  const rows: [why: string, uri: string][] = [
    ["runs in the page", "javascript:alert(1)"],
    ["looks like a URL, and runs", "javascript://client.example/%0aalert(1)"],
    ["is a page itself", "data:text/html,<script>alert(1)</script>"],
    ["as above", "data://text/html,x"],
    ["a scheme of nobody's", "evil://callback"],
    ["a file", "file:///etc/passwd"],
    ["http elsewhere", "http://client.example/callback"],
    ["http at a name like loopback", "http://localhost.client.example/"],
    ["http at a name below loopback", "http://app.localhost/"],
    ["http at another address", "http://127.0.0.2/"],
    ["another spelling of loopback", "http://0x7f.1/callback"],
    ["as above", "http://2130706433/"],
    ["as above", "http://127.1/"],
    ["credentials", "https://user:password@client.example/"],
    ["credentials that look like a host", "https://good.example@evil.example/"],
    ["as above, on loopback", "http://localhost:80@evil.example/"],
    ["a fragment", "https://client.example/#fragment"],
    ["an empty fragment", "https://client.example/#"],
    ["dot segments", "https://client.example/a/../b"],
    ["a dot segment at the end", "https://client.example/a/.."],
    ["encoded dot segments", "https://client.example/a/%2e%2e/b"],
    ["half encoded", "https://client.example/a/.%2E/b"],
    ["with an encoded slash", "https://client.example/a/..%2fb"],
    ["a backslash", "https://client.example\\@evil.example/"],
    ["a backslash in the path", "https://client.example/a\\..\\b"],
    ["a line break", "https://client.example/\r\nset-cookie: a=b"],
    ["a tab, which URL drops", "https://client.example/\tb"],
    ["a space", "https://client.example/ b"],
    ["a null", "https://client.example/\0"],
    ["not ASCII", "https://clíent.example/"],
    ["no scheme", "//client.example/callback"],
    ["no host", "https:///callback"],
    ["one slash", "https:/client.example/callback"],
    ["a path alone", "/callback"],
    ["empty", ""],
    ["a parameter of the response", "https://client.example/?code=stolen"],
    ["as above", "https://client.example/?iss=https://evil.example"],
    ["as above, encoded", "https://client.example/?st%61te=1"],
    ["quotes", 'https://client.example/"onload="'],
    ["513 characters", `https://client.example/${"a".repeat(490)}`],
    ["our own callback", "https://notes.example/callback"],
    ["our own origin, whatever the path", "https://notes.example/anything"],
    ["our own origin with its port", "https://notes.example:443/callback"],
    ["our own origin in capitals", "https://NOTES.example/callback"],
    [
      "our own host as a fully qualified name",
      "https://notes.example./callback",
    ],
    ["as above, with the port", "https://notes.example.:443/callback"],
    [
      "our own port with a zero before it",
      "https://notes.example:0443/callback",
    ],
    ["a port with a zero before it", "https://client.example:08443/callback"],
  ];
  for (const [why, uri] of rows) {
    assertEquals(rules.read(uri), undefined, `${why}: ${uri}`);
  }
});

test("on loopback no name of this machine leads to our own port", () => {
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    const registered = [`http://${host}/callback`];
    const ours = `http://${host}:8787/callback`;
    assertEquals(local.read(ours), undefined);
    assertEquals(
      local.matches(ours.replace("8787", "08787"), registered),
      false,
    );
    assertEquals(local.matches(ours, [ours]), false);
    assertEquals(local.matches(ours, registered), false);
    assertEquals(
      local.matches(`http://${host}:8788/callback`, registered),
      true,
    );
  }
});

test("nor does one where the issuer has another address or name of this machine", () => {
  for (const host of ["127.0.0.2", "notes.localhost"]) {
    const { read } = redirectRules({ issuer: `http://${host}:8787` });
    assertEquals(read("http://localhost:8787/callback"), undefined, host);
    assertEquals(read("http://[::1]:8787/callback"), undefined, host);
    assertEquals(read("http://localhost:8788/callback") !== undefined, true);
  }
});

test("a redirect URI is one of those registered to the byte; on loopback, but for its port", () => {
  const rows: [uri: string, registered: string, expected: boolean][] = [
    ["https://a.example/cb", "https://a.example/cb", true],
    ["https://a.example/cb/", "https://a.example/cb", false],
    ["https://a.example/cb?x=1", "https://a.example/cb", false],
    ["https://a.example/CB", "https://a.example/cb", false],
    ["https://a.example/cb/more", "https://a.example/cb", false],
    ["https://a.example.evil.example/cb", "https://a.example/cb", false],
    ["https://b.a.example/cb", "https://a.example/cb", false],
    ["https://a.example:444/cb", "https://a.example/cb", false],
    ["http://127.0.0.1:1234/cb", "http://127.0.0.1/cb", true],
    ["http://127.0.0.1/cb", "http://127.0.0.1:1234/cb", true],
    ["http://[::1]:1234/cb", "http://[::1]:5678/cb", true],
    ["http://localhost:1234/cb", "http://localhost:5678/cb", true],
    ["http://localhost:1234/cb", "http://127.0.0.1:1234/cb", false],
    ["http://localhost:1234/other", "http://localhost:1234/cb", false],
    ["http://localhost:1234/cb?x=1", "http://localhost:1234/cb", false],
    ["https://localhost:1234/cb", "http://localhost:1234/cb", false],
    ["cursor://other/cb", "cursor://app/cb", false],
  ];
  for (const [uri, registered, expected] of rows) {
    assertEquals(
      rules.matches(uri, [registered]),
      expected,
      `${uri} ${registered}`,
    );
  }
});

test("hosts and schemes can be restricted and added", () => {
  const { read } = redirectRules({
    issuer: "https://notes.example",
    allowedRedirectHosts: ["claude.ai", "localhost"],
    redirectSchemes: ["com.example.app"],
  });
  const rows: [uri: string, allowed: boolean][] = [
    ["https://claude.ai/api/mcp/auth_callback", true],
    ["http://localhost:1/", true],
    ["http://127.0.0.1:1/", false],
    ["https://evil.example/", false],
    ["https://claude.ai.evil.example/", false],
    ["com.example.app://claude.ai/", true],
    ["com.example.app://evil.example/", false],
  ];
  for (const [uri, allowed] of rows) {
    assertEquals(read(uri) !== undefined, allowed, uri);
  }
  for (const scheme of ["javascript", "data", "http", "Cursor", "a:"]) {
    assertThrows(
      () =>
        redirectRules({
          issuer: "https://notes.example",
          redirectSchemes: [scheme],
        }),
      TypeError,
      "redirectSchemes",
    );
  }
});

test("parameters are added to what is there, as every client reads them", () => {
  assertEquals(
    withParameters("https://a.example/cb", { state: "a b+c&d=é", iss: "x" }),
    "https://a.example/cb?state=a%20b%2Bc%26d%3D%C3%A9&iss=x",
  );
  assertEquals(
    withParameters("https://a.example/cb?t=1", { code: "c", state: undefined }),
    "https://a.example/cb?t=1&code=c",
  );
});
