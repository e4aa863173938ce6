import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type Place, placeOf } from "../../src/http/paths.ts";

type Rows = readonly (readonly [why: string, target: string, place: Place])[];

/** Request targets, as they are on the request line, seen from one resource. */
const resources: readonly (readonly [resourcePath: string, rows: Rows])[] = [
  ["/mcp", [
    ["itself", "/mcp", "resource"],
    ["itself with a query", "/mcp?a=/b", "resource"],
    ["a slash behind it, another identifier", "/mcp/", "lookalike"],
    ["the same with a query", "/mcp/?a=b", "lookalike"],
    ["what is below it", "/mcp/a/b", "resource"],
    ["a slash at the end of what is below it", "/mcp/a/", "resource"],
    ["a parameter of what is below it", "/mcp/a;x=1", "resource"],
    ["an escape that is needed below it", "/mcp/caf%C3%A9%20%25", "resource"],
    ["two slashes behind it", "/mcp//", "lookalike"],
    ["two slashes below it", "/mcp/a//b", "lookalike"],
    ["an escaped letter below it", "/mcp/%61", "lookalike"],
    ["an escaped slash below it", "/mcp/a%2fb", "lookalike"],
    ["an escaped backslash below it", "/mcp/a%5Cb", "lookalike"],
    ["a disguised way out", "/mcp/..%2fa", "lookalike"],
    ["a dot segment with a parameter", "/mcp/..;/a", "lookalike"],
    ["a dot segment, which URL resolves", "/./mcp", "resource"],
    ["a double dot segment, which URL resolves", "/a/../mcp", "resource"],
    [
      "an escaped double dot segment, which URL resolves",
      "/a/%2e%2E/mcp",
      "resource",
    ],
    ["a backslash, which URL takes for a slash", "/a\\..\\mcp", "resource"],
    ["a tab, which URL drops", "/m\tcp", "resource"],
    ["an escaped letter", "/%6dcp", "lookalike"],
    ["an escaped letter, escaped again", "/%256dcp", "lookalike"],
    [
      "an escaped letter, escaped nine times",
      `/%${"25".repeat(9)}6dcp`,
      "lookalike",
    ],
    ["an escape whose digits are escaped", "/%%36%64cp", "lookalike"],
    ["another case", "/MCP", "lookalike"],
    ["another case below it", "/Mcp/a", "lookalike"],
    ["an empty segment in front", "//mcp", "lookalike"],
    ["an escaped slash in front", "/%2fmcp", "lookalike"],
    ["a segment that is all parameter in front", "/;x/mcp", "lookalike"],
    ["an escaped slash behind it", "/mcp%2fa", "lookalike"],
    ["an escaped slash, escaped again", "/mcp%252fa", "lookalike"],
    ["an escaped backslash behind it", "/mcp%5ca", "lookalike"],
    ["an escaped dot segment and slash", "/%2e%2fmcp", "lookalike"],
    ["an escaped slash behind a double dot", "/a/..%2fmcp", "lookalike"],
    ["a double dot segment escaped twice", "/a/%252e%252e/mcp", "lookalike"],
    ["a double dot segment with a parameter", "/a/..;/mcp", "lookalike"],
    ["a way in and out again", "/%6dcp/..%2fa", "lookalike"],
    ["a double dot that only some read", "/%6dcp/..;/a", "lookalike"],
    ["a disguised double dot to elsewhere", "/a/..%2fb", "elsewhere"],
    ["a double dot escaped twice, to elsewhere", "/%252e%252e/b", "elsewhere"],
    ["two slashes elsewhere", "/a//b", "elsewhere"],
    ["two slashes before its name", "/a//mcp", "elsewhere"],
    ["a needless escape elsewhere", "/%61/mcp", "elsewhere"],
    ["a parameter", "/mcp;x", "lookalike"],
    ["a parameter with a line break", "/mcp;%0ax", "lookalike"],
    ["a parameter below it", "/mcp;x=1/a", "lookalike"],
    ["an escaped question mark", "/mcp%3fa", "lookalike"],
    ["an escaped number sign", "/mcp%23a", "lookalike"],
    ["an escaped space in front", "/%20mcp", "lookalike"],
    ["an escaped space behind it", "/mcp%20/a", "lookalike"],
    ["the root", "/", "elsewhere"],
    ["a name that begins like it", "/mcp2", "elsewhere"],
    ["a name that ends like it", "/xmcp", "elsewhere"],
    ["an extension", "/mcp.json", "elsewhere"],
    ["its name further down", "/a/mcp", "elsewhere"],
    ["its name in the query", "/?a=/mcp", "elsewhere"],
    ["its name in a parameter", "/a;/mcp", "elsewhere"],
    [
      "its name behind an overlong slash, which is no slash",
      "/a%c0%afmcp",
      "elsewhere",
    ],
    [
      "its name behind overlong dots, which are no dots",
      "/a/%c0%ae%c0%ae/mcp",
      "elsewhere",
    ],
    ["its name in full width letters", "/\uff4d\uff43\uff50", "elsewhere"],
    ["an escape that is none", "/%zz%6", "elsewhere"],
    [
      "a well-known URL",
      "/.well-known/oauth-protected-resource/mcp",
      "elsewhere",
    ],
  ]],
  ["/mcp/", [
    ["itself", "/mcp/", "resource"],
    ["it without its slash, another identifier", "/mcp", "lookalike"],
    ["what is below it", "/mcp/a", "resource"],
    ["another spelling", "/MCP/", "lookalike"],
    ["a name that begins like it", "/mcp2/", "elsewhere"],
  ]],
  ["/%7Enotes", [
    ["itself, as its owner writes it", "/%7Enotes", "resource"],
    ["what is below it", "/%7Enotes/a", "resource"],
    ["the same without the needless escape", "/~notes", "lookalike"],
  ]],
  ["/Api/Caf%C3%A9", [
    ["itself", "/Api/Caf%C3%A9", "resource"],
    ["itself, not escaped by the client", "/Api/Caf\u00e9", "resource"],
    ["lower case", "/api/caf%C3%A9", "lookalike"],
    ["escapes in lower case", "/Api/Caf%c3%a9", "lookalike"],
    ["escapes that are escaped", "/Api/Caf%25C3%25A9", "lookalike"],
    ["an empty segment inside", "/Api//Caf%C3%A9", "lookalike"],
    ["its first segment", "/Api", "elsewhere"],
    ["its last segment", "/Caf%C3%A9", "elsewhere"],
    ["a letter without its accent", "/Api/Cafe", "elsewhere"],
  ]],
  ["", [
    ["the root", "/", "resource"],
    ["any path", "/a/b", "resource"],
    ["two slashes", "//a", "lookalike"],
    ["a disguised dot segment", "/%2e%2e%2fa", "lookalike"],
    ["an escaped letter", "/%61", "lookalike"],
    ["a well-known URL", "/.well-known/a/b", "elsewhere"],
    ["the well-known folder without its slash", "/.well-known", "resource"],
    ["a well-known URL in another case", "/.Well-Known/a", "resource"],
    ["a well-known URL further down", "/a/.well-known/b", "resource"],
    [
      "an escaped way out of the well-known folder",
      "/.well-known/..%2fa",
      "lookalike",
    ],
    ["an escaped letter of it", "/.well-%6bnown/a", "lookalike"],
  ]],
  ["/", [
    ["any path", "/a", "resource"],
    ["a well-known URL", "/.well-known/a", "elsewhere"],
  ]],
];

for (const [resourcePath, rows] of resources) {
  const place = placeOf(resourcePath);
  for (const [why, target, expected] of rows) {
    test(`placeOf("${resourcePath}") takes ${why} for ${expected}`, () => {
      const { pathname } = new URL(`https://h${target}`);
      assertEquals(place(pathname), expected);
    });
  }
}

/** Paths over which a pass for each level, or a pattern that goes back, would not end in a test's time. */
const floods: readonly (readonly [why: string, path: string])[] = [
  ["escapes of escapes", `/%${"25".repeat(3e5)}`],
  ["escapes whose digits are escaped", `/%2${"%3".repeat(3e5)}%35`],
  ["parameters", `/a${";".repeat(3e5)}%0a`],
  ["slashes", "/".repeat(3e5)],
  ["escaped spaces", `/a${"%20".repeat(3e5)}a`],
];

for (const [why, path] of floods) {
  test(`placeOf() reads a flood of ${why} in one pass`, () => {
    assertEquals(placeOf("/mcp")(path), "elsewhere");
  });
}
