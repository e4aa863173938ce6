import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { checkUpstream, upstreamUrls } from "../../src/gateway/upstream_url.ts";

/** An upstream, the path of the resource, a request's URL, and where it goes. */
const ROUTES: readonly (readonly [
  why: string,
  upstream: string,
  path: string,
  requested: string,
  goes: string | undefined,
])[] = [
  [
    "the resource",
    "http://u:3000/mcp",
    "/notes",
    "https://h/notes",
    "http://u:3000/mcp",
  ],
  [
    "a slash after it",
    "http://u/mcp",
    "/notes",
    "https://h/notes/",
    "http://u/mcp/",
  ],
  [
    "what is below it",
    "http://u/mcp",
    "/notes",
    "https://h/notes/a/b",
    "http://u/mcp/a/b",
  ],
  [
    "a query",
    "http://u/mcp",
    "/notes",
    "https://h/notes?a=%20&b",
    "http://u/mcp?a=%20&b",
  ],
  [
    "an empty query",
    "http://u/mcp",
    "/notes",
    "https://h/notes?",
    "http://u/mcp?",
  ],
  [
    "an upstream with a slash at its end",
    "http://u/mcp/",
    "/notes",
    "https://h/notes",
    "http://u/mcp/",
  ],
  [
    "below that",
    "http://u/mcp/",
    "/notes",
    "https://h/notes/a",
    "http://u/mcp/a",
  ],
  [
    "an upstream without a path",
    "http://u",
    "/notes",
    "https://h/notes/a",
    "http://u/a",
  ],
  [
    "a resource without a path",
    "http://u/mcp",
    "",
    "https://h/",
    "http://u/mcp",
  ],
  ["below that one", "http://u/mcp", "", "https://h/a", "http://u/mcp/a"],
  [
    "escapes, as they are",
    "http://u/mcp",
    "/notes",
    "https://h/notes/a%2Fb%3F",
    "http://u/mcp/a%2Fb%3F",
  ],
  [
    "two slashes",
    "http://u/mcp",
    "/notes",
    "https://h/notes//evil.example/x",
    "http://u/mcp//evil.example/x",
  ],
  [
    "two slashes at the root",
    "http://u",
    "",
    "https://h//evil.example/x",
    "http://u//evil.example/x",
  ],
  [
    "a path that leads out",
    "http://u/mcp",
    "/notes",
    "https://h/notes/../admin",
    undefined,
  ],
  [
    "one that does so in escapes",
    "http://u/mcp",
    "/notes",
    "https://h/notes/%2e%2E/admin",
    undefined,
  ],
  [
    "one with a backslash",
    "http://u/mcp",
    "/notes",
    "https://h/notes/..\\admin",
    undefined,
  ],
  ["another path", "http://u/mcp", "/notes", "https://h/other", undefined],
  [
    "a path that only begins like it",
    "http://u/mcp",
    "/notes",
    "https://h/notesx",
    undefined,
  ],
];

for (const [why, upstream, path, requested, goes] of ROUTES) {
  test(`upstreamUrls() maps ${why}`, () => {
    const urlOf = upstreamUrls(checkUpstream(upstream));
    assertEquals(urlOf(requested, path), goes);
  });
}

for (
  const [why, upstream] of [
    ["a word", "upstream"],
    ["a path", "/mcp"],
    ["another scheme", "ftp://u/mcp"],
    ["another scheme that begins like it", "httpx://u/mcp"],
    ["credentials", "http://user:secret@u/mcp"],
    ["a query", "http://u/mcp?key=secret"],
    ["a fragment", "http://u/mcp#secret"],
    ["nothing", ""],
  ] as const
) {
  test(`checkUpstream() refuses ${why}`, () => {
    const { message } = assertThrows(() => checkUpstream(upstream), TypeError);
    assertEquals(message.includes("secret"), false);
  });
}
