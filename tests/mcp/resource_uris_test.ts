import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  isAmbiguous,
  resolved,
  resourceUri,
} from "../../src/mcp/resource_uris.ts";

/** A URI, and as `URL` serializes it, which is what the MCP SDKs match. */
const forms: readonly (readonly [why: string, uri: string, href: string])[] = [
  ["a scheme in capitals", "NOTES://h/a", "notes://h/a"],
  ["a host in capitals", "https://H/a", "https://h/a"],
  ["a host without a path", "https://h", "https://h/"],
  ["a default port", "https://h:443/a", "https://h/a"],
  ["an empty port", "notes://h:/a", "notes://h/a"],
  [
    "a host in another alphabet",
    "https://bücher.example/",
    "https://xn--bcher-kva.example/",
  ],
  [
    "a host with an ideographic full stop",
    "https://h\u3002example/",
    "https://h.example/",
  ],
  ["an address as a number", "http://2130706433/", "http://127.0.0.1/"],
  ["an escaped letter in a host", "https://%68/a", "https://h/a"],
  ["backslashes", "https:\\\\h\\a", "https://h/a"],
  ["one slash", "https:/h/a", "https://h/a"],
  ["localhost in a file", "file://localhost/a", "file:///a"],
  ["a dot segment", "notes://h/b/../a", "notes://h/a"],
  ["an escaped dot segment", "notes://h/b/%2E%2e/a", "notes://h/a"],
  ["a tab and a line end", "no\ttes://h/\na", "notes://h/a"],
  ["spaces around", "  notes://h/a ", "notes://h/a"],
  ["spaces inside", "notes://h/a b", "notes://h/a%20b"],
  ["letters that need an escape", "notes://h/é", "notes://h/%C3%A9"],
  ["half a surrogate pair", "notes://h/\ud800", "notes://h/%EF%BF%BD"],
];

for (const [why, uri, href] of forms) {
  test(`resourceUri() returns the URI as sent and as URL serializes it, for ${why}`, () => {
    const { forms, matched } = resourceUri(uri);
    assertEquals(forms, [uri, href]);
    assertEquals(matched, href);
  });
}

const single: readonly (readonly [why: string, uri: string])[] = [
  ["a query", "notes://h/a?b"],
  ["a fragment", "notes://h/a#b"],
  ["an empty fragment", "notes://h/a#"],
  ["a host in capitals, where hosts are opaque", "notes://H/a"],
  ["an escaped letter", "notes://h/%61"],
  ["the case of an escape", "notes://h/%c3%a9"],
  ["what is not a URL", "notes"],
  ["what URL cannot parse", "https://[/"],
  ["what is too long to parse", `NOTES://h/${"a".repeat(8192)}`],
];

for (const [why, uri] of single) {
  test(`resourceUri() returns one form for ${why}`, () => {
    assertEquals(resourceUri(uri).forms, [uri]);
    assertEquals(resourceUri(uri).matched, uri);
  });
}

/** What a handler may take a URI for. */
const readings: readonly (readonly [
  why: string,
  uri: string,
  ...readings: string[],
])[] = [
  ["a plain URI", "notes://h/a/b.txt", "notes://h/a/b.txt"],
  ["a slash at the end", "notes://h/a/", "notes://h/a/"],
  ["what is not a URL", "notes", "notes"],
  ["a query", "notes://h/a?b", "notes://h/a?b", "notes://h/a"],
  ["a fragment", "notes://h/a#b", "notes://h/a#b", "notes://h/a"],
  [
    "a query and a fragment",
    "notes://h/a?b#c",
    "notes://h/a?b#c",
    "notes://h/a?b",
    "notes://h/a",
  ],
  [
    "a question mark in a fragment",
    "notes://h/a#b?c",
    "notes://h/a#b?c",
    "notes://h/a",
  ],
  [
    "dot segments in a fragment",
    "file:///a/#/../../b",
    "file:///b",
    "file:///a/",
  ],
  ["dot segments in a query", "file:///a/?/../../b", "file:///b", "file:///a/"],
  [
    "dot segments in an opaque path",
    "notes:a/../b",
    "notes:b",
  ],
  ["more dot segments than segments", "notes:../../b", "notes:b"],
  ["a dot segment at the end", "notes:a/..", "notes:"],
  ["a dot segment that stays where it is", "notes:a/./b", "notes:a/b"],
  ["dot segments at the end", "x:/a/#/b/..", "x:/a/#/", "x:/a/"],
  ["a dot at the end", "x:/a/#/b/.", "x:/a/#/b/", "x:/a/"],
  ["a colon behind a slash", "a/b:c/../d", "a/d"],
  ["backslashes", "x:/a/#\\..\\..\\b", "x:/b", "x:/a/"],
  ["an escaped letter", "notes://h/%61", "notes://h/a"],
  ["an escaped line end", "notes://h/%0a%0D", "notes://h/\n\r"],
  ["capitals in an escape of an escape", "x:/%25C3%25A9", "x:/é"],
  ["a letter escaped twice", "notes://h/%252561", "notes://h/a"],
  ["an escaped slash", "notes://h/a%2fb", "notes://h/a/b"],
  ["escaped dot segments", "notes:x/%2e%2E%2fa", "notes:a"],
  ["an escaped backslash", "notes:x%5C..%5ca", "notes:a"],
  ["an escaped fragment", "notes://h/a%23b", "notes://h/a#b"],
  ["two slashes", "notes://h//a", "notes://h/a"],
  ["escapes of more than one byte", "notes://h/%C3%A9", "notes://h/é"],
  ["escapes of no character", "notes://h/%ff", "notes://h/\ufffd"],
  ["a percent sign alone", "notes://h/100%", "notes://h/100%"],
  ["half an escape", "notes://h/%6", "notes://h/%6"],
  ["what is not hexadecimal", "notes://h/%6g%G6%/1", "notes://h/%6g%G6%/1"],
  ["an escape behind a percent sign", "notes://h/%%41", "notes://h/%A"],
  ["escapes in both cases", "notes://h/%C3%a9%5A%5a", "notes://h/éZZ"],
];

for (const [why, uri, ...expected] of readings) {
  test(`resourceUri() returns every reading of ${why}`, () => {
    assertEquals(resourceUri(uri).readings, expected);
  });
}

test("resourceUri() returns the readings of both forms", () => {
  assertEquals(resourceUri("NOTES:/x/../a").readings, ["NOTES:/a", "notes:/a"]);
});

test("resolved() is idempotent", () => {
  for (const [, uri] of [...readings, ...forms]) {
    assertEquals(resolved(resolved(uri)), resolved(uri));
  }
});

/** URIs that handlers read differently. */
const ambiguous: readonly string[] = [
  "notes://h/a/../b",
  "notes://h/a/./b",
  "notes://h/..",
  "notes:..",
  "..",
  "notes://h/a/%2e%2e/b",
  "notes://h/a/.%2E/b",
  "notes://h/a%2f..%2Fb",
  "notes://h/a/..%5cb",
  "notes://h/a/%252e%252e/b",
  "notes://h/a%252f..%252fb",
  "notes://h/a/..;/b",
  "notes://h/a/..%3b/b",
  "notes://h/a%3f../b",
  "notes://h/a%23../b",
  "notes://h/a?b%26../c",
  "notes://h/a?b%3D../c",
  "file:///C%3a../b",
  "notes://h/a?/../b",
  "notes://h/a?b=../c",
  "notes://h/a?../c",
  "notes://h/a#/../b",
  "notes://h/a#..",
  "file:///C:..",
  "notes://h/a\\b",
  "notes://h/a%5Cb",
  "notes://h/a%255cb",
  "notes://h/a\tb",
  "notes://h/a\0",
  "notes://h/a\x7f",
  "notes://h/a\x85",
  "notes://h/a%00",
  "notes://h/a%0A",
  "notes://h/a%1f",
  "notes://h/a%7F",
  "notes://h/a%c2%85",
  "notes://h/a%2500",
  "notes://h/a%25C2%2585",
  ...[..."azAZ09-._~"].map((character) =>
    `notes://h/%${character.charCodeAt(0).toString(16)}`
  ),
  "notes://h/a?%70=1",
  "notes://h/a#%70",
  "notes://%68/a",
  "notes://h/%2570",
];

for (const uri of ambiguous) {
  test(`isAmbiguous() is true for ${JSON.stringify(uri)}`, () => {
    assert(isAmbiguous(uri));
    assert(resourceUri(uri).isAmbiguous);
  });
}

const clear: readonly string[] = [
  "notes://h/a",
  "notes://h/a?q=b&c=d#e",
  "notes://h/a b",
  "notes://h/a%20b",
  "notes://h/é\u2028",
  "notes://h/%C3%A9%c2%a0",
  "notes://h/.hidden",
  "notes://h/a..b",
  "notes://h/...",
  "notes://h/..a",
  "notes://h/a..",
  "notes://h/a?from=1..2",
  "notes://h/100%25",
  "notes://h/50%25%20off",
  "notes://h/a%2Fb%3fc%23d",
  "notes://h/[a]{b}|^`'\"<>",
  "https://h.example:8443/~user/a+b,c;d=e:f@g!$&'()*",
  "notes://h/%40%5b%5e%60%7b%7d%2c",
];

for (const uri of clear) {
  test(`isAmbiguous() is false for ${JSON.stringify(uri)}`, () => {
    assertEquals(isAmbiguous(uri), false);
    assertEquals(resourceUri(uri).isAmbiguous, false);
  });
}

test("resourceUri() is ambiguous if the URI as sent is, although URL resolves it", () => {
  assertEquals(isAmbiguous(new URL("notes://h/a/../b").href), false);
  assert(resourceUri("notes://h/a/../b").isAmbiguous);
});

for (const uri of ["notes://h/5#x://h", "notes://h/5?x://h"]) {
  test(`resourceUri() reads ${uri} without its end too, which looks like a plain URI`, () => {
    assert(resourceUri(uri).readings.includes("notes://h/5"));
  });
}
