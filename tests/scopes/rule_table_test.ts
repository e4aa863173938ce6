import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  type OperationTable,
  operationTable,
} from "../../src/scopes/rule_table.ts";
import type { Operation, OperationParams } from "../../src/types.ts";

/** What is written as text is read in capitals, but for one that cannot be read. */
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

/** What is said of an operation with params. */
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
  ["a name to the letter", "tools/call", "a", "A"],
  ["a name that is not listed", "tools/call", "b", "STAR"],
  ["no name", "tools/call", undefined, "STAR"],
  ["a name of a pattern", "tools/call", "admin_x", "ADMIN"],
  ["a name of two patterns", "tools/call", "admin_note", "ADMIN", "NOTE"],
  ["a pattern as a name, which it matches", "tools/call", "admin_*", "ADMIN"],
  ["a star as a name", "tools/call", "*", "STAR"],
  [
    "a name that is not listed where there is no star",
    "prompts/get",
    "q",
    "OTHER",
  ],
  ["no name where there is no star", "prompts/get", undefined, "OTHER"],
  ["a method that is not listed", "ping", undefined, "OTHER"],
  ["a method in other letters", "Tools/Call", "a", "OTHER"],
  ["a method that every object has", "constructor", undefined, "OTHER"],
  ["a star as a method", "*", undefined, "OTHER"],
  ["a task by any name", "tasks/get", "x", "TASK"],
  [
    "a URI to the letter before patterns",
    "resources/read",
    "notes://h/secret",
    "SECRET",
  ],
  [
    "a query behind a pattern, which takes nothing away",
    "resources/read",
    "notes://k/1/private?page=2",
    "PRIVATE",
  ],
  [
    "slashes in a query, which are no part of the path",
    "resources/read",
    "notes://k/1?page=/private/x",
    "ONE",
  ],
  ["its escapes", "resources/read", "notes://h/%73ecret", "SECRET"],
  ["its fragment", "resources/read", "notes://h/secret#a", "SECRET"],
  [
    "a query besides",
    "resources/read",
    "notes://h/secret?a",
    "ID",
    "REST",
    "SECRET",
  ],
  [
    "a query that is listed, besides",
    "resources/read",
    "notes://h/secret?full",
    "FULL",
    "SECRET",
  ],
  [
    "a query without a pattern",
    "resources/read",
    "notes://i/public?a",
    "STAR",
    "PUBLIC",
  ],
  ["a URI of two patterns", "resources/read", "notes://h/1", "ID", "REST"],
  ["a URI of one pattern", "resources/read", "notes://h/1/2", "REST"],
  ["another URI", "resources/read", "notes://x/1", "STAR"],
  ["what is no URI", "resources/read", "notes", "STAR"],
  [
    "a template as it is written",
    "completion/complete",
    "notes://{id}",
    "TEMPLATE",
  ],
  ["no pattern in a completion", "completion/complete", "ab", "OTHER"],
  [
    "a resource that is listened to",
    "subscriptions/listen",
    "NOTES://h/1",
    "ID",
  ],
  ["what is listened to besides", "subscriptions/listen", undefined, "STAR"],
];

for (const [why, method, name, ...values] of found) {
  test(`operationTable().find() finds ${why}`, () => {
    const operation = name === undefined ? { method } : { method, name };
    assertEquals(table(RULES).find([operation]), values);
  });
}

test("operationTable().find() finds nothing without a star for methods", () => {
  const { find } = table({ "tools/call": { a: "a" } });
  assertEquals(find([{ method: "tools/call", name: "b" }]), []);
  assertEquals(find([{ method: "tools/call" }, { method: "ping" }]), []);
});

test("operationTable().find() asks a function about the operation and its params", () => {
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

test("operationTable().find() asks no function where the params are not known", () => {
  const { find } = table({
    "tools/call": {
      a: () => {
        throw new Error("was asked");
      },
    },
  });
  assertEquals(find([{ method: "tools/call", name: "a" }]), []);
});

test("operationTable().find() passes on what a function throws, and that it gave no value", () => {
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

test("operationTable().isEmpty is whether nothing is said of any operation", () => {
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
      "a name where there is none",
      { ping: { a: "a" } },
      'Cannot use policy["ping"]["a"]: the method acts on nothing that has a name',
    ],
    [
      "a name for any method",
      { "*": { a: "a" } },
      'Cannot use policy["*"]["a"]',
    ],
    [
      "a method in other letters",
      { "Tools/Call": { a: "a" } },
      'Cannot use policy["Tools/Call"]["a"]',
    ],
    [
      "what is no pattern",
      { "tools/call": { "a*b": "a" } },
      "Cannot use a*b in tools/call",
    ],
  ];

for (const [why, rules, message] of refused) {
  test(`operationTable() refuses ${why}, which could never apply`, () => {
    assertThrows(() => table(rules), TypeError, message);
  });
}

test("operationTable().find() looks at one entry of a thousand", () => {
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
