import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  type OperationTable,
  operationTable,
} from "../../src/scopes/rule_table.ts";
import { RequestError } from "../../src/errors.ts";
import type { Operation, OperationParams } from "../../src/types.ts";

/** Values are read as capitals; `bad` cannot be read. */
function table(rules: object): OperationTable<string> {
  return operationTable<string, string>(
    rules as Parameters<typeof operationTable<string, string>>[0],
    "policy",
    (written, place) => {
      if (written === "bad") throw new TypeError(`Cannot use ${place}`);
      return written.toUpperCase();
    },
  );
}

/** The values for an operation with params. */
function findWith(
  find: OperationTable<string>["find"],
  operation: Operation,
  params: OperationParams,
): readonly string[] {
  return find([operation], new Map([[operation, params]]));
}

const RULES = {
  "tools/call": { a: "a", "*": "star", "admin_*": "admin", "{x}_note": "note" },
  "prompts/get": { p: "p" },
  "resources/read": {
    "notes://h/secret": "secret",
    "notes://h/secret?full": "full",
    "notes://h/{id}": "id",
    "notes://h/{+rest}": "rest",
    "notes://i/public": "public",
    "notes://k/{id}": "one",
    "notes://k/{id}/private": "private",
    "notes://k/search{?q}": "search",
    "notes://k/open": "open",
    "notes://l/é": "accent",
    "notes://l/dir": "dir",
    "notes://l/dir/": "slash",
    "https://H.example": "web",
    "*": "star",
  },
  "completion/complete": { "notes://{id}": "template", "a*": "letter" },
  "subscriptions/listen": { "notes://h/{id}": "id", "*": "star" },
  "tasks/get": { "*": "task" },
  "*": { "*": "other" },
};

const found: readonly (readonly [
  why: string,
  method: string,
  name: string | undefined,
  ...values: string[],
])[] = [
  ["a listed name", "tools/call", "a", "A"],
  ["a name that is not listed", "tools/call", "b", "STAR"],
  ["no name", "tools/call", undefined, "STAR"],
  ["a name that a pattern matches", "tools/call", "admin_x", "ADMIN"],
  [
    "a name that two patterns match",
    "tools/call",
    "admin_note",
    "ADMIN",
    "NOTE",
  ],
  ["a pattern as a name, which it matches", "tools/call", "admin_*", "ADMIN"],
  ["a star as a name", "tools/call", "*", "STAR"],
  [
    "a name that is not listed, without a star",
    "prompts/get",
    "q",
    "OTHER",
  ],
  ["no name, without a star", "prompts/get", undefined, "OTHER"],
  ["a method that is not listed", "ping", undefined, "OTHER"],
  ["a method in another case", "Tools/Call", "a", "OTHER"],
  ["a method that every object has", "constructor", undefined, "OTHER"],
  ["a star as a method", "*", undefined, "OTHER"],
  ["a task by any name", "tasks/get", "x", "TASK"],
  [
    "a listed URI before patterns",
    "resources/read",
    "notes://h/secret",
    "SECRET",
  ],
  [
    "a listed query, and its URI without it",
    "resources/read",
    "notes://h/secret?full",
    "FULL",
    "SECRET",
  ],
  [
    "a query that is not listed",
    "resources/read",
    "notes://i/public?a",
    "PUBLIC",
    "STAR",
  ],
  [
    "a query that a pattern covers, and the pattern that an SDK may match too",
    "resources/read",
    "notes://k/search?q=a",
    "ONE",
    "SEARCH",
  ],
  [
    "a query with another parameter than the pattern",
    "resources/read",
    "notes://k/search?r=a",
    "ONE",
    "SEARCH",
    "STAR",
  ],
  ["no query of a pattern", "resources/read", "notes://k/search", "ONE"],
  [
    "a query behind a pattern",
    "resources/read",
    "notes://k/1/private?page=2",
    "PRIVATE",
    "STAR",
  ],
  [
    "slashes in a query",
    "resources/read",
    "notes://k/1?page=/private",
    "PRIVATE",
    "ONE",
    "STAR",
  ],
  [
    "slashes in a fragment",
    "resources/read",
    "notes://k/1#/private",
    "PRIVATE",
    "ONE",
    "STAR",
  ],
  [
    "an escaped slash",
    "resources/read",
    "notes://k/1%2Fprivate",
    "ONE",
    "PRIVATE",
  ],
  ["a fragment", "resources/read", "notes://i/public#", "PUBLIC", "STAR"],
  [
    "an escaped letter",
    "resources/read",
    "notes://i/%70ublic",
    "PUBLIC",
    "STAR",
  ],
  [
    "a dot segment, which URL resolves",
    "resources/read",
    "notes://i/a/../public",
    "PUBLIC",
    "STAR",
  ],
  [
    "a dot segment in a fragment",
    "resources/read",
    "notes://i/#/../public",
    "PUBLIC",
    "STAR",
  ],
  [
    "a repeated slash",
    "resources/read",
    "notes://i//public",
    "PUBLIC",
    "STAR",
  ],
  [
    "a slash at the end",
    "resources/read",
    "notes://i/public/",
    "PUBLIC",
    "STAR",
  ],
  [
    "a repeated slash before a listed name, which goes before patterns",
    "resources/read",
    "notes://k//open",
    "OPEN",
    "STAR",
  ],
  [
    "a repeated slash before a name that patterns match",
    "resources/read",
    "notes://k//x",
    "ONE",
    "STAR",
  ],
  ["a slash that is listed", "resources/read", "notes://l/dir/", "SLASH"],
  [
    "a scheme in capitals",
    "resources/read",
    "NOTES://i/public",
    "PUBLIC",
    "STAR",
  ],
  ["a URI as it is listed", "resources/read", "https://H.example", "WEB"],
  [
    "a URI as URL writes what is listed",
    "resources/read",
    "https://h.example/",
    "WEB",
  ],
  ["a letter that is listed", "resources/read", "notes://l/é", "ACCENT"],
  ["its escape", "resources/read", "notes://l/%C3%A9", "ACCENT"],
  [
    "its escape in another case, since servers compare it",
    "resources/read",
    "notes://l/%c3%a9",
    "ACCENT",
    "STAR",
  ],
  [
    "a URI that two patterns match",
    "resources/read",
    "notes://h/1",
    "ID",
    "REST",
  ],
  ["a URI that one pattern matches", "resources/read", "notes://h/1/2", "REST"],
  ["another URI", "resources/read", "notes://x/1", "STAR"],
  ["a string that is not a URI", "resources/read", "notes", "STAR"],
  [
    "a template as it is written",
    "completion/complete",
    "notes://{id}",
    "TEMPLATE",
  ],
  ["no pattern in a completion", "completion/complete", "ab", "OTHER"],
  [
    "a subscription to a resource",
    "subscriptions/listen",
    "notes://h/1",
    "ID",
  ],
  [
    "a subscription to a resource in capitals",
    "subscriptions/listen",
    "NOTES://h/1",
    "ID",
    "STAR",
  ],
  ["a subscription as a whole", "subscriptions/listen", undefined, "STAR"],
];

for (const [why, method, name, ...values] of found) {
  test(`operationTable().find() finds ${why}`, () => {
    const operation = name === undefined ? { method } : { method, name };
    assertEquals(table(RULES).find([operation]), values);
  });
}

test("operationTable().find() finds nothing for others without a star for methods", () => {
  const { find } = table({ "tools/call": { a: "a" } });
  assertEquals(find([{ method: "tools/call", name: "b" }]), []);
  assertEquals(find([{ method: "tools/call" }, { method: "ping" }]), []);
});

test("operationTable().find() calls a function with the operation and its params", () => {
  const asked: unknown[] = [];
  const rule = (...given: unknown[]): string => {
    asked.push(given);
    return "x";
  };
  const { find } = table({
    "tools/call": { a: rule, "b*": rule, c: "c" },
    "*": { "*": rule },
  });
  const params: OperationParams = { name: "a", arguments: { force: true } };
  const operations: Operation[] = [
    { method: "tools/call", name: "a" },
    { method: "tools/call", name: "bc" },
    { method: "tools/call", name: "d" },
    { method: "ping" },
  ];
  for (const operation of operations) {
    assertEquals(findWith(find, operation, params), ["X"]);
  }
  const listed = { method: "tools/call", name: "c" };
  assertEquals(findWith(find, listed, params), ["C"]);
  assertEquals(find([listed, operations[0]!], new Map([[listed, params]])), [
    "C",
  ]);
  assertEquals(asked, operations.map((operation) => [operation, params]));
});

test("operationTable().find() calls no function without params", () => {
  const { find } = table({
    "tools/call": {
      a: () => {
        throw new Error("was asked");
      },
    },
  });
  assertEquals(find([{ method: "tools/call", name: "a" }]), []);
});

/** Where a function may stand for a resource. */
const places:
  readonly (readonly [why: string, of: (rule: unknown) => object])[] = [
    ["a method", (rule) => ({ "resources/read": { "*": rule } })],
    ["all methods", (rule) => ({ "*": { "*": rule } })],
    ["a pattern", (rule) => ({ "resources/read": { "notes://h/{+a}": rule } })],
  ];

for (const [why, of] of places) {
  test(`operationTable().find() passes a function for ${why} the URI that the MCP SDKs match`, () => {
    const { find } = table(of(({ name }: Operation) => name));
    for (
      const [uri, matched] of [
        ["notes://h/a", "NOTES://H/A"],
        ["notes://h/a?b#c", "NOTES://H/A?B#C"],
        [" notes://h/é f", "NOTES://H/%C3%A9%20F"],
        ["NOTES://h/a", "NOTES://H/A"],
      ] as const
    ) {
      const operation = { method: "resources/read", name: uri };
      assertEquals(findWith(find, operation, { uri }), [matched]);
    }
  });

  test(`operationTable().find() calls no function for ${why} with an ambiguous URI`, () => {
    let calls = 0;
    const { find } = table(of(() => `${calls++}`));
    for (
      const name of [
        "notes://h/a/../b",
        "notes://h/%70",
        "notes://h/a#/../b",
        "notes://h/a\\b",
        "notes://h/a\tb",
      ]
    ) {
      const operation = { method: "resources/read", name };
      const error = assertThrows(
        () => findWith(find, operation, {}),
        RequestError,
      );
      assertEquals(error.reason, "ambiguous_uri");
      assertEquals(find([operation]), []);
    }
    assertEquals(calls, 0);
  });
}

test("operationTable().find() calls no function for an ambiguous URI, though another rule applies as well", () => {
  const rule = (): string => "never";
  const { find } = table({
    "resources/read": { "notes://h/{a}": rule, "*": "star" },
  });
  const operation = { method: "resources/read", name: "notes://h/%70" };
  assertThrows(() => findWith(find, operation, {}), RequestError);
  assertEquals(find([operation]), ["STAR"]);
});

test("operationTable().find() passes a function a URI that URL cannot parse, and names that are no URIs", () => {
  const { find } = table({ "*": { "*": ({ name }: Operation) => name } });
  for (
    const [method, name] of [
      ["resources/read", "notes"],
      ["tools/call", "A://B/../c"],
      ["completion/complete", "A://B/../c"],
    ] as const
  ) {
    assertEquals(findWith(find, { method, name }, {}), [name.toUpperCase()]);
  }
});

test("operationTable().find() passes on the errors of a function and of its value", () => {
  const error = new RangeError("broken");
  const { find } = table({
    "tools/call": {
      a: () => {
        throw error;
      },
      b: () => "bad",
      c: () => undefined,
    },
  });
  const ask = (name: string) => () =>
    findWith(find, { method: "tools/call", name }, {});
  assertEquals(assertThrows(ask("a"), RangeError), error);
  assertThrows(ask("b"), TypeError, 'Cannot use policy["tools/call"]["b"]');
  assertThrows(ask("c"), TypeError);
});

test("operationTable().isEmpty is whether there are no rules", () => {
  assertEquals(table({}).isEmpty, true);
  assertEquals(table({ ping: {} }).isEmpty, false);
});

const refused:
  readonly (readonly [why: string, rules: object, message: string])[] = [
    [
      "a value that cannot be read",
      { "tools/call": { a: "bad" } },
      'Cannot use policy["tools/call"]["a"]',
    ],
    [
      "a star inside a method",
      { "tools/*": { "*": "a" } },
      'Cannot use policy["tools/*"]: name each method',
    ],
    [
      "two stars as a method",
      { "**": { "*": "a" } },
      'Cannot use policy["**"]: name each method',
    ],
    [
      "a name for a method without names",
      { ping: { a: "a" } },
      'Cannot use policy["ping"]["a"]: the method has no names: use "*"',
    ],
    [
      "a name for any method",
      { "*": { a: "a" } },
      'Cannot use policy["*"]["a"]',
    ],
    [
      "a method in another case",
      { "Tools/Call": { a: "a" } },
      'Cannot use policy["Tools/Call"]: did you mean tools/call?',
    ],
    [
      "an invalid pattern",
      { "tools/call": { "a*b": "a" } },
      "Cannot use a*b in tools/call",
    ],
  ];

for (const [why, rules, message] of refused) {
  test(`operationTable() rejects ${why}, which could never apply`, () => {
    assertThrows(() => table(rules), TypeError, message);
  });
}

test("operationTable().find() reads one entry of a thousand", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `tool_${i}`);
  let read = 0;
  const rules = Object.fromEntries(names.map((name) => [name, () => {
    read++;
    return name;
  }]));
  const { find } = table({ "tools/call": rules });
  assertEquals(findWith(find, { method: "tools/call", name: "tool_999" }, {}), [
    "TOOL_999",
  ]);
  assert(read === 1, `${read} entries were asked`);
});
