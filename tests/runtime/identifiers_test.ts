import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  canonicalIdentifier,
  checkIdentifier,
  insertWellKnown,
  isLoopback,
  isLoopbackIdentifier,
  isParsable,
  MAX_URL_LENGTH,
  parseUrl,
  pathOf,
} from "../../src/runtime/identifiers.ts";

const usable: readonly (readonly [why: string, value: string])[] = [
  ["a host and a path", "https://notes.example.com/mcp"],
  ["a host alone", "https://notes.example.com"],
  ["a slash behind the host", "https://auth.example.com/"],
  ["a slash behind the path", "https://auth.example.com/tenant/"],
  ["upper case", "HTTPS://Auth.Example.COM/Tenant"],
  ["the default port, written out", "https://auth.example.com:443/a"],
  ["another port", "https://auth.example.com:8443/a"],
  ["an IPv6 address", "https://[2001:db8::1]:8443/a"],
  ["a Punycode host", "https://xn--bcher-kva.example/a"],
  ["escapes in the path", "https://h.example/caf%C3%A9"],
  ["an at sign in the path", "https://h.example/@user/mcp"],
  ["empty segments", "https://h.example//a//"],
  ["dots that are no dot segment", "https://h.example/.a/..b/..."],
  ["http on localhost", "http://localhost:3000/mcp"],
  ["http below localhost", "http://app.localhost/mcp"],
  ["http on 127.0.0.1", "http://127.0.0.1:3000"],
  ["http on IPv6 loopback", "http://[::1]:3000/mcp"],
];

for (const [why, value] of usable) {
  test(`checkIdentifier() takes ${why}`, () => {
    checkIdentifier(value, "resource");
  });
}

const ABSOLUTE = "write an absolute https URL";
const EXTRAS = "remove its query, fragment or credentials";
const DOTS = "write its path without dot segments";
const HTTPS = "use https (http is for loopback hosts)";

const unusable:
  readonly (readonly [why: string, value: string, change: string])[] = [
    ["nothing", "", ABSOLUTE],
    ["a host without a scheme", "notes.example.com/mcp", ABSOLUTE],
    ["a path", "/mcp", ABSOLUTE],
    ["a URL relative to a scheme", "//notes.example.com/mcp", ABSOLUTE],
    ["no slash behind the scheme", "https:notes.example.com", ABSOLUTE],
    ["one slash behind the scheme", "https:/notes.example.com", ABSOLUTE],
    ["three slashes behind the scheme", "https:///notes.example.com", ABSOLUTE],
    ["backslashes", "https:\\\\notes.example.com\\mcp", ABSOLUTE],
    ["a URN", "urn:example:notes", ABSOLUTE],
    ["white space in front, which URL drops", " https://h.example", ABSOLUTE],
    [
      "a line feed at the end, which URL drops",
      "https://h.example/a\n",
      ABSOLUTE,
    ],
    ["a tab in the host, which URL drops", "https://h.exa\tmple/a", ABSOLUTE],
    ["a tab in the scheme, which URL drops", "ht\ttps://h.example/a", ABSOLUTE],
    ["a null character", "https://h.example/a\0", ABSOLUTE],
    ["an international host", "https://b\u00fccher.example", ABSOLUTE],
    ["a host of full width letters", "https://\uff48.example", ABSOLUTE],
    [
      "an unescaped letter in the path",
      "https://h.example/caf\u00e9",
      ABSOLUTE,
    ],
    [
      "a quote, which would end a challenge's value",
      'https://h.example/"',
      ABSOLUTE,
    ],
    ["braces", "https://h.example/{tenant}", ABSOLUTE],
    ["a port that is none", "https://h.example:99999/a", ABSOLUTE],
    ["a query", "https://h.example/a?b=c", EXTRAS],
    ["an empty query", "https://h.example/a?", EXTRAS],
    ["a fragment", "https://h.example/a#b", EXTRAS],
    ["an empty fragment", "https://h.example/a#", EXTRAS],
    ["a user and a password", "https://u:p@h.example/a", EXTRAS],
    ["a user", "https://notes.example.com@evil.example/a", EXTRAS],
    ["an empty user", "https://@h.example/a", EXTRAS],
    ["an empty user and password", "https://:@h.example", EXTRAS],
    ["a dot segment", "https://h.example/./mcp", DOTS],
    ["a double dot segment", "https://h.example/a/../mcp", DOTS],
    ["an escaped double dot segment", "https://h.example/a/%2E./mcp", DOTS],
    ["http", "http://notes.example.com/mcp", HTTPS],
    ["http in upper case", "HTTP://notes.example.com/mcp", HTTPS],
    ["another scheme", "ftp://localhost/mcp", HTTPS],
    ["http on a private address", "http://192.168.0.1/mcp", HTTPS],
    ["http on every address", "http://0.0.0.0:3000/mcp", HTTPS],
    ["http on loopback mapped to IPv6", "http://[::ffff:127.0.0.1]/mcp", HTTPS],
    [
      "http on a host that begins like loopback",
      "http://localhost.evil.example",
      HTTPS,
    ],
    [
      "http on a host that begins like an address",
      "http://127.0.0.1.evil.example",
      HTTPS,
    ],
    [
      "http on a host that ends like loopback",
      "http://evillocalhost/mcp",
      HTTPS,
    ],
  ];

for (const [why, value, change] of unusable) {
  test(`checkIdentifier() refuses ${why}, and says what to change`, () => {
    const { message } = assertThrows(
      () => checkIdentifier(value, "issuer"),
      TypeError,
      change,
    );
    assertEquals(message.startsWith("Cannot use issuer "), true);
    assertEquals(/[^ -~\u00a0-\uffff]/.test(message), false);
  });
}

/** Hosts as they may be written in a URL, which settles the spelling. */
const hosts: readonly (readonly [host: string, is: boolean])[] = [
  ["localhost", true],
  ["LOCALHOST", true],
  ["a.b.localhost", true],
  ["127.0.0.1", true],
  ["127.255.255.254", true],
  ["127.1", true],
  ["2130706433", true],
  ["0x7f.0.0.1", true],
  ["[::1]", true],
  ["[0:0:0:0:0:0:0:1]", true],
  ["localhost.evil.com", false],
  ["127.0.0.1.evil.com", false],
  ["127.0.0.1.nip.io", false],
  ["127.x.evil.com", false],
  ["127.0.0.evil.com", false],
  ["127.evil.com", false],
  ["x.127.0.0.1.evil.com", false],
  ["localhost.localhost.evil", false],
  ["evil-localhost", false],
  ["localhost-evil.com", false],
  ["0.0.0.0", false],
  ["128.0.0.1", false],
  ["10.127.0.1", false],
  ["[::]", false],
  ["[::ffff:127.0.0.1]", false],
  ["[::1:1]", false],
];

for (const [host, is] of hosts) {
  test(`isLoopback() is ${is} for ${host}`, () => {
    assertEquals(isLoopback(new URL(`http://${host}:3000`).hostname), is);
    assertEquals(isLoopbackIdentifier(`http://${host}:3000/mcp`), is);
  });
}

/** Every part as it is written: no case, no escape, no port is touched. */
const cut:
  readonly (readonly [identifier: string, path: string, url: string])[] = [
    ["https://h", "", "https://h/.well-known/x"],
    ["https://h/", "", "https://h/.well-known/x"],
    ["https://h/mcp", "/mcp", "https://h/.well-known/x/mcp"],
    ["https://h/mcp/", "/mcp/", "https://h/.well-known/x/mcp/"],
    ["https://h//", "//", "https://h/.well-known/x//"],
    ["https://H:443/A%2f", "/A%2f", "https://H:443/.well-known/x/A%2f"],
    ["http://[::1]:80/a:b@c", "/a:b@c", "http://[::1]:80/.well-known/x/a:b@c"],
  ];

for (const [identifier, path, url] of cut) {
  test(`pathOf() and insertWellKnown() leave ${identifier} as it is written`, () => {
    assertEquals(pathOf(identifier), path);
    assertEquals(insertWellKnown(identifier, "x"), url);
  });
}

const same: readonly (readonly [why: string, a: string, b: string])[] = [
  [
    "scheme and host in another case",
    "https://h.example/a",
    "HTTPS://H.Example/a",
  ],
  ["a default port", "https://h/a", "https://h:443/a"],
  ["a default port of http", "http://localhost", "http://localhost:80"],
  ["a slash behind a bare host", "https://h", "https://h/"],
  [
    "an address in another form",
    "http://[::1]/a",
    "http://[0:0:0:0:0:0:0:1]/a",
  ],
];

for (const [why, a, b] of same) {
  test(`canonicalIdentifier() sees through ${why}`, () => {
    assertEquals(canonicalIdentifier(a), canonicalIdentifier(b));
  });
}

const different:
  readonly (readonly [why: string, value: string, other: string])[] = [
    ["a slash behind a path", "https://h/a/", "https://h/a"],
    ["a path in another case", "https://h/A", "https://h/a"],
    ["an escape in the path", "https://h/%61", "https://h/a"],
    ["a dot segment", "https://h/b/../a", "https://h/a"],
    ["a port", "https://h:444/a", "https://h/a"],
    ["a scheme", "http://h/a", "https://h/a"],
    ["a scheme's other default port", "https://h:80/a", "https://h/a"],
    ["a query", "https://h/a?b", "https://h/a"],
    ["a fragment", "https://h/a#b", "https://h/a"],
    ["an empty query", "https://h?", "https://h"],
    ["a user", "https://evil@h/a", "https://h/a"],
    ["an empty user", "https://@h/a", "https://h/a"],
    ["white space that URL drops", " https://h/a", "https://h/a"],
    ["a line feed that URL drops", "https://h\n/a", "https://h/a"],
    ["a backslash that URL takes for a slash", "https://h\\a", "https://h"],
    ["letters that URL maps to ASCII", "https://\uff48/a", "https://h/a"],
    ["a longer host", "https://h.evil/a", "https://h/a"],
  ];

for (const [why, value, other] of different) {
  test(`canonicalIdentifier() does not see through ${why}`, () => {
    assertEquals(
      canonicalIdentifier(value) === canonicalIdentifier(other),
      false,
    );
  });
}

test("canonicalIdentifier() gives back what is not a URL with a host", () => {
  for (
    const value of [
      "",
      "account",
      "urn:Example:A",
      "API://",
      "00000003-0000",
      "https://h:x/",
    ]
  ) {
    assertEquals(canonicalIdentifier(value), value);
  }
});

const MARKS = "\u05b0\u0300\u0316";

const parsed: readonly (readonly [why: string, value: string, href: string])[] =
  [
    ["a URL", "https://h.example/a", "https://h.example/a"],
    [
      "an international host",
      "https://bücher.example",
      "https://xn--bcher-kva.example/",
    ],
    ["another scheme", "notes://h/5", "notes://h/5"],
    [
      "a path that is long and not ASCII",
      `https://h.example/${"é".repeat(300)}`,
      `https://h.example/${"%C3%A9".repeat(300)}`,
    ],
    [
      "a file, which has no host",
      `file:///${"é".repeat(300)}`,
      `file:///${"%C3%A9".repeat(300)}`,
    ],
    [
      "a scheme whose hosts are not normalized",
      `notes://h/${MARKS.repeat(100)}`,
      `notes://h/${encodeURI(MARKS.repeat(100))}`,
    ],
    [
      "a path of escapes",
      `https://h.example/${"%CC%96".repeat(100)}`,
      `https://h.example/${"%CC%96".repeat(100)}`,
    ],
    [
      "as many characters as allowed",
      `https://h.example/${"a".repeat(MAX_URL_LENGTH - 18)}`,
      `https://h.example/${"a".repeat(MAX_URL_LENGTH - 18)}`,
    ],
  ];

for (const [why, value, href] of parsed) {
  test(`parseUrl() parses ${why}`, () => {
    assertEquals(parseUrl(value)?.href, href);
  });
}

test("parseUrl() parses 8192 characters", () => {
  assertEquals(MAX_URL_LENGTH, 8192);
  const { length } = parseUrl("https://h.example/".padEnd(8192, "a"))!.href;
  assertEquals(length, 8192);
});

test("parseUrl() resolves a reference", () => {
  const base = new URL("https://h.example/a/b");
  assertEquals(parseUrl("../c", base)?.href, "https://h.example/c");
});

/** All but the first four are URLs to the runtime, which takes quadratic time for them: they do not get that far. */
const unparsed: readonly (readonly [why: string, value: unknown])[] = [
  ["nothing", undefined],
  ["an object that would become a URL", new URL("https://h.example")],
  ["a path", "/mcp"],
  ["a host without a scheme", "h.example"],
  [
    "one character too many",
    `https://h.example/${"a".repeat(MAX_URL_LENGTH - 17)}`,
  ],
  ["a host of combining marks", `https://a${MARKS.repeat(100)}`],
  ["a host of many labels", `https://${"é.".repeat(150)}example`],
  ["http", `http://a${MARKS.repeat(100)}/`],
  ["WebSockets", `wss://a${MARKS.repeat(100)}/`],
  ["ftp", `ftp://a${MARKS.repeat(100)}/`],
  ["a file on a host", `file://a${MARKS.repeat(100)}/`],
  ["upper case", `HTTPS://a${MARKS.repeat(100)}/`],
  ["no slash behind the scheme", `https:a${MARKS.repeat(100)}/`],
  ["backslashes and more of them", `https:\\/\\a${MARKS.repeat(100)}\\`],
  ["white space in front", ` \u0001https://a${MARKS.repeat(100)}/`],
  ["a tab in the scheme", `ht\ttps:/\n/a${MARKS.repeat(100)}/`],
  ["a host of escapes", `https://a${"%CC%96%CC%80".repeat(30)}/`],
  ["credentials in front of the host", `https://u:p@a${MARKS.repeat(100)}/`],
  ["a query behind the host", `https://a${MARKS.repeat(100)}?`],
];

for (const [why, value] of unparsed) {
  test(`parseUrl() does not parse ${why}`, () => {
    assertEquals(parseUrl(value), undefined);
  });
}

test("parseUrl() does not resolve a reference to a host of combining marks", () => {
  const base = new URL("https://h.example/a/b");
  for (const slashes of ["//", "\\/", "///"]) {
    assertEquals(parseUrl(`${slashes}a${MARKS.repeat(100)}/`, base), undefined);
  }
});

test("isParsable() accepts a host outside ASCII of up to 255 characters", () => {
  const url = (length: number): string => `https://${"é".repeat(length)}/`;
  assertEquals([255, 256].map((length) => isParsable(url(length))), [
    true,
    false,
  ]);
});
